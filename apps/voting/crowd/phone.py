"""A phone in the room: a socket that comes back, a board that follows."""

import asyncio
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from apps.voting.crowd.board import Board, parsed
from apps.voting.crowd.room import Room

AWAKE = 120  # seconds on average; then its socket closes and opens again
COMES_BACK = {1001, 1012, 1013, 4403}  # close codes of a server that restarts, or says so
LONGEST = 30  # seconds between two attempts


class Phone:
    def __init__(self, room: Room, token: str) -> None:
        self.room, self.token = room, token
        self.board = Board()
        self.watching: asyncio.Task[None] | None = None
        self.looking: asyncio.Task[None] | None = None
        self.stale, self.since = False, 0
        self.expected: dict[int, tuple[int, float]] = {}  # by song: the revision of an own vote, and when it was tapped
        self.address = f"{room.sockets}/ws/jams/{room.jam}"

    async def watch(self) -> None:
        """Until cancelled. Comes back after every loss, later each time."""
        failures = 0
        while True:
            try:
                async with connect(
                    self.address, additional_headers={"Authorization": f"Bearer {self.token}"},
                    compression=None, proxy=None, ping_interval=None,
                ) as socket:  # fmt: skip
                    failures = 0
                    await self.follow(socket)
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                if code not in COMES_BACK:
                    self.room.note(f"socket: closed with {code}")
            except (OSError, InvalidHandshake) as error:  # time-outs too
                failures += 1
                self.room.note(f"socket: {type(error).__name__}")
            self.room.figures.reconnected += 1
            await asyncio.sleep(self.room.rng.uniform(0.5, min(LONGEST, 0.5 + 2**failures)))

    async def follow(self, socket: ClientConnection) -> None:
        """Socket first, then the snapshot, then what is newer. Ends when the phone falls asleep."""
        self.room.figures.sockets += 1
        greeted = False
        awake = None if self.room.closing.is_set() else self.room.rng.expovariate(1 / AWAKE)
        try:
            async with asyncio.timeout(awake):
                while True:
                    frame = parsed(str(await socket.recv()))
                    if not greeted:
                        self.look_again(spread=0, since=frame.get("since", 0))
                        greeted = True
                    self.hear(frame)
        except TimeoutError:
            pass
        finally:
            self.room.figures.sockets -= 1

    def hear(self, frame: dict[str, Any]) -> None:
        self.room.figures.frames += 1
        # A heartbeat names the place of the stream and nothing else.
        behind = self.board.loaded and len(frame) == 1 and frame["revision"] > self.board.revision
        whole = self.board.merge(frame)
        self.notice()
        if frame.get("refetch") or behind or not whole:
            self.room.figures.refetched += 1
            self.look_again(spread=1, since=frame["revision"])

    def put_away(self) -> None:
        for task in (self.watching, self.looking):
            if task:
                task.cancel()

    def look_again(self, spread: float, since: int) -> None:
        """Fetches a snapshot as new as `since` within `spread` seconds, so that not all phones do it at once."""
        self.stale, self.since = True, max(self.since, since)
        if self.looking is None or self.looking.done():
            self.looking = asyncio.create_task(self.look(self.room.rng.random() * spread))

    async def look(self, delay: float) -> None:
        await asyncio.sleep(delay)
        while self.stale:
            self.stale = False
            answer = await self.room.ask("GET", f"snapshot?since={self.since}", token=self.token, public=True)
            if answer and answer.ok:
                self.board.replace(answer.body)
                self.notice()

    def expect(self, song: int, revision: int, tapped: float) -> None:
        """The own board has to show what was acknowledged."""
        if self.board.counts == "live":
            self.expected[song] = (revision, tapped)
            self.notice()

    def notice(self) -> None:
        if not self.expected:
            return
        now = asyncio.get_running_loop().time()
        for song, (revision, tapped) in list(self.expected.items()):
            if self.board.revision_of(song) >= revision:
                self.room.figures.seen.append(now - tapped)
                del self.expected[song]
