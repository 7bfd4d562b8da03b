"""How many voters fit: the utilisation law U = X · D of Denning and Buzen (1978) for each resource, from measurements.

A resource (the web process, the database's processor) is busy for a share U of the time, of which `background` is not
for requests, and each request a second, X, adds D seconds of work a request to it: U = background + X · D. It is full
where U is 1, and what fits is what leaves it at its limit.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from django.conf import settings

from apps.insight.changes.trends import line

MEMORY = "memory"  # fills with what is kept: where requests have always come at one pace, nothing says how it grows
VARIES = 1.5  # times as many requests in busy times as in quiet ones, for a line to be laid through both
MOST_SAMPLES = 200  # of a line, which looks at every pair


@dataclass(frozen=True)
class Sample:
    """A stretch of time: on average `rate` requests a second and `people` connected; `used`: 0 to 1 by resource."""

    seconds: float
    rate: float
    people: float
    used: dict[str, float]


@dataclass(frozen=True)
class Resource:
    """Rates are requests a second, `demand` is seconds a request, the others are shares of 1. None: requests do not
    fill it, or nothing says for how many voters."""

    name: str
    now: float
    background: float
    demand: float
    full_at: float | None
    limit: float
    limit_at: float | None
    voters: int | None


@dataclass(frozen=True)
class Capacity:
    """`peak`: the most requests a second of any sample. The first resource is the first to reach its limit."""

    peak: float
    rate_of_a_voter: float | None
    resources: list[Resource]

    @property
    def first(self) -> Resource | None:
        return next((one for one in self.resources if one.limit_at is not None), None)

    @property
    def voters(self) -> int | None:
        return self.first.voters if self.first else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"voters": self.voters, "first_limit": self.first.name if self.first else None}


def capacity(samples: Sequence[Sample]) -> Capacity | None:
    """Samples by time, the latest last. None where nobody has asked for anything."""
    if not any(sample.rate for sample in samples):
        return None
    of_a_voter = rate_of_a_voter(samples)
    names = dict.fromkeys(name for sample in samples for name in sample.used)
    found = [resource(name, samples, of_a_voter) for name in names]
    found.sort(key=lambda one: (one.limit_at is None, one.limit_at, one.name))
    return Capacity(max(sample.rate for sample in samples), of_a_voter, found)


def rate_of_a_voter(samples: Sequence[Sample]) -> float | None:
    """Requests a second of everybody who was connected, on average. None while nobody was."""
    people = sum(sample.people * sample.seconds for sample in samples)
    return sum(sample.rate * sample.seconds for sample in samples if sample.people) / people if people else None


def resource(name: str, samples: Sequence[Sample], of_a_voter: float | None) -> Resource:
    points = sorted((sample.rate, sample.used[name]) for sample in samples if name in sample.used)
    demand, background = law(points, memory=name == MEMORY)
    limit = limit_of(name)
    full_at, limit_at = ((max(most - background, 0.0) / demand if demand else None) for most in (1.0, limit))
    voters = round(limit_at / of_a_voter) if limit_at is not None and of_a_voter else None
    now = next(sample.used[name] for sample in reversed(samples) if name in sample.used)
    return Resource(name, now, background, demand, full_at, limit, limit_at, voters)


def limit_of(name: str) -> float:
    return (settings.CAPACITY_MEMORY if name == MEMORY else settings.CAPACITY_PROCESSOR) / 100


def law(points: Sequence[tuple[float, float]], *, memory: bool) -> tuple[float, float]:
    """Demand and background of (X, U), sorted. Where X hardly varies, nothing tells one from the other: all is taken to
    be for requests, which errs towards fewer voters; of `memory`, to be there anyway. A background below 0: requests
    cost more the more there are."""
    if varied(points):
        demand, background = line(points[:: 1 + len(points) // MOST_SAMPLES])
        if demand > 0:
            return demand, background
    elif points[-1][0] and not memory:
        return median(used / rate for rate, used in points if rate), 0.0
    return 0.0, median(used for _rate, used in points)


def varied(points: Sequence[tuple[float, float]]) -> bool:
    """The tenth part at both ends is left out."""
    tenth = len(points) // 10
    return len(points) > 1 and points[-1 - tenth][0] > VARIES * points[tenth][0]
