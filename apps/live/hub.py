"""The receiving side: a process subscribes once a stream and sends one frame to all its sockets.

One channel for the whole process, a local set of sockets a stream, states that wait are merged, a frame is
serialised once. The first frame after a pause goes at once, the next a window later.
"""

import asyncio
import contextlib
import logging
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

import orjson
from channels.layers import get_channel_layer
from websockets.frames import Frame, Opcode

from apps.live.changes import CLOSE, HOST, Changes, Close
from apps.live.metrics import measure_frame

log = logging.getLogger(__name__)

WINDOW = 0.05  # seconds between two frames of a stream
CROWDED = 0.1  # the same, where sending one takes more than half of that: the rest of the loop has its turn too
DEADLINE = 0.25  # seconds that one socket may hold up the others
LANES = 8  # ways in which a frame goes out; a socket that is stuck blocks one
BATCH = 256  # sockets between two looks at the rest of the loop
CHECK = 2.0  # seconds between two comparisons with the layer
DEAF = 2  # checks that fail one after the other: then nothing is heard, and who listens had better ask
HEARTBEAT = 10  # checks between two heartbeats
KEPT = 2.0  # seconds, and up to twice as many, of which a first frame tells: longer than any snapshot is old


class Socket(NamedTuple):
    send: Callable[[str], Awaitable[None]]
    close: Callable[[int], None]
    addresses: frozenset[str] = frozenset()
    write: Callable[[bytes], bool] = lambda _frame: False  # takes a frame at once; False: it cannot, `send` it


def text_frame(text: bytes) -> bytes:
    """As a server sends it (RFC 6455): the same bytes for every socket."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


class Stream:
    def __init__(self, name: str) -> None:
        self.name = name
        self.sockets: set[Socket] = set()
        self.joining = 0
        self.waiting = Changes()
        # What has lately changed, after which number, in two parts: when the newer is KEPT old, the older goes.
        self.recent, self.older = (0, Changes()), (0, Changes())
        self.turned = 0.0
        self.revision = 0
        self.heard = 0  # the number of the last message; 0 where none has come since a number was read
        self.shown = 0  # the newest number that all have seen; what is addressed takes numbers too
        self.present = 0
        self.subscribed = False
        self.lost = False
        self.dismissed = 0  # how often somebody was
        self.flushing: asyncio.Task[None] | None = None

    def feed(self, revision: int, changes: list[dict[str, Any]], committed: int = 0) -> None:
        # What is heard has no hole. Before that a number was read from the layer, maybe of messages still under way;
        # and a hub that knows none has lost nothing: its sockets fetch a snapshot anyway.
        follows = revision == self.heard + 1 if self.heard else revision <= self.revision + 1
        if self.revision and not follows:
            self.lost = True
        if self.lost or not self.revision:
            self.begin_anew(revision - 1)
        for change in changes:
            if change["part"] == CLOSE:
                self.dismiss(change["to"], change["state"]["code"])
        changes = [change for change in changes if change["part"] != CLOSE]
        if any("refetch" in change["state"] for change in changes):
            self.begin_anew(revision)  # what was told before may not be told any more: hidden counts
        else:
            self.keep(changes)
        self.heard, self.revision = revision, revision if self.lost else max(revision, self.revision)
        self.waiting.add(changes, committed if changes else 0)
        self.wake()

    def lose(self, revision: int) -> None:
        self.lost, self.revision, self.heard = True, revision, 0
        self.begin_anew(revision)
        self.wake()

    def begin_anew(self, revision: int) -> None:
        """What was told before is not all known here."""
        self.recent, self.older = (revision, Changes()), (revision, Changes())
        self.turned = asyncio.get_running_loop().time()

    def keep(self, changes: Iterable[dict[str, Any]]) -> None:
        now = asyncio.get_running_loop().time()
        if now > self.turned + KEPT:
            self.older = self.recent if now < self.turned + 2 * KEPT else (self.revision, Changes())
            self.recent, self.turned = (self.revision, Changes()), now
        self.recent[1].add(changes)

    async def greet(self, socket: Socket) -> None:
        """The first frame brings what has lately changed: with it a snapshot will do that is as new as `since`."""
        self.keep(())
        lately = Changes()
        for _since, changes in (self.older, self.recent):
            lately.add(changes.messages())
        frames = lately.frames()
        first = {"revision": self.revision, "present": self.present, "since": self.older[0], **frames.pop("", {})}
        own = [{"revision": self.revision, **frame} for address, frame in frames.items() if address in socket.addresses]
        for frame in (first, *own):
            await socket.send(orjson.dumps(frame).decode())

    def wake(self) -> None:
        if self.flushing is None or self.flushing.done():
            self.flushing = asyncio.create_task(self.flush())

    async def flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self.waiting or self.lost:
            started = loop.time()
            try:
                await self.send_waiting()
            except Exception:
                log.exception("live: a frame of %s could not be made, all look again", self.name)
                self.lost = True
            await asyncio.sleep(pause(loop.time() - started))

    async def send_waiting(self) -> None:
        waiting, lost, revision = self.waiting, self.lost, self.revision
        self.waiting, self.lost = Changes(), False
        frames = waiting.frames()
        if lost:
            self.dismiss(HOST, Close.CHANGED)  # what was lost may have been that their rights have ended
            frames.setdefault("", {})["refetch"] = True
        for address, frame in sorted(frames.items()):  # what is for all comes first
            await self.send({"revision": revision, **frame}, address)
        if "" in frames:  # afterwards: whoever hears this number has heard what it stands for
            self.shown = revision
        measure_frame(waiting.committed)

    async def send(self, frame: dict[str, Any], address: str = "") -> None:
        text = orjson.dumps(frame)
        wire, slow = text_frame(text), deque[Socket]()
        for place, socket in enumerate([s for s in self.sockets if not address or address in s.addresses], start=1):
            if not socket.write(wire):
                slow.append(socket)
            if place % BATCH == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*(self.deliver(text.decode(), slow) for _ in range(min(LANES, len(slow)))))

    async def deliver(self, text: str, queue: deque[Socket]) -> None:
        """A lane: takes sockets from the queue that it shares with the others."""
        while queue:
            # One timer for many sockets: the one that is awaited when it rings is the slow one.
            try:
                async with asyncio.timeout(DEADLINE):
                    for _ in range(BATCH):
                        if not queue:
                            return
                        socket = queue.popleft()
                        await socket.send(text)
            except Exception:  # noqa: BLE001 — whatever a socket fails with, it goes and the others stay
                self.evict(socket, Close.SLOW)
            await asyncio.sleep(0)

    def dismiss(self, address: str, code: int) -> None:
        self.dismissed += 1
        for socket in [s for s in self.sockets if not address or address in s.addresses]:
            self.evict(socket, code)

    def evict(self, socket: Socket, code: int) -> None:
        if socket in self.sockets:
            self.sockets.discard(socket)
            socket.close(code)


def pause(took: float) -> float:
    """Seconds to the next frame, when to send one took so many."""
    return max(0.0, (CROWDED if took > WINDOW / 2 else WINDOW) - took)


class Hub:
    """The streams of one event loop."""

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.streams: dict[str, Stream] = {}
        self.channel = ""
        self.ready = asyncio.Event()
        self.failed = 0  # checks since the last that did not
        self.tasks = [asyncio.create_task(self.receive()), asyncio.create_task(self.watch())]

    @property
    def hears(self) -> bool:
        return self.failed < DEAF

    async def join(
        self, name: str, socket: Socket, may_still: Callable[[], Awaitable[bool]] | None = None
    ) -> Stream | None:
        """From here on the socket misses nothing. The first frame says so: then the client fetches its snapshot.

        `may_still` is asked when the stream is listened to, so that rights cannot end unheard; None: they have ended.
        """
        stream = self.streams.setdefault(name, Stream(name))
        stream.joining += 1  # so that the check does not take it for abandoned
        try:
            await self.subscribe(stream)
            dismissed = stream.dismissed
            if may_still and not (await may_still() and stream.dismissed == dismissed):
                return None
            stream.sockets.add(socket)
        finally:
            stream.joining -= 1
        await stream.greet(socket)
        return stream

    async def subscribe(self, stream: Stream) -> None:
        if stream.subscribed:
            return
        with contextlib.suppress(Exception):  # the layer is away: the check subscribes later
            async with asyncio.timeout(DEADLINE):
                await self.ready.wait()
                await get_channel_layer().group_add(stream.name, self.channel)
                [revision] = await asyncio.to_thread(get_channel_layer().revisions, [stream.name])
                if not stream.revision:
                    stream.revision = stream.shown = revision
                    stream.begin_anew(revision)
                stream.subscribed = True  # last: who joins meanwhile must not be greeted without a number

    async def receive(self) -> None:
        layer = get_channel_layer()
        while True:
            try:
                self.channel = await layer.new_channel()
                self.ready.set()
                while True:
                    message = await layer.receive(self.channel)
                    if stream := self.streams.get(message["stream"]):
                        changes = orjson.loads(message["changes"])
                        stream.feed(message["revision"], changes, message.get("committed", 0))
            except Exception:
                log.warning("live: receiving failed, starting again", exc_info=True)
                self.ready.clear()
                for stream in self.streams.values():
                    stream.subscribed = False
                await asyncio.sleep(1)

    async def watch(self) -> None:
        """A loss that nothing follows is seen by nobody: compare with the layer now and then."""
        before: dict[str, int] = {}
        beats = 0
        while True:
            await asyncio.sleep(CHECK)
            beats += 1
            try:
                await self.forget_abandoned()
                before = await self.compare(before)
                self.failed = 0
                await self.count()
                if beats % HEARTBEAT == 0:
                    await self.beat()
            except Exception:
                log.warning("live: a check failed, the next is in %s s", CHECK, exc_info=not self.failed)
                self.failed += 1
                if self.failed >= DEAF:
                    for stream in self.streams.values():
                        stream.dismiss("", Close.TRY_LATER)

    async def forget_abandoned(self) -> None:
        for stream in [s for s in self.streams.values() if not s.sockets and not s.joining]:
            del self.streams[stream.name]
            await get_channel_layer().group_discard(stream.name, self.channel)
            await asyncio.to_thread(get_channel_layer().present, stream.name, self.id, 0)

    async def compare(self, before: dict[str, int]) -> dict[str, int]:
        streams = list(self.streams.values())
        if not streams and not self.failed:
            return {}
        newest = await asyncio.to_thread(get_channel_layer().revisions, [s.name for s in streams] or [""])
        for stream, revision in zip(streams, newest, strict=False):
            if not stream.subscribed:
                await self.subscribe(stream)
                stream.lose(revision)
            elif not stream.revision:
                stream.revision = stream.shown = revision
                stream.begin_anew(revision)
            elif before.get(stream.name, 0) > stream.revision:
                stream.lose(revision)  # still behind what the layer had at the last check: not under way, lost
        return {stream.name: revision for stream, revision in zip(streams, newest, strict=False)}

    async def count(self) -> None:
        for stream in list(self.streams.values()):
            present = await asyncio.to_thread(get_channel_layer().present, stream.name, self.id, len(stream.sockets))
            if present != stream.present:
                stream.present = present
                await stream.send({"revision": stream.shown, "present": present})

    async def beat(self) -> None:
        for stream in list(self.streams.values()):
            await stream.send({"revision": stream.shown})


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of the running event loop: one a process, and one a server in tests."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        for dead in [other for other in _hubs if other.is_closed()]:
            del _hubs[dead]
        _hubs[loop] = Hub()
    return _hubs[loop]


def open_sockets() -> int:
    """Of this process."""
    return sum(len(stream.sockets) for one in list(_hubs.values()) for stream in list(one.streams.values()))
