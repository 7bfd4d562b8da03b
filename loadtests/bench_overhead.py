"""What it costs to know how one is doing: CPU a request with INSIGHT on, to that with it off, in turn on servers of
both kinds. Several of each, because one process costs some percent more than another of the same kind.

On is everything: what a request spent, its queries by model, what is written every 15 seconds, the looks at process,
machine, database and Redis.
"""

import random
from statistics import median

from loadtests.bench import Row
from loadtests.bench_http import CONNECTIONS, READS, fill, request
from loadtests.bench_vote import prepare, votes
from loadtests.client import Asked, generator
from loadtests.machine import WEB, Server, about, serve, set_up

MOST = 1.03
PAGES = ("/jams/jam-4", "/jams", "/songs")
NIGHT = {"votes": 0.6, "snapshot, from the process": 0.25, "snapshot, from Redis": 0.05, "pages, made anew": 0.1}


def run(*, short: bool) -> list[Row]:
    set_up()
    fill()
    cases = asked(*prepare())
    each, rounds, seconds = (1, 4, 0.3) if short else (4, 24, 0.25)
    servers = [(start(), start(INSIGHT="false")) for _ in range(each)]
    print(f"{about()}; {each} servers of each kind, {rounds} rounds of {seconds} s a case, {CONNECTIONS} connections")
    costs: dict[str, dict[int, list[float]]] = {name: {} for name in cases}
    with generator() as load:
        for turn in range(-1, rounds):  # the first warms
            for name, requests in cases.items():
                for server in random.sample(every := [one for pair in servers for one in pair], len(every)):
                    cpu = load.load(Asked(server, requests), seconds).cpu
                    if turn >= 0:
                        costs[name].setdefault(server.port, []).append(cpu)
    rows, night = [], [0.0, 0.0]
    for name, of in costs.items():
        on, off = ([median(of[pair[kind].port]) for pair in servers] for kind in (0, 1))
        note = f"servers on {spread(on)}, off {spread(off)}"
        rows.append(Row(name, mean(on), "µs CPU", mean(off), mean(on) / mean(off), of="off", note=note))
        night = [night[0] + NIGHT[name] * mean(on), night[1] + NIGHT[name] * mean(off)]
    note = ", ".join(f"{share:.0%} {name}" for name, share in NIGHT.items())
    return [*rows, Row("a night", night[0], "µs CPU", night[1], night[0] / night[1], most=MOST, of="off", note=note)]


def asked(songs: list[int], tokens: list[str]) -> dict[str, tuple[bytes | tuple[bytes, ...], ...]]:
    copy = request(READS["snapshot"][0])
    redis = request(READS["snapshot"][0], "Cache-Control: no-cache")
    pages = tuple(request(path, "Cookie: theme=dark; seen=1") for path in PAGES)
    return {
        "snapshot, from the process": (copy,) * CONNECTIONS,
        "snapshot, from Redis": (redis,) * CONNECTIONS,
        "pages, made anew": (pages,) * CONNECTIONS,
        "votes": votes(songs, tokens),
    }


def start(**env: str) -> Server:
    return serve("jamvote.wsgi", *WEB, LIMIT_PARTICIPANT="999999/60", **env)


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def spread(values: list[float]) -> str:
    return f"{min(values):,.0f} to {max(values):,.0f}"
