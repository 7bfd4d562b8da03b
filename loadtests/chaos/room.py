"""All phones of a jam: what they were answered, and whether they know how new what they show is."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Coroutine, Mapping
from threading import Thread
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import httpcore
import orjson

from loadtests.chaos.ledger import Violation
from loadtests.chaos.phone import Phone

RATE = 50  # taps a second of all together, at most
LEAST_PACE = 1.0  # seconds between two of one phone
PATIENCE = 15.0  # seconds that a phone waits for an answer
NOTICED = 10.0  # seconds after which a board that seems to be live shows what was acknowledged
GIVE_UP = 90.0  # seconds
LOOK = 0.5  # seconds between two looks at a page
KEPT = 60.0  # seconds that an idle connection is; as browsers do; the server closes later
T = TypeVar("T")


class Answer(NamedTuple):
    """`status` 0: none came."""

    what: str
    begun: float
    ended: float
    status: int
    retry_after: str | None = None
    body: Any = None


class Line(httpcore.AsyncConnectionPool):
    """What one browser has to the web processes. httpcore alone: what httpx puts on top costs as much again, of cores
    that are the servers' too.

    What finds its kept connection closed is sent again on another, as RFC 9112 (section 9.3.1) allows: a process that
    is killed and an nginx that reloads close those that are idle, and somebody may just be asking.
    """

    again = 0  # of all lines

    def __init__(self, web: str, headers: dict[str, str]) -> None:
        super().__init__(keepalive_expiry=KEPT)
        self.web, self.headers = web, {"Host": urlsplit(web).netloc} | headers

    async def ask(self, method: str, path: str) -> httpcore.Response:
        fresh = False

        async def trace(event: str, _info: Any) -> None:
            nonlocal fresh
            fresh = fresh or event == "connection.connect_tcp.started"

        headers = self.headers | as_taken(time.time())
        try:
            return await self.request(method, self.web + path, headers=headers, extensions={"trace": trace})
        except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError):
            if fresh:
                raise
        Line.again += 1
        return await self.ask(method, path)


class Room:
    patience = PATIENCE

    def __init__(
        self,
        *,
        web: str,
        live: str,
        slug: str,
        songs: list[int],
        frozen: set[int],
        people: Mapping[int, str],
        seed: str,
    ) -> None:
        """`songs` can be tapped, of which those that are `frozen` take no votes; `people`: tokens by attendee."""
        self.web, self.live, self.slug, self.songs, self.frozen = web, live, slug, songs, frozen
        self.pace = max(LEAST_PACE, len(people) / RATE)
        self.answers: list[Answer] = []
        self.acked_at: list[float] = []
        self.lately: deque[tuple[float, int, int]] = deque()  # when, song, revision: acknowledged
        self.due: dict[int, int] = {}  # by song: what every board has to show by now
        self.stale: dict[int, str] = {}  # by attendee
        self.deaf_until = 0.0  # no phone can know before that what it misses
        self.closing = asyncio.Event()
        self.dice = random.Random(seed)
        self.phones = [Phone(self, attendee, token, random.Random(f"{seed} {attendee}"))
                       for attendee, token in people.items()]  # fmt: skip
        self.tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        work = [task for phone in self.phones for task in phone.tasks()]
        self.tasks = [asyncio.create_task(one) for one in [*work, self.look_at_boards(), self.look_at_pages()]]

    async def close(self) -> list[Violation]:
        """What has ended by itself has failed."""
        failed = [Violation("harness", repr(task.exception())) for task in self.tasks
                  if task.done() and not task.cancelled() and task.exception()]  # fmt: skip
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, *(phone.put_away() for phone in self.phones), return_exceptions=True)
        return failed

    async def closed_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self.closing.wait()
        except TimeoutError:
            return False

    def line(self, headers: dict[str, str]) -> Line:
        """On which somebody asks."""
        return Line(self.web, headers)

    async def ask(self, line: Line, method: str, path: str, song: int = 0) -> Answer:
        begun = time.monotonic()
        what = f"{method} {'vote' if song else path.partition('?')[0]}{' frozen' if song in self.frozen else ''}"
        try:
            async with asyncio.timeout(self.patience):
                response = await line.ask(method, path)
            answer = Answer(what, begun, time.monotonic(), response.status, *told_by(response))
        except (httpcore.NetworkError, httpcore.ProtocolError, TimeoutError):
            answer = Answer(what, begun, time.monotonic(), 0)
        self.answers.append(answer._replace(body=None))
        return answer

    def acknowledged(self, song: int, revision: int) -> None:
        now = time.monotonic()
        self.acked_at.append(now)
        self.lately.append((now, song, revision))

    # Meanwhile ------------------------------------------------------------------------------------

    async def look_at_boards(self) -> None:
        """One that seems to be live and does not show what was acknowledged NOTICED seconds ago is stale in silence."""
        while True:
            await asyncio.sleep(1)
            now = time.monotonic()
            while self.lately and self.lately[0][0] < now - NOTICED:
                _at, song, revision = self.lately.popleft()
                self.due[song] = max(self.due.get(song, 0), revision)
            if now < self.deaf_until + NOTICED:
                continue
            for phone in self.phones:
                if phone.live_since and phone.live_since < now - NOTICED and (late := behind(phone, self.due)):
                    self.stale.setdefault(phone.attendee, f"attendee {phone.attendee}: {late}")

    async def look_at_pages(self) -> None:
        """Whatever fails, no page is answered 500; each time on a connection of its own, as somebody who comes."""
        paths = f"/jams/{self.slug}", "/api/v1/jams", "/j/zzzzzz"
        while True:
            async with self.line({}) as line:
                await self.ask(line, "GET", self.dice.choice(paths))
            await asyncio.sleep(LOOK)

    async def cut(self) -> None:
        for phone in self.phones:
            phone.lose_line()

    async def rest(self) -> None:
        self.closing.set()

    # Afterwards -----------------------------------------------------------------------------------

    async def well(self, since: float, rows: Mapping[int, int]) -> tuple[float, str]:
        """Seconds after `since` until no vote waits from before that and every board, like the snapshot, is at least as
        new as `rows` (revisions by song), GIVE_UP at most; and what was last not so."""
        last = ""
        while True:
            took, wrong = time.monotonic() - since, await self.not_well(since, rows)
            last = wrong or last
            if not wrong or took > GIVE_UP:
                return took, last
            await asyncio.sleep(0.1)

    async def not_well(self, since: float, rows: Mapping[int, int]) -> str:
        waiting = sum(at <= since for phone in self.phones for _voted, at in phone.waiting.values())
        late = [text for phone in self.phones if (text := behind(phone, rows))]
        if waiting or late:
            return f"{waiting} votes wait, {len(late)} boards are behind{': ' + late[0] if late else ''}"
        shown = {song["id"]: song["revision"] for song in (await self.snapshot()).get("songs", ())}
        return "" if all(shown.get(song, -1) >= revision for song, revision in rows.items()) else "the snapshot is old"

    async def snapshot(self) -> dict[str, Any]:
        answer = await self.ask(self.phones[0].line, "GET", f"/api/v1/jams/{self.slug}/snapshot")
        return answer.body if answer.status == 200 else {}

    async def differing(self, counted: Mapping[int, int]) -> str:
        """At rest: the first board that does not show these counts by song, or the snapshot."""
        shown = {song["id"]: song["votes"] for song in (await self.snapshot()).get("songs", ())}
        if wrong := [song for song, votes in counted.items() if shown.get(song) != votes]:
            return f"the snapshot shows {shown.get(wrong[0])} votes of song {wrong[0]}, there are {counted[wrong[0]]}"
        for phone in self.phones:
            board = {song: row.votes for song, row in phone.board.songs.items()}
            if wrong := [song for song, votes in counted.items() if board.get(song) != votes]:
                song = wrong[0]
                return f"attendee {phone.attendee} is shown {board.get(song)} votes of song {song}, not {counted[song]}"
        return ""


def behind(phone: Phone, rows: Mapping[int, int]) -> str:
    for song, revision in rows.items():
        if phone.board.revision_of(song) < revision:
            return f"song {song} at {phone.board.revision_of(song)}, which is at {revision}"
    return ""


def as_taken(at: float) -> dict[str, str]:
    """What the proxy says of a request: when it took it, in seconds since 1970 (deploy/nginx.conf)."""
    return {"X-Request-Start": f"t={at:.3f}"}


def told_by(response: httpcore.Response) -> tuple[str | None, Any]:
    """After how many seconds to come back, and the body if it is JSON."""
    headers = {name.lower(): value.decode() for name, value in response.headers}
    body = orjson.loads(response.content) if "json" in headers.get(b"content-type", "") else None
    return headers.get(b"retry-after"), body


class Crowd:
    """Where phones live: a loop in a thread of its own. Processes are begun in the main one, with which they end."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        Thread(target=self.loop.run_forever, name="crowd", daemon=True).start()

    def ask(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()
