"""What came of a stretch of time: told by the generator as a line of JSON, with what the house was busy with."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from apps.insight.measuring.histogram import Histogram

TOO_MANY, AWAY = 429, 503
PATIENCE = 30  # seconds for an answer
NOT_NOW = {403, 409}  # what an honest phone may be told: a song that is over, a door that is closed


@dataclass
class Tally:
    """Requests to one endpoint, or to several. `statuses`: how many were answered so; 0 is no answer."""

    times: Histogram = field(default_factory=Histogram)
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)

    def add(self, seconds: float, status: int) -> None:
        self.times.add(seconds)
        self.seconds += seconds
        self.statuses[status] += 1

    def merge(self, other: Self) -> None:
        self.times.merge(other.times)
        self.seconds += other.seconds
        self.statuses += other.statuses

    @property
    def count(self) -> int:
        return self.statuses.total()

    @property
    def failed(self) -> int:
        good = {*range(200, 400), *NOT_NOW}
        return sum(count for status, count in self.statuses.items() if status not in good)

    @property
    def refused(self) -> int:
        """Asked to come back later."""
        return self.statuses[TOO_MANY] + self.statuses[AWAY]

    @property
    def faults(self) -> int:
        """What no server answers on purpose."""
        return sum(count for status, count in self.statuses.items() if status >= 500 and status != AWAY)

    @property
    def failed_percent(self) -> float:
        return 100 * self.failed / self.count if self.count else 0.0

    @property
    def average(self) -> float:
        """Milliseconds."""
        return 1000 * self.seconds / self.count if self.count else 0.0

    def percentile(self, percent: float) -> float:
        """Milliseconds."""
        return 1000 * self.times.quantile(percent / 100)

    def as_json(self) -> dict[str, Any]:
        statuses = {str(status): count for status, count in self.statuses.items()}
        return {"times": self.times.as_json(), "seconds": self.seconds, "statuses": statuses}

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Self:
        statuses = Counter({int(status): count for status, count in said["statuses"].items()})
        return cls(Histogram.from_json(said["times"]), said["seconds"], statuses)


@dataclass
class Seen:
    """What serves, in a window: shares of a core, bytes and open files by service. `largest`: the bytes of the largest
    process. `others`: the share of the server's core that went to whatever is not ours."""

    used: dict[str, float]
    memory: dict[str, float]
    descriptors: dict[str, int]
    largest: float
    others: float


@dataclass
class Window:
    """`at`: seconds since the beginning, at its end. `holding`: nobody is asked to come or go. `sockets` are open,
    `frames` were heard, `gone` were closed by the server or never opened. `seen`: from the tap of a vote until the
    voter's own board showed it. `generator`: the share of its core that it had."""

    at: float
    seconds: float
    stage: int
    holding: bool
    users: int
    sockets: int = 0
    frames: int = 0
    gone: int = 0
    generator: float = 0.0
    tallies: dict[str, Tally] = field(default_factory=dict)  # by method and route
    seen: Histogram = field(default_factory=Histogram)
    house: Seen | None = None

    @property
    def whole(self) -> Tally:
        return whole(together([self]))

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.whole.count / self.seconds

    def as_json(self) -> dict[str, Any]:
        """But for the house, of which the generator knows nothing."""
        tallies = {name: tally.as_json() for name, tally in self.tallies.items()}
        said = {name: value for name, value in vars(self).items() if name != "house"}
        return said | {"tallies": tallies, "seen": self.seen.as_json()}

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Self:
        tallies = {name: Tally.from_json(tally) for name, tally in said["tallies"].items()}
        return cls(**said | {"tallies": tallies, "seen": Histogram.from_json(said["seen"])})


def together(windows: Iterable[Window]) -> dict[str, Tally]:
    """By method and route."""
    found: dict[str, Tally] = {}
    for window in windows:
        for name, tally in window.tallies.items():
            found.setdefault(name, Tally()).merge(tally)
    return found


def whole(tallies: dict[str, Tally]) -> Tally:
    found = Tally()
    for tally in tallies.values():
        found.merge(tally)
    return found


def rate(windows: Sequence[Window]) -> float:
    """Requests a second."""
    return whole(together(windows)).count / sum(window.seconds for window in windows) if windows else 0.0
