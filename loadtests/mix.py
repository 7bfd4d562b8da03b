"""What a room asks on an evening: votes above all, and what their phones read."""

import random
from collections.abc import Iterator

from loadtests.bench_http import SLUG
from loadtests.bench_vote import vote
from loadtests.recording import request

RATE = 0.2  # requests a second of a voter
CONNECTIONS = 32  # of a proxy
TURNS = 400  # requests of a connection, again and again
OWN = f"/api/v1/jams/{SLUG}/me"
SHARES = {  # of all requests
    f"/api/v1/jams/{SLUG}/snapshot": 0.2,
    OWN: 0.08,
    f"/jams/{SLUG}": 0.06,
    "/api/v1/songs?search=song+12": 0.04,
    "/api/v1/jams": 0.02,
}  # the rest votes


def asked(songs: list[int], tokens: list[str]) -> tuple[tuple[bytes, ...], ...]:
    """By connection, each of which carries its own voters. Every vote is taken back, so that there are always some."""
    rng = random.Random(1)
    return tuple(tuple(some(rng, songs, tokens[n::CONNECTIONS])) for n in range(CONNECTIONS))


def some(rng: random.Random, songs: list[int], tokens: list[str]) -> Iterator[bytes]:
    cast: list[tuple[int, str]] = []
    paths, shares = [*SHARES, ""], [*SHARES.values(), 1 - sum(SHARES.values())]
    for path in rng.choices(paths, shares, k=TURNS):
        if path == OWN:
            yield request(path, f"Authorization: Bearer {rng.choice(tokens)}")
        elif path:
            yield request(path)
        elif cast:
            yield vote("DELETE", *cast.pop())
        else:
            cast.append((rng.choice(songs), rng.choice(tokens)))
            yield vote("PUT", *cast[0])
    if cast:
        yield vote("DELETE", *cast.pop())
