"""What one person does on a night, by Locust: looks at the page, joins, watches the board, votes, and looks again.

What they ask for and how often is that of loadtests/mix.py. Whoever has joined says who they are each time, as phones
do; nobody waits for anybody else, and each tap waits for the answer to the one before.
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
from locust import FastHttpUser

from loadtests.bench_http import SLUG
from loadtests.load.ballot import Ballot
from loadtests.load.watcher import Watcher
from loadtests.load.windows import PATIENCE, Tally, Window
from loadtests.mix import SHARES

ROUTES = {
    f"/api/v1/jams/{SLUG}/snapshot": "api:snapshot",
    f"/api/v1/jams/{SLUG}/me": "api:me",
    f"/jams/{SLUG}": "pages:jam",
    "/api/v1/songs?search=song+12": "api:songs",
    "/api/v1/jams": "api:jams",
}  # of what mix.py asks for


class Night:
    """What all of them share, and what has come of it since it was last told."""

    def __init__(self, *, slug: str, pace: float, sockets: str, most_sockets: int) -> None:
        """`pace`: seconds between two requests of a person. `sockets`: http://HOST:PORT of the live process.
        `most_sockets`: that they open themselves; of whoever comes after those, the token is told."""
        self.slug, self.pace, self.most_sockets = slug, pace, most_sockets
        self.at = urlsplit(sockets)
        self.rng = random.Random()
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
        return self.night.rng.expovariate(1 / self.night.pace)

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
        tap = ballot.choose(self.songs, self.night.rng)
        if not tap:
            self.look()
            return
        method, song = tap
        if self.watcher:
            self.watcher.expect(song)
        status, done = self.ask(method, f"{self.jam}/songs/{song}/vote", "api:vote")
        ballot.told(song, status, done.get("voted"))
        if done and self.watcher:
            self.watcher.acknowledged(done["revision"])


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
