"""How long requests took, one after the other, on a web process that has now little to do and now much.

Reports, each of other days, are what takes long; between them come pages and reads, of which there are more. People
come by chance, so often that the process is busy for a share of the time, and that changes every few seconds.
"""

import itertools
import random
import selectors
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from loadtests.bench_reports import FIRST, SHORT_NIGHTS
from loadtests.client import Asked, Connection
from loadtests.machine import Server

BUSY = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # shares of the time
STRETCH = 3.0  # seconds of one of them, on average
AT_ONCE = 8  # requests: the threads of a web process
ALONE = 40  # requests, one after the other, that tell how much work there is in one
REPORTS = {"api:venue-report": "venues/the-season", "api:host-report": "hosts/me"}
READS = {
    "pages:jam": "/jams/night-{night}",
    "api:jam": "/api/v1/jams/night-{night}",
    "api:songs": "/api/v1/songs?search=song+{night}&page={page}",
    "api:performances": "/api/v1/performances?page={page}",
}
OF_READS = 0.6  # of all requests


class Taken(NamedTuple):
    endpoint: str
    at: float  # seconds, by the clock of the generator
    seconds: float


def recorded(server: Server, token: str, seconds: float) -> list[Taken]:
    """By when they were asked for. `token`: of the host, who manages the venue."""
    rng = random.Random(1)
    line = Line(server, lambda: some(rng, token))
    alone = [line.alone() for _ in range(2 * ALONE)][ALONE:]  # the first ones compile templates
    each, end = sum(alone) / ALONE, time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        line.ask_for(min(left, rng.expovariate(1 / STRETCH)), rng.choice(BUSY) / each, rng)
    return sorted(line.taken, key=lambda taken: taken.at)


def some(rng: random.Random, token: str) -> tuple[str, bytes]:
    """The endpoint, and a request for it."""
    if rng.random() < OF_READS:
        endpoint, path = rng.choice(list(READS.items()))
        return endpoint, request(path.format(night=rng.randint(1, SHORT_NIGHTS), page=rng.randint(1, 5)))
    endpoint, subject = rng.choice(list(REPORTS.items()))
    since = FIRST + timedelta(days=rng.randrange(365))
    until = since + timedelta(days=rng.randrange(365))
    path = f"/api/v1/reports/{subject}?since={since}&until={until}"
    return endpoint, request(path, f"Authorization: Bearer {token}")


def request(path: str, *headers: str) -> bytes:
    accept = "text/html" if path.startswith("/jams/") else "application/json"
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Accept: {accept}", "Accept-Encoding: gzip", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


class Line:
    """Connections as a proxy keeps them: a request takes whichever is free, or waits for one."""

    def __init__(self, server: Server, some: Callable[[], tuple[str, bytes]]) -> None:
        self.some, self.taken = some, list[Taken]()
        self.free = deque(Connection(Asked(server, (b"",)), b"") for _ in range(AT_ONCE))
        self.asking: dict[Connection, str] = {}
        self.selector = selectors.DefaultSelector()
        for one in self.free:
            self.selector.register(one.socket, selectors.EVENT_READ, one)

    def alone(self) -> float:
        """Seconds."""
        self.ask()
        while self.asking:
            self.hear(None)
        return self.taken[-1].seconds

    def ask_for(self, seconds: float, rate: float, rng: random.Random) -> None:
        """So many a second by chance (a Poisson process), and until the last is answered."""
        due = time.perf_counter()
        end = due + seconds
        while due < end:
            while self.free and due <= time.perf_counter():
                self.ask()
                due += rng.expovariate(rate)
            self.hear(max(0.0, due - time.perf_counter()) if self.free else None)
        while self.asking:
            self.hear(None)

    def ask(self) -> None:
        one = self.free.popleft()  # in turn: the server closes what is idle for long
        self.asking[one], wanted = self.some()
        one.requests = itertools.cycle([wanted])
        one.ask()

    def hear(self, timeout: float | None) -> None:
        for key, _events in self.selector.select(timeout):
            one: Connection = key.data
            if one.hear():
                if one.status != b"200":
                    raise ValueError(f"not 200: {one.answer[:300]!r}")
                self.taken.append(Taken(self.asking.pop(one), one.asked, time.perf_counter() - one.asked))
                self.free.append(one)
