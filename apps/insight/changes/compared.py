"""The two last releases side by side, and what has risen or fallen for days: what the page shows beside tonight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.db.models import Max, Min
from django.utils import timezone

from apps.insight.changes.releases import Comparison, comparison
from apps.insight.changes.trends import Trend, trend
from apps.insight.measuring.facts import Facts, histogram
from apps.insight.measuring.rollups import facts_between, floor, mean
from apps.insight.measuring.steps import Step, steps
from apps.insight.models import Rollup
from apps.insight.overview.health import classes
from apps.insight.slo import promise

KEPT = 60  # seconds
COMPARED = timedelta(days=7)  # of each release, at most
DAY, DAYS = timedelta(days=1), 30
FULL_DISK = 0.95


class Release(NamedTuple):
    """`last`: the beginning of the last span that has something of it."""

    name: str
    last: datetime


@dataclass(frozen=True)
class Endpoint:
    """Seconds; `comparison`: None where there were too few requests."""

    name: str
    before: float
    after: float
    count: int
    comparison: Comparison | None


@dataclass(frozen=True)
class Rising:
    """`what`: requests, memory, disk, or the class of endpoints whose p95 it is. `days`: until the limit; None: it is
    never reached, or there is none."""

    what: str
    trend: Trend
    limit: float | None
    days: float | None


@dataclass(frozen=True)
class Compared:
    """`before` and `after`: names of the two last releases; none where fewer ran. `days`: of how many there are."""

    before: str
    after: str
    endpoints: list[Endpoint]
    days: int
    rising: list[Rising]


def compared() -> Compared:
    """As it was a minute ago at most."""
    found: Compared | None = cache.get("insight:compared")
    if found is None:
        found = compared_at(timezone.now())
        cache.set("insight:compared", found, KEPT)
    return found


def compared_at(now: datetime) -> Compared:
    midnight = floor(now, DAY.total_seconds())
    days = steps(midnight, DAY, DAYS)[:-1]  # those that are over
    known = sum(bool(one.whole["count"]) for one in days)
    releases = last_two()
    if len(releases) < 2:
        return Compared("", "", [], known, rising(days))
    after, before = releases
    return Compared(before.name, after.name, side_by_side(before, after), known, rising(days))


def last_two() -> list[Release]:
    """The release that runs and the one before."""
    named = Rollup.objects.exclude(release="").values("release").annotate(first=Min("at"), last=Max("at"))
    rows = named.order_by("-last", "-first", "release").values_list("release", "last")[:2]
    return [Release(*row) for row in rows]


def side_by_side(before: Release, after: Release) -> list[Endpoint]:
    """Those that both had; those that have become slower first."""
    old, new = (
        facts_between(one.last - COMPARED, one.last + DAY, one.name).get("requests", {}) for one in (before, after)
    )
    found = [endpoint(name, old[name], new[name]) for name in old.keys() & new.keys()]
    return sorted(found, key=lambda one: (-(one.comparison.ratio if one.comparison else 0), one.name))


def endpoint(name: str, old: Facts, new: Facts) -> Endpoint:
    before, after = histogram(old), histogram(new)
    return Endpoint(name, before.quantile(0.95), after.quantile(0.95), after.count, comparison(before, after))


def rising(days: list[Step]) -> list[Rising]:
    """What is no chance: those that reach their limit soonest first."""
    p95 = [
        {one.whole.name: one.whole.p95 for one in classes(facts.get("requests", {}))}
        for facts in (one.facts for one in days)
    ]
    found = [risen(one.name, [times.get(one.name) for times in p95], one.p95) for one in promise().classes]
    found += [
        risen("requests", [float(one.whole["count"]) or None for one in days], None),
        risen("memory", [most(one.facts, "memory") for one in days], settings.CAPACITY_MEMORY / 100),
        risen("disk", [most(one.facts, "disk") for one in days], FULL_DISK),
    ]
    known = [one for one in found if one]
    return sorted(known, key=lambda one: (one.days is None, one.days, one.what))


def risen(what: str, values: Sequence[float | None], limit: float | None) -> Rising | None:
    """`values` of one day each; None where it is not known."""
    line = trend([(float(day), value) for day, value in enumerate(values) if value is not None])
    return Rising(what, line, limit, line.days_until(limit) if limit is not None else None) if line else None


def most(facts: Facts, part: str) -> float | None:
    return max((mean(one, part) for one in facts.get("machines", {}).values()), default=None)
