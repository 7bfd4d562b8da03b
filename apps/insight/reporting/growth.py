"""What fits, what will be needed, and how what is used has grown: the report of each week."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from apps.insight.capacity.fitting import MEMORY
from apps.insight.capacity.foreseen import Foreseen, facts_lately, foreseen_of
from apps.insight.capacity.samples import PROCESSOR, sample
from apps.insight.changes.trends import trend
from apps.insight.measuring.rollups import Point, floor, mean, series

WEEK, LOOKED_AT = timedelta(days=7), timedelta(days=60)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONTH = 30  # days
DISK = "disk"


@dataclass(frozen=True)
class Growth:
    """Of the days that were measured. Of `requests` a day and `people` at once the level is a number, of the others a
    share. `days`: until the limit is reached; None: it has none, or the line leads away from it."""

    name: str
    level: float
    a_month: float
    limit: float | None
    days: float | None


@dataclass(frozen=True)
class CapacityReport:
    """`growth`: what rises or falls for good."""

    foreseen: Foreseen
    growth: Sequence[Growth]
    days: int  # that were measured

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        found = self.foreseen
        return {
            "since": found.since,
            "until": found.until,
            "capacity": found.capacity.as_dict() if found.capacity else None,
            "plan": found.plan.as_dict() if found.plan else None,
            "growth": [asdict(one) for one in self.growth],
            "days": self.days,
        }


def capacity_report(now: datetime) -> CapacityReport:
    """By the hours of the last week, and the days of the last two months."""
    since = floor(now, HOUR.total_seconds()) - WEEK
    samples = [sample(point, HOUR.total_seconds()) for point in series(since, since + WEEK, HOUR)]
    days = series(floor(now, DAY.total_seconds()) - LOOKED_AT, floor(now, DAY.total_seconds()), DAY)
    return CapacityReport(foreseen_of(samples, facts_lately(now), since, now), list(grown(days)), len(days))


def grown(days: Sequence[Point]) -> Iterator[Growth]:
    limits = {
        PROCESSOR: settings.CAPACITY_PROCESSOR / 100,
        MEMORY: settings.CAPACITY_MEMORY / 100,
        DISK: 1.0,
        "requests": None,
        "people": None,
    }
    measured = [(point.at.timestamp() / DAY.total_seconds(), of_day(point)) for point in days]
    for name, limit in limits.items():
        found = trend([(day, values[name]) for day, values in measured if name in values])
        if found:
            days_left = found.days_until(limit) if limit is not None else None
            yield Growth(name, found.level, found.slope * MONTH, limit, days_left)


def of_day(point: Point) -> dict[str, float]:
    one = sample(point, DAY.total_seconds())
    disks = [mean(machine, "disk") for machine in point.facts.get("machines", {}).values()]
    kept = {name: share for name, share in one.used.items() if name in (PROCESSOR, MEMORY)}
    return {"requests": one.rate * DAY.total_seconds(), "people": one.people, **kept} | (
        {DISK: max(disks)} if disks else {}
    )
