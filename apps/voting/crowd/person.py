"""One attendee: joins, holds a socket, and votes like people do."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from apps.jams.demo import PEOPLE
from apps.voting.crowd.board import Board, parsed
from apps.voting.crowd.figures import Figures
from apps.voting.crowd.server import Answer, FailedError, Server

CHANGES_MIND = 0.1  # of all taps take a vote back
SUGGESTS = 0.08  # of all people suggest one song
STAYS = 120  # seconds that a socket lives on average, before its phone sleeps
COMES_BACK = {1001, 1012}  # close codes of a server that restarts
NOT_NOW = {403, 409, 429}  # what a server may answer somebody who votes


@dataclass
class Room:
    """What all people of the crowd share."""

    server: Server
    jam: str
    sockets: str
    pace: float  # seconds between two taps of a person
    figures: Figures
    rng: random.Random
    library: list[int] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def appeal(self, song: int) -> float:
        """How many of the crowd like a song: the same for all, so that favourites appear."""
        return 0.15 + 0.75 * random.Random(song).random()  # noqa: S311


class Person:
    def __init__(self, room: Room) -> None:
        self.room, self.rng = room, room.rng
        self.token = ""
        self.board = Board()
        self.votes: dict[int, bool] = {}  # as the server acknowledged them
        self.unsure: set[int] = set()  # no answer came
        self.likes: dict[int, bool] = {}
        self.waiting: dict[int, tuple[int, float]] = {}  # acknowledged, not seen on the own board
        self.wish = room.rng.random() < SUGGESTS
        self.gone = False

    async def live(self, delay: float) -> None:
        """Until the room closes; the socket stays until the task is cancelled."""
        await asyncio.sleep(delay)
        if self.room.closing.is_set() or not await self.join():
            return
        watching = asyncio.create_task(self.watch())
        try:
            await self.vote_now_and_then()
            await watching
        finally:
            watching.cancel()

    async def join(self) -> bool:
        name = self.rng.choice(PEOPLE) if self.rng.random() < 0.4 else ""
        answer = await self.ask("POST", "attendees", body={"display_name": name})
        if answer and answer.ok:
            self.token = answer.body["token"]
            self.room.figures.joined += 1
        return bool(self.token)

    async def ask(self, method: str, path: str, **options: Any) -> Answer | None:
        """None when it failed. An answer that nobody in the room could provoke counts as a failure too."""
        errors = self.room.figures.errors
        try:
            answer = await self.room.server.ask(method, f"/jams/{self.room.jam}/{path}", token=self.token, **options)
        except FailedError as error:
            errors[f"{method} {path.split('/')[-1]}: {error}"] += 1
            return None
        if not answer.ok and answer.status not in NOT_NOW:
            errors[f"{method} {path.split('/')[-1]}: {answer.status} {answer.code}"] += 1
        self.gone = self.gone or answer.code == "removed"
        return answer

    # The socket -----------------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Comes back after every loss, later each time."""
        failures = 0
        while not self.gone:
            try:
                async with connect(
                    f"{self.room.sockets}/ws/jams/{self.room.jam}", compression=None, proxy=None, ping_interval=None,
                    additional_headers={"Authorization": f"Bearer {self.token}"}, max_queue=256,
                ) as socket:  # fmt: skip
                    self.room.figures.sockets += 1
                    try:
                        failures = 0
                        await self.follow(socket)
                    finally:
                        self.room.figures.sockets -= 1
            except ConnectionClosed as closed:
                self.lost(closed.rcvd.code if closed.rcvd else 1006)
            except (OSError, TimeoutError, InvalidHandshake, EOFError) as error:
                failures += 1
                if not self.room.closing.is_set():
                    self.room.figures.errors[f"socket: {type(error).__name__}"] += 1
            self.room.figures.reconnected += 1
            await asyncio.sleep(self.rng.uniform(0.5, min(30, 0.5 + 2**failures)))

    async def follow(self, socket: ClientConnection) -> None:
        """Socket first, then the snapshot, then what is newer. Ends when the phone goes to sleep."""
        looking = asyncio.create_task(self.look())
        try:
            async with asyncio.timeout(self.rng.expovariate(1 / STAYS) if not self.room.closing.is_set() else None):
                while True:
                    self.hear(parsed(await socket.recv()))
        except TimeoutError:
            pass
        finally:
            looking.cancel()

    async def look(self, spread: float = 0) -> None:
        await asyncio.sleep(self.rng.random() * spread)
        answer = await self.ask("GET", "snapshot")
        if answer and answer.ok:
            self.board.replace(answer.body)
            self.notice(asyncio.get_running_loop().time())

    def hear(self, frame: dict[str, Any]) -> None:
        self.room.figures.frames += 1
        behind = len(frame) == 1 and frame.get("revision", 0) > self.board.revision
        whole = self.board.merge(frame)
        if self.waiting:
            self.notice(asyncio.get_running_loop().time())
        if frame.get("refetch") or behind or not whole:
            self.room.figures.refetched += 1
            self.looking = asyncio.create_task(self.look(spread=1))

    def notice(self, now: float) -> None:
        for song, (revision, tapped) in list(self.waiting.items()):
            row = self.board.songs.get(song)
            if row and row.revision >= revision:
                self.room.figures.seen.append(now - tapped)
                del self.waiting[song]

    def lost(self, code: int) -> None:
        if code not in COMES_BACK and not self.room.closing.is_set() and not self.gone:
            self.room.figures.errors[f"socket: closed with {code}"] += 1

    # Votes ----------------------------------------------------------------------------------------------

    async def vote_now_and_then(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self.rng.uniform(0.5, 3)  # within seconds of scanning the code
        while not self.gone and not await self.closed_before(due - loop.time()):
            await self.tap()
            due = max(due + self.rng.expovariate(1 / self.room.pace), loop.time())

    async def closed_before(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                return await self.room.closing.wait()
        except TimeoutError:
            return False

    async def tap(self) -> None:
        if self.board.voting != "open":
            return
        songs = self.board.open_songs()
        if self.wish and self.board.suggestions == "open" and self.rng.random() < 0.2:
            await self.suggest()
        mine = [song for song, voted in self.votes.items() if voted and song in songs]
        wanted = [song for song in songs if self.likes_it(song) and not self.votes.get(song)]
        if mine and (not wanted or self.rng.random() < CHANGES_MIND):
            await self.vote(self.rng.choice(mine), cast=False)
        elif wanted:
            # What leads attracts more votes.
            weights = [(songs[song].votes or 0) + 1 for song in wanted]
            await self.vote(self.rng.choices(wanted, weights)[0], cast=True)

    def likes_it(self, song: int) -> bool:
        if song not in self.likes:
            self.likes[song] = self.rng.random() < self.room.appeal(song)
        return self.likes[song]

    async def vote(self, song: int, *, cast: bool) -> None:
        figures, loop = self.room.figures, asyncio.get_running_loop()
        tapped = loop.time()
        answer = await self.ask("PUT" if cast else "DELETE", f"songs/{song}/vote")
        if answer is None:
            self.unsure.add(song)
        elif not answer.ok:
            figures.refused[answer.code] += 1
        else:
            figures.answered.append(loop.time() - tapped)
            figures.voted += cast
            figures.taken_back += not cast
            self.votes[song] = answer.body["voted"]
            if self.board.counts == "live":
                self.waiting[song] = (answer.body["revision"], tapped)
                self.notice(loop.time())

    async def suggest(self) -> None:
        self.wish = False
        answer = await self.ask("POST", "songs", body={"song": self.rng.choice(self.room.library)})
        if answer and answer.ok:
            self.room.figures.suggested += 1
            self.votes[answer.body["id"]] = True
        elif answer:
            self.room.figures.refused[answer.code] += 1
