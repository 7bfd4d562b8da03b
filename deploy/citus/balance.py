"""How evenly nights lie on the nodes of Citus: python3 deploy/citus/balance.py [--venues 1000] [--nodes 2,4,8]

Ids of jams are hashed and laid out exactly as Citus does it. The nights are made up: a venue has a size and a night
differs from it, both log-normal, so that most are small and a few are very large.
"""

import argparse
import math
import random
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

UINT32 = 0xFFFFFFFF
TOKENS = 2**32  # HASH_TOKEN_COUNT of Citus
FULL = 10_000  # voters of a night: the largest room of ./dev bench live
VOTES, HOURS = 10_000 / 300, 4  # votes of a voter and length of a night: the season of ./dev bench reports
PACE = 100 / 300  # votes a second of a voter while a room votes its fastest: ./dev bench crowd
# Assumed. Of no installation it is known.
SATURDAY = 0.4  # of the venues have a night then
BETWEEN = 0.8  # of the variance is between venues, the rest between the nights of one
SATURDAYS = 200  # drawn
APART = (1, 10)  # of the largest nights of a Saturday, each in a shard of its own


class Night(NamedTuple):
    jam: int
    venue: int
    voters: float


class Sizes:
    """Of nights: half of them have `middle` voters or fewer, one of a hundred `large` or more."""

    def __init__(self, rng: random.Random, *, venues: int, middle: float, large: float) -> None:
        self.rng = rng
        spread = math.log(large / middle) / statistics.NormalDist().inv_cdf(0.99)
        self.within = spread * math.sqrt(1 - BETWEEN)
        self.venues = [rng.gauss(math.log(middle), spread * math.sqrt(BETWEEN)) for _ in range(venues)]

    def night(self, jam: int, venue: int) -> Night:
        return Night(jam, venue, min(math.exp(self.rng.gauss(self.venues[venue], self.within)), FULL))

    def nights(self, first: int, venues: Iterable[int]) -> list[Night]:
        """One of each of these venues; jams are numbered as they are made."""
        return [self.night(jam, venue) for jam, venue in enumerate(venues, first)]


# Where Citus puts them ---------------------------------------------------------------------------------


def hashint8(value: int) -> int:
    """PostgreSQL's hash of a bigint: hashfunc.c, and hash_bytes_uint32 of hashfn.c (B. Jenkins, lookup3, 2006)."""
    low, high = value & UINT32, value >> 32 & UINT32
    a = b = c = 0x9E3779B9 + 4 + 3923095
    a = a + (low ^ (high if value >= 0 else ~high & UINT32)) & UINT32
    c = (c ^ b) - rotated(b, 14) & UINT32
    a = (a ^ c) - rotated(c, 11) & UINT32
    b = (b ^ a) - rotated(a, 25) & UINT32
    c = (c ^ b) - rotated(b, 16) & UINT32
    a = (a ^ c) - rotated(c, 4) & UINT32
    b = (b ^ a) - rotated(a, 14) & UINT32
    c = (c ^ b) - rotated(b, 24) & UINT32
    return c - TOKENS if c >= TOKENS // 2 else c


def rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (32 - bits)) & UINT32


@cache
def shard_of(key: int, shards: int) -> int:
    """By equal parts of the hashes; what is left over is the last one's (FindShardIntervalIndex of Citus)."""
    return min((hashint8(key) + TOKENS // 2) // (TOKENS // shards), shards - 1)


def node_of(shard: int, nodes: int) -> int:
    """In turn (CreateShardsWithRoundRobinPolicy of Citus)."""
    return shard % nodes


# How even that is -------------------------------------------------------------------------------------


def loads(nights: Iterable[Night], key: Callable[[Night], int], *, shards: int, nodes: int) -> list[float]:
    """Voters by node."""
    found = [0.0] * nodes
    for night in nights:
        found[node_of(shard_of(key(night), shards), nodes)] += night.voters
    return found


def isolated(nights: list[Night], apart: int, *, shards: int, nodes: int) -> list[float]:
    """By jam, the largest nights in shards of their own: one after the other to the node that then has least."""
    largest = sorted(nights, key=lambda night: -night.voters)[:apart]
    load = loads(nights, by_jam, shards=shards, nodes=nodes)
    for night in largest:
        load[node_of(shard_of(night.jam, shards), nodes)] -= night.voters
    for night in largest:
        load[load.index(min(load))] += night.voters
    return load


def unevenness(load: Sequence[float]) -> float:
    """The most loaded node, in means."""
    return max(load) / statistics.fmean(load)


def worst_of_twenty(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def by_jam(night: Night) -> int:
    return night.jam


def by_venue(night: Night) -> int:
    return night.venue + 1


def table(stored: list[Night], saturdays: list[list[Night]], *, shards: int, nodes: Iterable[int]) -> list[str]:
    heads = [
        "nodes",
        "stored, by jam",
        "stored, by venue",
        "a Saturday, by jam",
        *(f"{apart} apart" for apart in APART),
    ]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for count in nodes:
        at_rest = [unevenness(loads(stored, key, shards=shards, nodes=count)) for key in (by_jam, by_venue)]
        cells = [f"{one:.2f}" for one in at_rest]
        for apart in (0, *APART):
            tonight = [unevenness(isolated(nights, apart, shards=shards, nodes=count)) for nights in saturdays]
            cells.append(f"{statistics.median(tonight):.2f}, {worst_of_twenty(tonight):.2f}")
        lines.append(f"| {count} | {' | '.join(cells)} |")
    return lines


def summary(stored: list[Night], saturdays: list[list[Night]]) -> str:
    sizes = [night.voters for night in stored]
    voters = statistics.median(sum(night.voters for night in nights) for nights in saturdays)
    largest = statistics.median(max(night.voters for night in nights) for nights in saturdays)
    middle, mean = statistics.median(sizes), statistics.fmean(sizes)
    a_second = voters * VOTES / HOURS / 3600
    return f"""\
{len(stored):,} nights with {sum(sizes) * VOTES / 1e6:,.0f} million votes.
Voters: {middle:,.0f} in the middle, {mean:,.0f} on average, {max(sizes):,.0f} at most.
A Saturday: {len(saturdays[0]):,} nights, {voters:,.0f} voters, {a_second:,.0f} votes a second over {HOURS} hours.
The largest night then: {largest:,.0f} voters, {largest / voters:.0%} of all.
A room of {FULL:,} that votes its fastest: {FULL * PACE:,.0f} votes a second, on one node.
"""


# The command ------------------------------------------------------------------------------------------


def whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: a whole number from 1 on is wanted")
    return int(text)


def list_of_whole(text: str) -> list[int]:
    return [whole(part.strip()) for part in text.split(",")]


def read_options(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[2])
    add = parser.add_argument
    add("--venues", type=whole, default=1000, help="with a night a week")
    add("--weeks", type=whole, default=52, help="that are stored")
    add("--middle", type=whole, default=30, help="voters: half of the nights have as many or fewer")
    add("--large", type=whole, default=1000, help="voters: one night of a hundred has as many or more")
    add("--shards", type=whole, default=32, help="citus.shard_count")
    add("--nodes", type=list_of_whole, default=[1, 2, 4, 8, 16, 32], metavar="N,N", help="worker nodes")
    add("--seed", type=whole, default=1)
    options = parser.parse_args(words)
    if not options.middle < options.large <= FULL:
        parser.error(f"--large must be more than --middle ({options.middle}) and {FULL} at most")
    if max(options.nodes) > options.shards:
        parser.error(f"{max(options.nodes)} nodes for {options.shards} shards: some would have none; raise --shards")
    return options


def main() -> None:
    options = read_options()
    rng = random.Random(options.seed)  # noqa: S311 — nothing secret
    sizes = Sizes(rng, venues=options.venues, middle=options.middle, large=options.large)
    everywhere, some = range(options.venues), math.ceil(options.venues * SATURDAY)
    stored = [night for week in range(options.weeks) for night in sizes.nights(1 + week * options.venues, everywhere)]
    saturdays = [
        sizes.nights(1 + len(stored) + number * some, rng.sample(everywhere, some)) for number in range(SATURDAYS)
    ]
    rows = table(stored, saturdays, shards=options.shards, nodes=options.nodes)
    sys.stdout.write("\n".join([summary(stored, saturdays), *rows]) + "\n")


if __name__ == "__main__":
    main()
