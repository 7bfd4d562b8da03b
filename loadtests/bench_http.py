"""Public reads over HTTP: what each costs beside F, by where its answer comes from.

copy    in the web process: asked without a cookie
Redis   past the copy: `Cache-Control: no-cache`
304     from both, with the ETag
cold    a true miss: its group is retired in Redis before each request, as by a write elsewhere, so the view runs, and
        the answer is coded and stored. Each connection names another port in Host, hence has an answer of its own
        to miss; otherwise one would compute and the others find it.

The two reads that naive.py has too are compared with it, cold: time, time in the database, memory.
"""

import gc
import os
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

from loadtests.bench import Row
from loadtests.client import Asked, Generator, Measured, generator
from loadtests.machine import WEB, Server, about, serve, set_up

CONNECTIONS = 8
BROWSER = ("Accept: application/json", "Accept-Encoding: gzip, deflate, br")
SIZES = {
    "users": 60, "venues": 45, "songs": 5_000, "jams": 100, "attendees": 3_011, "jam_songs": 7_000, "votes": 20_000,
    "full_jams": 20,
}  # fmt: skip
SLUG = "jam-4"  # 62 songs on its board
READS = {
    "jams": ("/api/v1/jams", "jams"),
    "by-slug": (f"/api/v1/jams/by-slug/{SLUG}", f"info.{SLUG}"),
    "snapshot": (f"/api/v1/jams/{SLUG}/snapshot", f"jam.{SLUG}"),
    "songs": ("/api/v1/songs", "songs"),
    "venues": ("/api/v1/venues", "venues"),
}
NAIVE = {"jams": 1, "by-slug": 1}  # queries that ours may need cold
ALONE = ("jams", "by-slug", "songs", "venues")
COPY, REDIS, COLD, ALONE_MS = 1.15, 1.6, 6, 15


def run(*, short: bool) -> list[Row]:
    set_up()
    fill()
    floor, ours = serve("loadtests.floor", *WEB), serve("jamvote.wsgi", *WEB)
    naive = serve("loadtests.naive_wsgi", *WEB)
    rounds, seconds = (3, 0.15) if short else (9, 0.5)
    with generator() as load:
        print(f"{about()}; {rounds} rounds of {seconds} s a case, {CONNECTIONS} connections")
        rows = [*against_floor(load, floor, ours, rounds, seconds)]
        rows += [*alone(load, ours, rounds, seconds / 2)]
        rows += [*against_naive(load, ours, naive, rounds, seconds)]
    return rows


def fill() -> None:
    """A hundred nights of venues that say something of themselves."""
    from apps.catalog.models import Venue
    from apps.jams.models import Jam
    from tests.volume import fill

    fill(**SIZES)
    text = "An open stage with a house band, a piano that is in tune, and a list on the wall. Come early, play late. "
    Jam.objects.update(description=text)
    Venue.objects.update(description=text * 2, address="12 Quay Street", accent="#e0a030")


def request(path: str, *headers: str, host: str = "127.0.0.1") -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *BROWSER, *headers, "", ""]).encode()


def cases(ours: Server) -> dict[str, list[tuple[str, Asked, float]]]:
    """By read: name, what is asked, how many F it may cost."""
    found = {}
    for read, (path, _group) in READS.items():
        copy, redis = ((request(path, *said),) * CONNECTIONS for said in ((), ("Cache-Control: no-cache",)))
        found[read] = [
            ("copy", Asked(ours, copy), COPY),
            ("copy, 304", Asked(ours, copy, revalidate=True), COPY),
            ("Redis", Asked(ours, redis), REDIS),
            ("Redis, 304", Asked(ours, redis, revalidate=True), REDIS),
            ("cold", cold(ours, read), COLD),
        ]
    return found


def cold(ours: Server, read: str, connections: int = CONNECTIONS) -> Asked:
    path, group = READS[read]
    hosts = [f"127.0.0.1:{7000 + n}" for n in range(connections)]
    requests = tuple(request(path, "Cache-Control: no-cache", host=host) for host in hosts)
    return Asked(ours, requests, write=(os.environ["REDIS_URL"], *writing(read, group)))


def writing(read: str, group: str) -> tuple[Any, ...]:
    """What a vote does to a snapshot's group, and any other write to another's."""
    from channels.layers import get_channel_layer

    from apps.core.store import RETIRE, clock, key
    from apps.live.layers import TELL

    if read == "snapshot":
        return TELL, 2, get_channel_layer().counter(group), key(group), clock(), "nobody", group, b"[]"
    return RETIRE, 1, key(group), clock()


def against_floor(load: Generator, floor: Server, ours: Server, rounds: int, seconds: float) -> Iterator[Row]:
    """Each read stands between two measurements of the floor; its ratio is to their mean."""
    nothing = Asked(floor, (request("/"),) * CONNECTIONS)
    asked = cases(ours)
    measured: dict[str, list[tuple[Measured, float]]] = {}
    floors: list[Measured] = []
    for turn in range(-1, rounds):  # the first warms
        before = load.load(nothing, seconds)
        for read, ways in asked.items():
            results = [load.load(way, seconds if turn >= 0 else 0.05) for _name, way, _most in ways]
            after = load.load(nothing, seconds)
            if turn >= 0:
                floors.append(after)
                for (name, *_), result in zip(ways, results, strict=True):
                    measured.setdefault(f"{read}, {name}", []).append((result, (before.cpu + after.cpu) / 2))
            before = after
    yield Row("F", median(m.cpu for m in floors), "µs CPU", note=figures(floors))
    for read, ways in asked.items():
        for name, _asked, most in ways:
            turns = measured[f"{read}, {name}"]
            yield Row(
                f"{read}, {name}", median(m.cpu for m, _ in turns), "µs CPU", median(f for _, f in turns),
                median(m.cpu / f for m, f in turns), most, note=figures([m for m, _ in turns]),
            )  # fmt: skip


def figures(turns: list[Measured]) -> str:
    rate, p50, p99 = (median(get(m) for m in turns) for get in (lambda m: m.rate, p(50), p(99)))
    full = "; the generator was the limit" if sum(m.generator_full for m in turns) > len(turns) / 2 else ""
    return f"{rate:,.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms{full}"


def p(percent: int) -> Callable[[Measured], float]:
    return lambda measured: measured.percentile(percent)


def alone(load: Generator, ours: Server, rounds: int, seconds: float) -> Iterator[Row]:
    for read in ALONE:
        turns = [load.load(Asked(ours, (request(READS[read][0]),)), seconds) for _ in range(rounds)]
        yield Row(f"{read}, one client alone", median(m.average for m in turns), "ms", most=ALONE_MS)


def against_naive(load: Generator, ours: Server, naive: Server, rounds: int, seconds: float) -> Iterator[Row]:
    for read, most_queries in NAIVE.items():
        path, of = READS[read][0], "× naive"
        ways = cold(ours, read, connections=1), Asked(naive, (request(path),))
        turns = [(load.load(ways[0], seconds).average, load.load(ways[1], seconds).average) for _ in range(rounds)]
        mine, theirs = statistics.median(turn[0] for turn in turns), statistics.median(turn[1] for turn in turns)
        yield Row(f"{read}, cold, response", mine, "ms", theirs, median(a / b for a, b in turns), 0.5, of=of)
        mine_in, theirs_in = Inside(path, "jamvote.urls", READS[read][1]), Inside(path, "loadtests.naive")
        note = f"{mine_in.queries} queries, naive {theirs_in.queries}"
        a, b = mine_in.milliseconds, theirs_in.milliseconds
        yield Row(f"{read}, cold, in the database", a, "ms", b, a / b, 0.2, of=of, note=note)
        yield Row(f"{read}, cold, queries", mine_in.queries, "queries", most=most_queries)
        a, b = mine_in.kilobytes, theirs_in.kilobytes
        yield Row(f"{read}, cold, memory", a, "KB", b, a / b, 0.7, of=of, note="most at once in a request")


class Inside:
    """A request answered in this process: its queries, their time, the most memory it holds at once. Ours is cold: its
    `group` is retired before."""

    def __init__(self, path: str, urls: str, group: str = "") -> None:
        from django.test import Client, override_settings

        self.client, self.path, self.group = Client(), path, group
        with override_settings(ROOT_URLCONF=urls, ALLOWED_HOSTS=["testserver"], CACHED_READS=bool(group)):
            self.ask()
            self.milliseconds = 1000 * min(self.in_the_database() for _ in range(50))
            tracemalloc.start()
            self.ask()
            self.kilobytes = statistics.median(self.memory() for _ in range(15)) / 1000
            tracemalloc.stop()

    def ask(self) -> None:
        from apps.core.store import retire

        if self.group:
            retire(self.group)
        assert self.client.get(self.path, headers={"accept": "application/json"}).status_code == 200

    def in_the_database(self) -> float:
        from django.db import connection

        self.queries, self.took = 0, 0.0
        with connection.execute_wrapper(self.timed):
            self.ask()
        return self.took

    def timed(self, execute: Any, *args: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.took += time.perf_counter() - begun
            self.queries += 1

    def memory(self) -> int:
        gc.collect()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        self.ask()
        return tracemalloc.get_traced_memory()[1] - before


def median(values: Iterator[float]) -> float:
    return statistics.median(values)
