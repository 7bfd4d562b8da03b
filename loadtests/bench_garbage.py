"""What the garbage collector costs a request, and whether it may look less often: processor time of the same requests
at servers that differ in nothing else, in turn."""

import statistics
from collections.abc import Iterator

from loadtests.bench import Row
from loadtests.bench_http import CONNECTIONS, fill, request
from loadtests.client import Asked, Generator, generator
from loadtests.machine import WEB, Server, about, serve, set_up

HOW = ("as it comes", "frozen", "frozen 5000", "frozen 50000")
ASKED = {
    "jams past the cache": request("/api/v1/jams?page_size=21", "Cookie: any=1", "Cache-Control: no-cache"),
    "songs, a page nobody keeps": request("/api/v1/songs?page_size=50&ordering=title", "Cookie: any=1"),
    "a page": request("/songs?style=Style", "Cookie: any=1"),
}


def run(*, short: bool) -> list[Row]:
    set_up()
    fill()
    servers = {how: serve("loadtests.collected", *WEB, GARBAGE=how, CACHED_READS="false") for how in HOW}
    rounds, seconds = (6, 0.3) if short else (20, 1.0)
    with generator() as load:
        print(f"{about()}; {rounds} rounds of {seconds} s a case, {CONNECTIONS} connections")
        return list(compared(load, servers, rounds, seconds))


def compared(load: Generator, servers: dict[str, Server], rounds: int, seconds: float) -> Iterator[Row]:
    for name, asked in ASKED.items():
        turns: list[dict[str, float]] = []
        for turn in range(-1, rounds):  # the first warms
            order = HOW if turn % 2 else HOW[::-1]
            found = {how: load.load(Asked(servers[how], (asked,) * CONNECTIONS), seconds).cpu for how in order}
            if turn >= 0:
                turns.append(found)
        for how in HOW:
            mine, floor = ([one[which] for one in turns] for which in (how, HOW[0]))
            ratio = statistics.median(a / b for a, b in zip(mine, floor, strict=True))
            yield Row(f"{name}, {how}", statistics.median(mine), "µs CPU", statistics.median(floor), ratio)
