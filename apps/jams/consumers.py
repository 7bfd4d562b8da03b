"""Who may watch a jam live."""

from functools import partial
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from django.urls import re_path

from apps.accounts.errors import TokenUnknown
from apps.accounts.tokens import api_token_in, find_token
from apps.core.compiled import GIVEN, Compiled
from apps.core.logs import Ids, ids
from apps.jams import identity
from apps.jams.models import Attendee, Jam
from apps.jams.queries import hashed
from apps.live.consumers import StreamConsumer

# A thousand phones that come back at once ask no more than this.
PUBLIC = Compiled(lambda: Jam.objects.public().filter(slug=GIVEN).values("id", "slug"))
HOLDERS = Compiled(lambda: Attendee.objects.filter(secret_hash=GIVEN).values("id", "jam_id", "state"))


@partial(database_sync_to_async, thread_sensitive=False)  # several at a time may wait for the database
def find_jam(scope: dict[str, Any]) -> tuple[str, frozenset[str]] | None:
    """The stream of the jam, and what this visitor may hear beyond what all hear."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    cookies = parse_cookie(headers.get(b"cookie", ""))
    authorization, slug = headers.get(b"authorization", ""), scope["url_route"]["kwargs"]["slug"]
    ids.set(Ids(jam=slug))  # the library takes it from this thread to the socket's coroutine
    try:
        user = user_with(cookies, authorization)
    except TokenUnknown:
        return None
    if user.is_authenticated:
        jam = Jam.objects.visible_to(user).filter(slug=slug).first()
    else:
        jam = next((Jam(**row) for row in PUBLIC(slug, limit=1)), None)
    if jam is None:
        return None
    secret = identity.secret_shown(authorization) or identity.secret_in(cookies, jam)
    holders = HOLDERS(hashed(secret), limit=1) if secret else []
    attendee = next((Attendee(**row) for row in holders if row["jam_id"] == jam.pk), None)
    return jam.stream, identity.addresses(user, attendee, jam)


def user_with(cookies: dict[str, str], authorization: str = "") -> Any:
    """The host whose API token it is, or who is logged in. Done here, since the library's middlewares stay between a
    socket and its frames. Raises as `find_token`."""
    if token := api_token_in(authorization):
        return find_token(token).user
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(cookies.get(settings.SESSION_COOKIE_NAME))
    # After SECRET_KEY has changed, Django gives a session a new name. A socket cannot tell the browser of it.
    request.session.cycle_key = lambda: None  # type: ignore[method-assign]
    return get_user(request)


class NoStream(AsyncWebsocketConsumer):
    """Another address: closed at once, instead of an error in the log."""

    channel_layer_alias = None

    async def connect(self) -> None:
        await self.close()


sockets = [
    re_path(r"^ws/jams/(?P<slug>[\w-]+)/?$", StreamConsumer.as_asgi(find=find_jam)),
    re_path(r"", NoStream.as_asgi()),
]
