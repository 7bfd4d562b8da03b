"""One attendee's phone. It votes and follows as the page does (static/js/vote.js, stream.js): a tap waits until the
server has answered it, a socket that is lost comes back, and where none is to be had the page polls."""

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from apps.voting.crowd.board import Board, parsed
from loadtests.chaos.ledger import Attempt, Log, said

if TYPE_CHECKING:
    from loadtests.chaos.room import Room

# Seconds, as the page has them.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 3.0  # of a vote that waits
POLL, RESTART, LONGEST_AWAY = 5.0, 5.0, 30.0
POLLING = 3  # failures to connect
PLAIN: dict[str, Any] = {"compression": None, "proxy": None, "ping_interval": None}  # as browsers speak to us
RESTARTS, TRY_LATER = 1012, 1013  # codes of a socket that was closed


class Phone:
    def __init__(self, room: "Room", attendee: int, token: str, dice: random.Random) -> None:
        self.room, self.attendee, self.dice = room, attendee, dice
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.headers["User-Agent"] = f"phone {attendee}"
        self.line = room.line(self.headers)
        self.log: Log = []
        self.waiting: dict[int, tuple[bool, float]] = {}  # by song: whether to vote, and when it was tapped
        self.tapped = asyncio.Event()
        self.voted: set[int] = set()
        self.board = Board()
        self.socket: ClientConnection | None = None
        self.live_since: float | None = None  # None: the page says that what it shows may be old
        self.failures, self.wanted, self.again = 0, 0, False
        self.looking: asyncio.Task[None] | None = None

    def tasks(self) -> list[Any]:
        return [self.tap_now_and_then(), self.send_waiting(), self.watch(), self.poll()]

    # Votes ----------------------------------------------------------------------------------------

    async def tap_now_and_then(self) -> None:
        while not await self.room.closed_within(self.dice.expovariate(1 / self.room.pace)):
            song = self.dice.choice(self.room.songs)
            wants = self.waiting[song][0] if song in self.waiting else song in self.voted
            self.waiting[song] = not wants, time.monotonic()
            self.tapped.set()

    async def send_waiting(self) -> None:
        failures = 0
        while True:
            if not self.waiting:
                self.tapped.clear()
                await self.tapped.wait()
            song, tap = next(iter(self.waiting.items()))
            told, after = await self.send(song, voted=tap[0], late=failures > 0)
            if told == "unknown":
                failures += 1
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**failures) * self.dice.uniform(0.5, 1)
                await asyncio.sleep(max(after, pause))
                continue
            failures = 0
            if self.waiting[song] == tap:
                del self.waiting[song]

    async def send(self, song: int, *, voted: bool, late: bool) -> tuple[str, float]:
        """What came of it, and after how many seconds to come back. Who is `late` asks first whose phone it is."""
        if late:
            me = await self.room.ask(self.line, "GET", f"/api/v1/jams/{self.room.slug}/me")
            if said(me.status) == "unknown":
                return "unknown", float(me.retry_after or 0)
        path = f"/api/v1/jams/{self.room.slug}/songs/{song}/vote"
        answer = await self.room.ask(self.line, "PUT" if voted else "DELETE", path, song=song)
        attempt = Attempt(song, voted, answer.begun, answer.ended, answer.status)
        self.log.append(attempt)
        if attempt.said == "ok":
            (self.voted.add if voted else self.voted.discard)(song)
            self.room.acknowledged(song, answer.body["revision"])
        return attempt.said, float(answer.retry_after or 0)

    # The board ------------------------------------------------------------------------------------

    async def watch(self) -> None:
        address = f"{self.room.live}/ws/jams/{self.room.slug}"
        headers = {name: self.headers[name] for name in ("Authorization", "User-Agent")}
        while True:
            code = 1006
            try:
                async with connect(address, additional_headers=headers, user_agent_header=None, **PLAIN) as socket:
                    self.socket = socket
                    await self.follow(socket)
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else code
            except (OSError, InvalidHandshake, EOFError):  # time-outs too
                pass
            self.socket = self.live_since = None
            self.failures = max(self.failures + 1, POLLING if code == TRY_LATER else 0)
            spread = RESTART if code == RESTARTS else min(LONGEST_AWAY, 2**self.failures)
            await asyncio.sleep(0.5 + self.dice.random() * spread)

    async def follow(self, socket: ClientConnection) -> None:
        """Until it is closed. Socket first, then the snapshot, then what is newer."""
        greeted = False
        while True:
            frame = parsed(str(await socket.recv()))
            if not greeted:
                self.look_again(since=frame.get("since", 0))
                greeted = True
            self.hear(frame)

    def hear(self, frame: dict[str, Any]) -> None:
        heartbeat = len(frame) == 1
        behind = self.board.loaded and heartbeat and frame["revision"] > self.board.revision
        whole = self.board.merge(frame)
        if frame.get("refetch") or behind or not whole:
            self.look_again(spread=1, since=frame["revision"])

    def look_again(self, *, since: int, spread: float = 0) -> None:
        self.wanted, self.again = max(self.wanted, since), True
        if self.looking is None or self.looking.done():
            self.looking = asyncio.create_task(self.look(spread))

    async def look(self, spread: float = 0) -> None:
        """Until what is shown is as new as what was heard of."""
        await asyncio.sleep(self.dice.random() * spread)
        while True:
            wanted, socket, self.again = self.wanted, self.socket, False
            path = f"/api/v1/jams/{self.room.slug}/snapshot" + (f"?since={wanted}" if wanted else "")
            answer = await self.room.ask(self.line, "GET", path)
            if answer.status == 200:
                self.board.replace(answer.body)
                if socket and socket is self.socket:
                    self.failures = 0
                    self.live_since = self.live_since or time.monotonic()
                if self.again:
                    continue
                if not answer.body["revision"] or self.board.revision >= self.wanted:
                    return
                await asyncio.sleep(1)
            elif self.socket is None:
                return  # what comes back, or polls, looks again
            else:
                self.live_since = None
                await asyncio.sleep(1 + 4 * self.dice.random())

    async def poll(self) -> None:
        while True:
            await asyncio.sleep(self.dice.uniform(POLL / 2, POLL))
            if self.failures >= POLLING:
                self.look_again(since=0)

    def lose_line(self) -> None:
        """Without a goodbye, as when the network goes."""
        if self.socket:
            self.socket.transport.abort()

    async def put_away(self) -> None:
        if self.looking:
            self.looking.cancel()
        await self.line.aclose()
