"""What may still fail this month: the share of requests that is not promised to succeed, used up by those that fail."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache

from apps.insight.measuring.steps import steps
from apps.insight.slo import promise

DAY = timedelta(days=1)
KEPT = 300  # seconds


@dataclass(frozen=True)
class Budget:
    """`left`: of the whole month's budget, at the end of each day until today; below 0 where it is overdrawn. If the
    month goes on as it has been, `at_pace` is left at its end."""

    allowed: float  # of requests
    requests: int
    errors: int
    left: list[tuple[datetime, float]]
    month_ends: datetime
    at_pace: float
    worst: datetime | None  # the day that took more than half of what is used

    @property
    def now(self) -> float:
        return self.left[-1][1] if self.left else 1.0


def budget(now: datetime) -> Budget:
    """Of the month of UTC, as it was some minutes ago at most."""
    found: Budget | None = cache.get("insight:budget")
    if found is None:
        found = reckoned(now)
        cache.set("insight:budget", found, KEPT)
    return found


def reckoned(now: datetime) -> Budget:
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ends = (start + 32 * DAY).replace(day=1)
    days = [(one.at, one.whole["count"], one.whole["errors"]) for one in steps(now, DAY, now.day)]
    requests, errors = sum(day[1] for day in days), sum(day[2] for day in days)
    allowed = 1 - promise().availability
    expected = requests * (ends - start) / (now - start) if requests else 0.0
    left, failed = [], 0
    for at, _requests, day_errors in days:
        failed += day_errors
        left.append((at, 1 - failed / (allowed * expected) if expected else 1.0))
    at_pace = 1 - errors / requests / allowed if requests else 1.0
    worst = next((at for at, _requests, day_errors in days if day_errors and 2 * day_errors > errors), None)
    return Budget(allowed, requests, errors, left, ends - DAY, at_pace, worst)
