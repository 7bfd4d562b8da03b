"""What one person does on a night, by Locust: looks at the page, joins, watches the board, votes, and looks again.

What they ask for and how often is that of loadtests/mix.py. Whoever has joined says who they are each time, as phones
do; nobody waits for anybody else, and each tap waits for the answer to the one before.
"""

import random
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import urlsplit

import gevent
import orjson
from locust import FastHttpUser

from loadtests.bench_http import SLUG
from loadtests.load.windows import Tally, Window
from loadtests.mix import SHARES
from loadtests.sockets import CLOSE, REPLIES, TEXT, client_frame, parse, upgrade

ROUTES = {
    f"/api/v1/jams/{SLUG}/snapshot": "api:snapshot",
    f"/api/v1/jams/{SLUG}/me": "api:me",
    f"/jams/{SLUG}": "pages:jam",
    "/api/v1/songs?search=song+12": "api:songs",
    "/api/v1/jams": "api:jams",
}  # of what mix.py asks for
TAKES_BACK = 0.1  # of all taps take a vote back
PATIENCE = 30  # seconds for an answer
COMES_BACK = (1.0, 3.0)  # seconds after a socket was closed
PIECE = 65_536  # bytes read at once


@dataclass
class Ballot:
    """What somebody was told of their votes. `unsure`: songs whose last answer never came, or was no answer."""

    attendee: int
    token: str
    votes: dict[int, bool] = field(default_factory=dict)
    unsure: set[int] = field(default_factory=set)

    def as_json(self) -> dict[str, Any]:
        songs = sorted(song for song, voted in self.votes.items() if voted)
        return {"attendee": self.attendee, "songs": songs, "unsure": sorted(self.unsure)}


class Night:
    """What all of them share, and what has come of it since it was last told."""

    def __init__(self, *, slug: str, pace: float, sockets: str, most_sockets: int) -> None:
        """`pace`: seconds between two requests of a person. `sockets`: http://HOST:PORT of the live process.
        `most_sockets`: that they open themselves; of whoever comes after those, the token is told."""
        self.slug, self.pace, self.most_sockets = slug, pace, most_sockets
        self.at = urlsplit(sockets)
        self.open, self.stage, self.holding = 0, 0, False
        self.watching = 0  # people who have, or will have again, a socket of their own
        self.ballots: list[Ballot] = []
        self.errors: Counter[str] = Counter()  # ours
        self.fresh()

    def fresh(self) -> None:
        self.window, self.tokens = Window(0, 0, self.stage, self.holding, 0), list[str]()

    def answered(self, request_type: str, name: str, response_time: float, **more: Any) -> None:
        """Locust's event of a request."""
        status = getattr(more.get("response"), "status_code", 0) or 0
        self.window.tallies.setdefault(f"{request_type} {name}", Tally()).add(response_time / 1000, status)

    def failed(self, exception: BaseException, **more: Any) -> None:
        """Locust's event of an exception of ours."""
        self.errors[repr(exception)[:200]] += 1


@lru_cache(maxsize=256)
def revisions(frame: bytes) -> dict[int, int]:
    """By song. All sockets get the same bytes, which are read once."""
    return {song["id"]: song["revision"] for song in orjson.loads(frame).get("songs", ())}


class Person(FastHttpUser):
    network_timeout = connection_timeout = float(PATIENCE)
    insecure = False
    night: Night

    def on_start(self) -> None:
        self.night = self.environment.night
        self.ballot: Ballot | None = None
        self.songs: list[int] = []
        self.watcher: Watcher | None = None
        self.come()

    def on_stop(self) -> None:
        if self.watcher:
            self.watcher.leave()

    def wait_time(self) -> float:
        return random.expovariate(1 / self.night.pace)

    @property
    def jam(self) -> str:
        return f"/api/v1/jams/{self.night.slug}"

    def ask(self, method: str, path: str, route: str, **options: Any) -> tuple[int, dict[str, Any]]:
        """Status and what was said; 0 where no answer came."""
        headers = {"Accept": "text/html" if route.startswith("pages:") else "application/json"}
        if self.ballot:
            headers["Authorization"] = f"Bearer {self.ballot.token}"
        answer = self.client.request(method, path, name=route, headers=headers, **options)
        good = 200 <= answer.status_code < 300 and not route.startswith("pages:")
        return answer.status_code, orjson.loads(answer.content) if good else {}

    def come(self) -> None:
        self.ask("GET", f"/jams/{self.night.slug}", "pages:jam")
        status, joined = self.ask("POST", f"{self.jam}/attendees", "api:attendees", json={})
        if status != 201:
            return  # tries again when they would next do something
        self.ballot = Ballot(joined["id"], joined["token"])
        self.night.ballots.append(self.ballot)
        if self.night.watching < self.night.most_sockets:
            self.watcher = Watcher(self.night, joined["token"])
        else:
            self.night.tokens.append(joined["token"])
        self.look()
        self.ask("GET", f"{self.jam}/me", "api:me")

    def look(self) -> None:
        _status, snapshot = self.ask("GET", f"{self.jam}/snapshot", "api:snapshot")
        if snapshot:
            self.songs = [song["id"] for song in snapshot["songs"] if song["status"] == "open"]

    def vote(self) -> None:
        ballot = self.ballot
        if not ballot:
            self.come()
            return
        mine = [song for song, voted in ballot.votes.items() if voted]
        wanted = [song for song in self.songs if not ballot.votes.get(song)]
        if not mine and not wanted:
            self.look()
            return
        takes_back = bool(mine) and (not wanted or random.random() < TAKES_BACK)
        song = random.choice(mine if takes_back else wanted)
        ballot.unsure.add(song)
        if self.watcher:
            self.watcher.expect(song)
        path = f"{self.jam}/songs/{song}/vote"
        status, done = self.ask("DELETE" if takes_back else "PUT", path, "api:vote")
        if done:
            ballot.votes[song] = done["voted"]
            if self.watcher:
                self.watcher.acknowledged(done["revision"])
        if done or 400 <= status < 500:
            ballot.unsure.discard(song)


def reading(path: str, route: str) -> Callable[[Person], None]:
    def read(person: Person) -> None:
        if not person.ballot:
            person.come()
        elif route == "api:snapshot":
            person.look()
        else:
            person.ask("GET", path.replace(SLUG, person.night.slug), route)

    return read


def tasks() -> list[Callable[[Person], None]]:
    """A hundred, of which Locust draws."""
    reads = [read for path, share in SHARES.items() for read in [reading(path, ROUTES[path])] * round(100 * share)]
    return reads + [Person.vote] * (100 - len(reads))


Person.tasks = tasks()


class Watcher:
    """The socket of a person, which comes back when it is closed."""

    CONTEXT: ClassVar[ssl.SSLContext | None] = None

    def __init__(self, night: Night, token: str) -> None:
        self.night, self.token = night, token
        self.socket: socket.socket | None = None
        self.song, self.tapped = 0, 0.0
        self.revision: int | None = None  # that the vote was acknowledged with
        self.shown: list[tuple[int, float]] = []  # the song's revisions in frames, and when they came
        night.watching += 1
        self.watching = gevent.spawn(self.watch)

    def leave(self) -> None:
        self.night.watching -= 1
        self.watching.kill()

    def watch(self) -> None:
        while True:
            try:
                self.listen()
            except OSError:
                self.night.window.gone += 1
            gevent.sleep(random.uniform(*COMES_BACK))

    def listen(self) -> None:
        """Until it is closed. Raises OSError then, or when it cannot be opened."""
        one, rest = self.connect()
        self.night.open += 1
        try:
            while piece := one.recv(PIECE):
                rest = self.take(one, rest + piece)
            raise ConnectionError
        finally:
            self.night.open -= 1
            one.close()

    def connect(self) -> tuple[socket.socket, bytes]:
        """The socket, and what has come already."""
        at = self.night.at
        tls = at.scheme == "https"
        one = socket.create_connection((at.hostname or "", at.port or (443 if tls else 80)), timeout=PATIENCE)
        if tls:
            Watcher.CONTEXT = Watcher.CONTEXT or ssl.create_default_context()
            one = Watcher.CONTEXT.wrap_socket(one, server_hostname=at.hostname)
        path = f"/ws/jams/{self.night.slug}/"
        one.sendall(upgrade(path, f"Authorization: Bearer {self.token}", host=at.netloc))
        head, end = b"", b""
        while not end:
            piece = one.recv(PIECE)
            head, end, rest = (head + piece).partition(b"\r\n\r\n")
            if not piece or (end and not head.startswith(b"HTTP/1.1 101 ")):
                one.close()
                raise ConnectionError
        one.settimeout(None)
        return one, self.take(one, rest)

    def take(self, one: socket.socket, data: bytes) -> bytes:
        """What is left when all frames that are complete were heard."""
        while parsed := parse(data):
            opcode, body, data = parsed
            if opcode == TEXT:
                self.night.window.frames += 1
                if self.song and (revision := revisions(body).get(self.song)):
                    self.shown.append((revision, time.perf_counter()))
                    self.compare()
            elif opcode in REPLIES:
                one.sendall(client_frame(REPLIES[opcode], body))
                if opcode == CLOSE:
                    raise ConnectionError
        return data

    def expect(self, song: int) -> None:
        """A vote is cast now. Frames may tell of it before it is acknowledged."""
        self.song, self.tapped, self.revision, self.shown = song, time.perf_counter(), None, []

    def acknowledged(self, revision: int) -> None:
        self.revision = revision
        self.compare()

    def compare(self) -> None:
        if self.revision is None:
            return
        at = next((at for revision, at in self.shown if revision >= self.revision), None)
        if at is not None:
            self.night.window.seen.add(at - self.tapped)
            self.song = 0
