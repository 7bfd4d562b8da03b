"""Who may watch a jam live."""

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import re_path

from apps.jams import identity
from apps.jams.models import Jam
from apps.live.consumers import StreamConsumer


@database_sync_to_async
def find_jam(scope: dict[str, Any]) -> tuple[str, frozenset[str]] | None:
    """The stream of the jam, and what this visitor may hear beyond what all hear."""
    user = scope["user"]
    jam = Jam.objects.visible_to(user).filter(slug=scope["url_route"]["kwargs"]["slug"]).first()
    if jam is None:
        return None
    headers = dict(scope["headers"])
    token = identity.bearer(headers.get(b"authorization", b"").decode("latin-1"))
    secret = token or identity.secret_in(scope["cookies"], jam)
    return jam.stream, identity.addresses(user, identity.attendee_with(secret, jam), jam)


class NoStream(AsyncWebsocketConsumer):
    """Another address: closed at once, instead of an error in the log."""

    channel_layer_alias = None

    async def connect(self) -> None:
        await self.close()


sockets = [
    re_path(r"^ws/jams/(?P<slug>[\w-]+)/?$", StreamConsumer.as_asgi(find=find_jam)),
    re_path(r"", NoStream.as_asgi()),
]
