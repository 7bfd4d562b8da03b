"""What the detectors look at: the last minutes, of all processes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apps.insight.measuring.facts import Facts, together
from apps.insight.measuring.rollups import facts_between, mean
from apps.insight.models import Rollup

MINUTES = 5
CROWDED, CROWDED_PATIENCE = 0.9, 4.0  # of the processors; times


@dataclass(frozen=True)
class Window:
    """`facts` of the last `seconds` until `until`."""

    facts: Facts
    until: datetime
    seconds: float = field(default=60.0 * MINUTES)

    def group(self, name: str) -> Facts:
        return self.facts.get(name, {})

    def endpoints(self, least: int = 20) -> Iterator[tuple[str, Facts]]:
        """Those that were asked often enough for a verdict."""
        return ((name, one) for name, one in self.group("requests").items() if one["count"] >= least)

    def whole(self) -> Facts:
        return together(self.group("requests"))

    def patience(self) -> float:
        """By how much longer than else everything may take: who waits for a processor is slow everywhere, and neither
        Redis nor a statement is at fault."""
        crowded = any(mean(one, "busy") >= CROWDED for one in self.group("machines").values())
        return CROWDED_PATIENCE if crowded else 1.0

    def an_hour(self, seconds: float) -> float:
        """Of this many seconds in the window."""
        return seconds * 3600 / self.seconds


def last_minutes(now: datetime) -> Window:
    return Window(facts_between(since(now), now), now)


def since(now: datetime) -> datetime:
    """Whole minutes, and the one that runs."""
    return now.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)


def minutes(now: datetime) -> list[tuple[str, Facts]]:
    """Of each process, by time."""
    rows = Rollup.objects.filter(span=Rollup.Span.MINUTE, at__gte=since(now), at__lte=now).order_by("at", "pk")
    return list(rows.values_list("process", "facts"))
