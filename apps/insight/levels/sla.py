"""Whether JamVote kept what it promises (slo.toml): in a month, and in a night.

A night is all that was asked of the installation from the hour in which a jam opened until the end of the one in which
it ended: what a room feels, other rooms cause too.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from apps.accounts.models import AuditEvent, name_of
from apps.insight.measuring.facts import Facts, add, added, histogram, together
from apps.insight.measuring.histogram import Histogram
from apps.insight.measuring.rollups import floor, points
from apps.insight.models import Alert
from apps.insight.overview.health import Timing, classes, judged
from apps.insight.slo import promise
from apps.jams.models import Jam

HOUR = timedelta(hours=1)
EARLY = HOUR  # before its start: who opens a jam days before has not begun the night
MOST_INCIDENTS = 100


@dataclass(frozen=True)
class Sla:
    """`kind`: month, night. `measured` and `bad`: minutes in which anything was asked for, and those of them in which
    it was not as promised (overview/health.py). `live`: seconds from a commit to its frame. `before`: the month
    before."""

    kind: str
    name: str
    since: datetime
    until: datetime
    requests: int
    errors: int
    classes: list[Timing]
    live: Histogram
    measured: int
    bad: int
    incidents: Sequence[Alert]
    before: "Sla | None" = None

    @property
    def promised(self) -> float:
        return promise().availability

    @property
    def availability(self) -> float | None:
        return 1 - self.errors / self.requests if self.requests else None

    @property
    def budget_used(self) -> float | None:
        """1: as many requests failed as may."""
        return None if self.availability is None else (1 - self.availability) / (1 - self.promised)

    @property
    def met(self) -> bool:
        """Availability, and each class and what the room is told live within their p95."""
        live = self.live.quantile(0.95) <= promise().live_p95
        return live and (self.budget_used or 0) <= 1 and all(one.within for one in self.classes)


def sla_of_month(day: date) -> Sla:
    """Of UTC, as far as it has come, beside the month before."""
    first = datetime(day.year, day.month, 1, tzinfo=UTC)
    before = (first - HOUR).replace(day=1, hour=0)
    until = (first + timedelta(days=32)).replace(day=1)
    return measured("month", f"{first:%Y-%m}", first, until, measured("month", f"{before:%Y-%m}", before, first))


def sla_of_night(jam: Jam, now: datetime | None = None) -> Sla:
    opened = AuditEvent.objects.filter(about=name_of(jam), verb="open").order_by("pk").first()
    since = max(opened.created_at, jam.starts_at - EARLY) if opened else jam.starts_at
    until = jam.ended_at or min(jam.ends_at, now or timezone.now())
    return measured("night", jam.name, floor(since, 3600), floor(until - timedelta.resolution, 3600) + HOUR)


def measured(kind: str, name: str, since: datetime, until: datetime, before: Sla | None = None) -> Sla:
    facts = facts_of(since, until)
    requests, minutes = facts.get("requests", {}), facts.get("minutes", {})
    whole = together(requests)
    incidents = Alert.objects.filter(raised_at__gte=since, raised_at__lt=until).order_by("raised_at", "pk")
    return Sla(
        kind=kind,
        name=name,
        since=since,
        until=until,
        requests=whole["count"],
        errors=whole["errors"],
        classes=[one.whole for one in classes(requests)],
        live=histogram(facts.get("live", {})),
        measured=minutes.get("measured", 0),
        bad=minutes.get("bad", 0),
        incidents=list(incidents[:MOST_INCIDENTS]),
        before=before,
    )


def facts_of(since: datetime, until: datetime) -> Facts:
    """Hours and days know which of their minutes were bad; of those that are in none yet it is found here."""
    total: Facts = {}
    fine: dict[datetime, list[Facts]] = defaultdict(list)
    for at, facts in points(since, until):
        add(total, {name: facts[name] for name in ("requests", "live", "minutes") if name in facts})
        if "minutes" not in facts:
            fine[at].append(facts.get("requests", {}))
    for many in fine.values():
        add(total, {"minutes": judged(added(many))})
    return total
