"""How requests did against what is promised: classes of endpoints, and the endpoints of each."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from apps.insight.measuring.facts import Facts, histogram, together
from apps.insight.slo import EndpointClass, class_of, promise

FEW = 5  # requests: of fewer, nothing is said against a class
ENOUGH, LATE = 20, 0.05  # requests of a minute, and the share of them that may take longer than their p95
PLACES = ("database", "cache", "rendering", "waiting")


@dataclass(frozen=True)
class Timing:
    """Seconds. `over`: the share of requests that took longer than the p95 that is promised. `spent`: shares of the
    time, by where; what is in none of PLACES is `other`."""

    name: str
    count: int
    errors: int
    p50: float
    p95: float
    p99: float
    target: EndpointClass
    over: float
    spent: dict[str, float]

    @property
    def few(self) -> bool:
        return self.count < FEW

    @property
    def within(self) -> bool:
        return self.few or self.p95 <= self.target.p95

    @property
    def share(self) -> float:
        """p95, of its target."""
        return self.p95 / self.target.p95


@dataclass(frozen=True)
class ClassHealth:
    whole: Timing
    endpoints: list[Timing] = field(default_factory=list)  # the slowest first


def timing(name: str, one: Facts, target: EndpointClass) -> Timing:
    times = histogram(one)
    p50, p95, p99 = (times.quantile(q) for q in (0.5, 0.95, 0.99))
    return Timing(name, one["count"], one["errors"], p50, p95, p99, target, times.share_over(target.p95), spent(one))


def spent(one: Facts) -> dict[str, float]:
    whole = max(one["seconds"], sum(one[place] for place in PLACES))
    shares = {place: one[place] / whole if whole else 0.0 for place in PLACES}
    return shares | {"other": max(0.0, 1 - sum(shares.values())) if whole else 0.0}


def classes(requests: Facts, most: int = 8) -> list[ClassHealth]:
    """Those that had requests, in the order of what is promised; of each the `most` slowest endpoints."""
    by_class: dict[EndpointClass, Facts] = defaultdict(dict)
    for name, one in requests.items():
        by_class[class_of_endpoint(name)][name] = one
    return [health(one, by_class[one], most) for one in promise().classes if one in by_class]


def health(target: EndpointClass, group: Facts, most: int) -> ClassHealth:
    endpoints = sorted((timing(name, one, target) for name, one in group.items()), key=lambda one: -one.p95)
    return ClassHealth(timing(target.name, together(group), target), endpoints[:most])


def class_of_endpoint(name: str) -> EndpointClass:
    """Of `GET api:jam`, as facts name it."""
    method, _, route = name.rpartition(" ")
    return class_of(method, route)


def nearest(found: Iterable[ClassHealth]) -> Timing | None:
    """The class that is nearest to its target, or furthest past it."""
    judged = [one.whole for one in found if not one.whole.few]
    return max(judged, key=lambda one: one.share, default=None)


def judged(requests: Facts) -> Facts:
    """Of a minute, as facts that add up: whether anything was asked for, and whether it was not as promised. That is
    where more failed than may, or, of enough requests, more took longer than the p95 of their class than may."""
    whole = together(requests)
    if not whole["count"]:
        return {"measured": 0, "bad": 0}
    failed = whole["errors"] > (1 - promise().availability) * whole["count"]
    late = sum(one.whole.over * one.whole.count for one in classes(requests, most=0))
    return {"measured": 1, "bad": int(failed or (whole["count"] >= ENOUGH and late > LATE * whole["count"]))}
