"""How long the first byte of an answer takes from where people are, reckoned: python3 deploy/cdn/reckon.py [Frankfurt]

A round trip is the way of light in fibre (200 km/ms, there and back) over the great circle, longer by DETOUR since
cables follow coasts; the first hop, to the point of presence, has the delay of a phone's line too. An answer on a new
connection takes three round trips to whoever ends TLS 1.3: TCP, TLS, and the request.
"""

import math
import sys

DETOUR, PHONE, SERVER = 1.6, 30, 6  # factor; ms of a 4G line; ms that the origin needs where nothing is cached
PLACES = {  # degrees north and east
    "Frankfurt": (50.1, 8.7), "London": (51.5, -0.1), "Madrid": (40.4, -3.7), "Cairo": (30.0, 31.2),
    "Dubai": (25.2, 55.3), "Lagos": (6.5, 3.4), "Johannesburg": (-26.2, 28.0), "New York": (40.7, -74.0),
    "Austin": (30.3, -97.7), "San Francisco": (37.8, -122.4), "São Paulo": (-23.6, -46.6), "Mumbai": (19.1, 72.9),
    "Singapore": (1.3, 103.8), "Tokyo": (35.7, 139.7), "Sydney": (-33.9, 151.2), "Auckland": (-36.8, 174.8),
}  # fmt: skip
# Where no point of presence of the provider is near: the next one.
POPS = {"Cairo": "Dubai", "Austin": "Dallas"}
PLACES_OF_POPS = PLACES | {"Dallas": (32.8, -96.8)}


def round_trip(one: str, other: str) -> float:
    """In ms."""
    (north, east), (north_2, east_2) = PLACES_OF_POPS[one], PLACES_OF_POPS[other]
    a, b = math.radians(north), math.radians(north_2)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(east_2 - east) / 2) ** 2
    kilometres = 2 * 6371 * math.asin(math.sqrt(half))
    return kilometres / 100 * DETOUR


def row(place: str, origin: str) -> tuple[str, float, float, float, float]:
    """Without an edge; from the edge; not kept there; a vote on an open connection. In ms."""
    pop = POPS.get(place, place)
    to_pop, on = PHONE + round_trip(place, pop), round_trip(pop, origin)
    direct = PHONE + round_trip(place, origin)
    return place, 3 * direct + SERVER, 3 * to_pop, 3 * to_pop + on + SERVER, to_pop + on + SERVER


def table(origin: str) -> list[str]:
    lines = ["| from | without a CDN | kept at the edge | not kept | a vote |", "| --- | --- | --- | --- | --- |"]
    for place in PLACES:
        name, *milliseconds = row(place, origin)
        lines.append(f"| {name} | {' | '.join(f'{one:.0f} ms' for one in milliseconds)} |")
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join(table(sys.argv[1] if len(sys.argv) > 1 else "Frankfurt")) + "\n")
