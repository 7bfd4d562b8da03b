"""What the conditions of alerts are asked of: the last minutes whole, and how many requests failed in the last days."""

from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from apps.insight.alerting.thresholds import BURNING, minutes
from apps.insight.measuring.facts import Facts, added
from apps.insight.measuring.rollups import floor, series
from apps.insight.models import Rollup

LOOK_BACK = 15  # minutes: the longest that something must hold, and the window that it is looked at through
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATEST_ROLL_UP = timedelta(hours=6)  # that is waited for


class Tally(NamedTuple):
    at: datetime
    requests: int
    errors: int


class Seen(NamedTuple):
    """`minutes`: LOOK_BACK of them that are over, the latest last; one in which nothing was measured is {}. `hours` and
    `fine`: requests by hour, and by minute since before the last hour and since the last of `hours`."""

    now: datetime
    minutes: list[Facts]
    hours: list[Tally]
    fine: list[Tally]

    def failed(self, window: str) -> float | None:
        """The share of requests in this time (`6h`). None: there was none."""
        length = timedelta(minutes=minutes(window))
        start = self.now - length
        taken = [one for one in self.hours if one.at >= start] if length > HOUR else []
        if taken:
            start = taken[-1].at + HOUR
        taken += [one for one in self.fine if one.at >= start]
        count = sum(one.requests for one in taken)
        return sum(one.errors for one in taken) / count if count else None


def seen_at(now: datetime) -> Seen:
    """Up to the last minute that is over."""
    now = floor(now, 60)
    found = {point.at: point.facts for point in series(now - LOOK_BACK * MINUTE, now, MINUTE)}
    last = [found.get(now - back * MINUTE, {}) for back in range(LOOK_BACK, 0, -1)]
    longest = max(minutes(burn.long) for burn in BURNING)
    hours = tallies(Rollup.Span.HOUR, now - longest * MINUTE, now)
    since = min(now - HOUR, max(hours[-1].at + HOUR if hours else now - LATEST_ROLL_UP, now - LATEST_ROLL_UP))
    return Seen(now, last, hours, tallies(Rollup.Span.MINUTE, since, now))


def tallies(span: Rollup.Span, since: datetime, until: datetime) -> list[Tally]:
    rows = Rollup.objects.filter(span=span, at__gte=since, at__lt=until).order_by("at", "pk")
    told = rows.values_list("at", "facts__all").iterator(chunk_size=500)
    whole = ((at, added(facts or {} for _at, facts in many)) for at, many in groupby(told, key=itemgetter(0)))
    return [Tally(at, facts.get("count", 0), facts.get("errors", 0)) for at, facts in whole]
