"""How a day went, against what is promised and against the day before: the report of each morning."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.insight.alerting.words import words as alert_words
from apps.insight.capacity.fitting import Capacity, capacity
from apps.insight.capacity.samples import sample
from apps.insight.findings.words import words as finding_words
from apps.insight.levels.said import as_dict as sla_dict
from apps.insight.levels.said import of_class
from apps.insight.levels.sla import Sla, measured
from apps.insight.measuring.facts import Facts
from apps.insight.measuring.rollups import facts_between, floor, series
from apps.insight.models import Alert, Finding
from apps.insight.overview.health import Timing, classes
from apps.insight.overview.running import Statement, cached, statements

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOST = 10  # endpoints, and findings of each kind


@dataclass(frozen=True)
class Performance:
    """`sla`: of the day, beside the day before. `hits`: of `asked` cached reads."""

    sla: Sla
    endpoints: Sequence[Timing]
    statements: Sequence[Statement]
    asked: int
    hits: int
    opened: Sequence[Finding]
    closed: Sequence[Finding]
    capacity: Capacity | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **sla_dict(self.sla),
            "alerts_raised": [alert_words(alert).title for alert in self.sla.incidents],
            "endpoints": [of_class(one) for one in self.endpoints],
            "statements": [vars(one) for one in self.statements],
            "cache": {"asked": self.asked, "hits": self.hits},
            "findings": {name: titles(getattr(self, name)) for name in ("opened", "closed")},
            "capacity": self.capacity.as_dict() if self.capacity else None,
        }


def performance(now: datetime) -> Performance:
    """Of the day of UTC before."""
    until = floor(now, DAY.total_seconds())
    since = until - DAY
    before = measured("day", f"{since - DAY:%Y-%m-%d}", since - DAY, since)
    facts = facts_between(since, until)
    reads = cached(facts)
    return Performance(
        sla=measured("day", f"{since:%Y-%m-%d}", since, until, before),
        endpoints=slowest(facts),
        statements=statements(facts),
        asked=sum(one.asked for one in reads),
        hits=sum(one.hits for one in reads),
        opened=list(Finding.objects.filter(opened_at__gte=since, opened_at__lt=until).order_by("-saved", "pk")[:MOST]),
        closed=list(Finding.objects.filter(closed_at__gte=since, closed_at__lt=until).order_by("-saved", "pk")[:MOST]),
        capacity=capacity([sample(point, HOUR.total_seconds()) for point in series(since, until, HOUR)]),
    )


def slowest(facts: Facts) -> list[Timing]:
    endpoints = [one for group in classes(facts.get("requests", {})) for one in group.endpoints if not one.few]
    return sorted(endpoints, key=lambda one: (-one.p95, one.name))[:MOST]


def titles(rows: Sequence[Finding]) -> list[str]:
    return [finding_words(row).title for row in rows]


def incidents(rows: Sequence[Alert]) -> list[tuple[Alert, str]]:
    return [(alert, alert_words(alert).title) for alert in rows]
