"""What it costs to know how one is doing: CPU a request with INSIGHT on, to that with it off, in turn on the
two servers of a pair. Several pairs, because one process costs some percent more than another of the same kind.

On is everything: what a request spent, its queries by model, what is written every 15 seconds, the looks at process,
machine, database and Redis. With `same` it is on at both.
"""

from statistics import median

from loadtests.bench import Row
from loadtests.bench_http import CONNECTIONS, READS, fill, request
from loadtests.bench_vote import prepare, votes
from loadtests.client import Asked, generator
from loadtests.machine import WEB, Server, about, serve, set_up

MOST = 1.03
PAGES = ("/jams/jam-4", "/jams", "/songs")
NIGHT = {  # of its requests
    "votes": 0.6,
    "snapshot, from the process": 0.25,
    "snapshot, from Redis": 0.05,
    "pages, made anew": 0.1,
}


def run(*, short: bool, same: bool = False) -> list[Row]:
    set_up()
    fill()
    cases = asked(*prepare())
    each, rounds, seconds = (1, 4, 0.3) if short else (3, 16, 0.25)
    pairs = [(start(), start(INSIGHT=str(same).lower())) for _ in range(each)]
    print(f"{about()}; {each} servers of each kind, {rounds} rounds of {seconds} s a case, {CONNECTIONS} connections")
    on: dict[str, list[float]] = {name: [] for name in cases}  # CPU a request, by round and pair
    off: dict[str, list[float]] = {name: [] for name in cases}
    with generator() as load:
        for turn in range(-1, rounds):  # the first warms
            for pair in pairs:
                for name, requests in cases.items():
                    turns = list(zip(pair, (on, off), strict=True))
                    for server, costs in reversed(turns) if turn % 2 else turns:
                        cpu = load.load(Asked(server, requests), seconds).cpu
                        if turn >= 0:
                            costs[name].append(cpu)
    rows = [row(name, on[name], off[name]) for name in cases]
    return [*rows, row("a night", night(on), night(off), most=MOST)]


def night(costs: dict[str, list[float]]) -> list[float]:
    return [sum(NIGHT[name] * costs[name][n] for name in NIGHT) for n in range(len(costs["votes"]))]


def row(name: str, on: list[float], off: list[float], most: float | None = None) -> Row:
    ratios = sorted(one / other for one, other in zip(on, off, strict=True))
    low, high = (ratios[round(share * (len(ratios) - 1))] for share in (0.25, 0.75))
    note = f"middle half of {len(ratios)} pairs {low:.3f} to {high:.3f}"
    return Row(name, median(on), "µs CPU", median(off), median(ratios), most=most, of="off", note=note)


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
