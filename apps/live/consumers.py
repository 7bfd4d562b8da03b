"""A socket of a stream. It only listens; what it may hear is decided when it connects."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from apps.live.hub import Socket, Stream, hub

LONGEST = 1024  # characters of a message; clients say "ping" and nothing else
CLOSE_UNKNOWN, CLOSE_TOO_MUCH, CLOSE_SLOW = 4404, 4429, 4408


# The name of the stream and the addresses of the socket; None when there is nothing for it.
Find = Callable[[dict[str, Any]], Awaitable[tuple[str, frozenset[str]] | None]]


class StreamConsumer(AsyncWebsocketConsumer):
    """Joins the stream that `find(scope)` names. It uses no channel of its own: the hub has one for all."""

    channel_layer_alias = None

    def __init__(self, find: Find) -> None:
        super().__init__()
        self.find = find
        self.stream: Stream | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As the library does it, but without a task for each message, nor a thread that looks after connections to the
        database around each: whoever asks that does so."""
        self.scope, self.base_send = scope, send
        with contextlib.suppress(StopConsumer):
            while True:
                message = await receive()
                await getattr(self, get_handler_name(message))(message)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        await self.disconnect(message["code"])
        raise StopConsumer

    async def connect(self) -> None:
        found = await self.find(self.scope)
        if found is None:
            await self.accept()  # a browser sees the code of an accepted socket only
            await self.close(CLOSE_UNKNOWN)
            return
        name, addresses = found
        await self.accept()
        self.socket = Socket(self.tell, self.drop, addresses)
        self.stream = await hub().join(name, self.socket)

    async def tell(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

    def drop(self) -> None:
        self.closing = asyncio.ensure_future(self.close_slow())

    async def close_slow(self) -> None:
        with contextlib.suppress(Exception):  # it may have gone by itself
            await self.close(CLOSE_SLOW)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if len(text_data or bytes_data or "") > LONGEST:
            await self.close(CLOSE_TOO_MUCH)

    async def disconnect(self, code: int) -> None:
        if self.stream:
            self.stream.sockets.discard(self.socket)


class SameOrigin:
    """A page of another site may not open a socket with its visitor's cookies; programs send no Origin at all."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get(b"host", ""), headers.get(b"origin")
        known = validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
        if known and (origin is None or urlsplit(origin).netloc == host):
            return await self.application(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)
