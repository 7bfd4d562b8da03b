"""What it costs to know how one is doing: CPU a request with INSIGHT on, to that with it off, in turn on two servers.

On is everything: what a request spent, its queries by model, what is written every 15 seconds, the looks at process,
machine, database and Redis.
"""

from statistics import median

from loadtests.bench import Row
from loadtests.bench_http import CONNECTIONS, READS, fill, request
from loadtests.bench_vote import prepare, votes
from loadtests.client import Asked, generator
from loadtests.machine import WEB, about, serve, set_up

MOST = 1.03
PAGES = ("/jams/jam-4", "/jams", "/songs")


def run(*, short: bool) -> list[Row]:
    set_up()
    fill()
    songs, tokens = prepare()
    limits = {"LIMIT_PARTICIPANT": "999999/60"}
    on, off = serve("jamvote.wsgi", *WEB, **limits), serve("jamvote.wsgi", *WEB, INSIGHT="false", **limits)
    pairs, seconds = (4, 0.3) if short else (24, 1.0)
    rows = []
    with generator() as load:
        print(f"{about()}; {pairs} pairs of {seconds} s a case, {CONNECTIONS} connections")
        for name, requests in cases(songs, tokens).items():
            ratios, costs = [], []
            for turn in range(-1, pairs):  # the first warms
                order = (on, off) if turn % 2 else (off, on)
                cpu = {server.port: load.load(Asked(server, requests), seconds).cpu for server in order}
                if turn >= 0:
                    ratios.append(cpu[on.port] / cpu[off.port])
                    costs.append((cpu[on.port], cpu[off.port]))
            spread = f"middle half {quartile(ratios, 0.25):.3f} to {quartile(ratios, 0.75):.3f}"
            value, floor = (median(cost[n] for cost in costs) for n in (0, 1))
            most = MOST if name == "all of these" else None
            rows.append(Row(name, value, "µs CPU", floor, median(ratios), most=most, of="off", note=spread))
    return rows


def cases(songs: list[int], tokens: list[str]) -> dict[str, tuple[bytes | tuple[bytes, ...], ...]]:
    """The last is a night: of eight phones five read, two vote and one opens pages."""
    copy = request(READS["snapshot"][0])
    redis = request(READS["snapshot"][0], "Cache-Control: no-cache")
    pages = tuple(request(path, "Cookie: theme=dark; seen=1") for path in PAGES)
    cast = votes(songs, tokens)
    return {
        "snapshot, from the process": (copy,) * CONNECTIONS,
        "snapshot, from Redis": (redis,) * CONNECTIONS,
        "pages, made anew": (pages,) * CONNECTIONS,
        "votes": cast,
        "all of these": (copy, copy, copy, redis, redis, *cast[:2], pages),
    }


def quartile(values: list[float], share: float) -> float:
    return sorted(values)[round(share * (len(values) - 1))]
