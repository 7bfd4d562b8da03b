"""How many fit on what runs now, and what will be needed: fitting.py and plan.py, from what was measured lately."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone

from apps.insight.capacity.fitting import Capacity, Resource, Sample, capacity
from apps.insight.capacity.plan import Plan, plan
from apps.insight.measuring.facts import Facts
from apps.insight.measuring.rollups import facts_between, mean
from apps.insight.measuring.steps import steps

KEPT = 10  # seconds
STEP, STEPS = timedelta(minutes=5), 48  # the last four hours
LATELY = timedelta(minutes=2)  # every process has written something meanwhile


@dataclass(frozen=True)
class Foreseen:
    """`plan`: None where nobody has asked for anything, or nothing is known of the disk."""

    since: datetime
    until: datetime
    capacity: Capacity | None
    plan: Plan | None


def foreseen() -> Foreseen:
    """Of the last hours, as it was some seconds ago at most."""
    found: Foreseen | None = cache.get("insight:foreseen")
    if found is None:
        now = timezone.now()
        row = steps(now, STEP, STEPS)
        samples = [sample for one in row for sample in one.samples]
        found = foreseen_of(samples, facts_lately(now), row[0].at, now)
        cache.set("insight:foreseen", found, KEPT)
    return found


def facts_lately(now: datetime) -> Facts:
    """Of the minute that runs and the one before."""
    return facts_between(now.replace(second=0, microsecond=0) - LATELY / 2, now)


def foreseen_of(samples: Sequence[Sample], lately: Facts, since: datetime, until: datetime) -> Foreseen:
    fits, disk = capacity(samples), storage(lately)
    running = Counter(one["kind"] for one in lately.get("processes", {}).values())
    return Foreseen(since, until, fits, plan(fits, running, storage=disk) if fits and disk else None)


def tightest(fits: Capacity) -> Resource | None:
    """Which is nearest to its limit now, or furthest past it."""
    return max(fits.resources, key=lambda one: one.now / one.limit, default=None)


def storage(lately: Facts) -> tuple[float, float] | None:
    """Bytes that are used, and that there are, of the machine whose disk is fullest."""
    shares = [(mean(one, "disk"), mean(one, "disk_free")) for one in lately.get("machines", {}).values()]
    share, free = max(shares, default=(1.0, 0.0))
    size = free / (1 - share) if share < 1 else 0.0
    return (size - free, size) if size else None
