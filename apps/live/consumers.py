"""A socket of a stream. It only listens; what it may hear is decided when it connects."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host

from apps.core.addresses import address_of
from apps.core.credentials import participant_in
from apps.live.changes import HOST, Close
from apps.live.hub import Socket, Stream, hub
from apps.live.metrics import sockets

log = logging.getLogger(__name__)

LONGEST = 1024  # characters of a message; nothing that a client says is of use
MOST = 10  # messages of a client in a second

# The name of the stream and the addresses of the socket; None when there is nothing for it.
Found = tuple[str, frozenset[str]]
Find = Callable[[dict[str, Any]], Awaitable[Found | None]]


class StreamConsumer(AsyncWebsocketConsumer):
    """Joins the stream that `find(scope)` names. It uses no channel of its own: the hub has one for all."""

    channel_layer_alias = None

    def __init__(self, find: Find) -> None:
        super().__init__()
        self.find = find
        self.stream: Stream | None = None
        self.transport: Any = None
        self.second, self.said = 0.0, 0

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
        await self.accept()  # a browser sees the code of an accepted socket only
        if found is None:
            await self.close(Close.UNKNOWN)
            return
        name, addresses = found
        self.transport = getattr(getattr(self.base_send, "__self__", None), "transport", None)  # uvicorn's
        self.socket = Socket(self.tell, self.drop, addresses, self.write)
        self.stream = await hub().join(name, self.socket, self.finds_again(found) if HOST in addresses else None)
        if self.stream is None:
            await self.close(Close.CHANGED)

    def finds_again(self, found: Found) -> Callable[[], Awaitable[bool]]:
        async def finds() -> bool:
            with contextlib.suppress(InterfaceError, OperationalError):
                return await self.find(self.scope) == found
            return False

        return finds

    async def tell(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

    def write(self, frame: bytes) -> bool:
        """Past the server's protocol, where nothing waits to be sent: half of what a frame to a socket costs."""
        transport = self.transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size():
            return False
        transport.write(frame)
        return True

    def drop(self, code: int) -> None:
        self.transport = None  # nothing may follow the goodbye
        self.closing = asyncio.ensure_future(self.end(code))

    async def end(self, code: int) -> None:
        with contextlib.suppress(Exception):  # it may have gone by itself
            await self.close(code)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        now = asyncio.get_running_loop().time()
        if now > self.second + 1:
            self.second, self.said = now, 0
        self.said += 1
        if self.said > MOST or len(text_data or bytes_data or "") > LONGEST:
            self.transport = None
            await self.end(Close.TOO_MUCH)

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
        # What came over plain HTTP may be anybody's: it does not speak for a site that has TLS.
        ours = {None, f"https://{host}"} if settings.HTTPS else {None, f"https://{host}", f"http://{host}"}
        if known and origin in ours:
            return await self.application(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)


class TryLater:
    """Who cannot be served now is asked to come back: the process is full, or hears nothing, or has no database; or
    they have as many sockets as one may have. Those of attendees do not count for the address that a room shares."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.open = 0  # also those that are still being looked at, and those let go that have not gone
        self.owned: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        owner, most = owner_of(scope)
        try:
            if hub().hears and self.open < settings.MAX_SOCKETS and self.owned[owner] < most:
                self.count(owner, 1)
                try:
                    return await self.application(scope, receive, send)
                finally:
                    self.count(owner, -1)
        except (InterfaceError, OperationalError) as error:
            log.warning("live: the database is away, a socket is asked to come back: %s", error)
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": Close.TRY_LATER})
        return None

    def count(self, owner: str, more: int) -> None:
        self.open += more
        sockets.inc(more)
        self.owned[owner] += more
        if not self.owned[owner]:
            del self.owned[owner]


def owner_of(scope: Any) -> tuple[str, int]:
    """Whose a socket is, and how many they may have here at once."""
    headers: dict[bytes, str] = {}
    for name, value in scope.get("headers", ()):
        headers[name] = f"{headers[name]},{value.decode('latin-1')}" if name in headers else value.decode("latin-1")
    participant = participant_in(headers.get(b"authorization", ""), parse_cookie(headers.get(b"cookie", "")))
    if participant:
        return f"participant:{participant}", settings.MAX_PARTICIPANT_SOCKETS
    peer, _port = scope.get("client") or ("", 0)
    return address_of(peer, headers.get(b"x-forwarded-for", "")), settings.MAX_ADDRESS_SOCKETS
