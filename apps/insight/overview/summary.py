"""How JamVote is doing, over some time: what /insight shows.

Looking costs little however often: steps of time that are over come from the cache (steps.py), and the whole is kept
for some seconds, so that many who look are one.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone

from apps.insight.capacity.foreseen import STEP, STEPS, Foreseen, facts_lately, foreseen_of
from apps.insight.levels.budget import Budget, budget
from apps.insight.measuring.facts import added, histogram
from apps.insight.measuring.histogram import Histogram
from apps.insight.measuring.rollups import coarse
from apps.insight.measuring.steps import Step, steps
from apps.insight.overview import running
from apps.insight.overview.health import ClassHealth, classes
from apps.insight.overview.postgres import Postgres, postgres

KEPT = 10  # seconds


@dataclass(frozen=True)
class Span:
    """`recent`: how many of the last steps say how it is now."""

    name: str
    length: timedelta
    number: int
    recent: int


TONIGHT = Span("tonight", STEP, STEPS, 3)
WEEK = Span("week", timedelta(hours=6), 28, 28)
MONTH = Span("month", timedelta(days=1), 30, 30)


@dataclass(frozen=True)
class Times:
    """Of a step; seconds."""

    at: datetime
    count: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True)
class Summary:
    """`requests`: in all the time; the rest of the first group is of the `recent` part, from `recent_since` on."""

    span: Span
    since: datetime
    until: datetime
    requests: int
    recent_since: datetime
    recent: int
    errors: int
    classes: list[ClassHealth]
    now: running.Now
    live: Histogram  # seconds from a vote to the screens
    times: list[Times]
    budget: Budget
    foreseen: Foreseen
    statements: list[running.Statement] = field(default_factory=list)
    cached: list[running.Cached] = field(default_factory=list)
    machines: list[running.Machine] = field(default_factory=list)
    processes: list[running.Process] = field(default_factory=list)
    tasks: list[running.Worked] = field(default_factory=list)
    postgres: Postgres | None = None

    @property
    def error_share(self) -> float:
        return self.errors / self.recent if self.recent else 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.recent / (self.until - self.recent_since).total_seconds()


def summary(span: Span) -> Summary:
    """As it was some seconds ago at most."""
    found: Summary | None = cache.get(key := f"insight:{span.name}")
    if found is None:
        found = summed_up(span, timezone.now())
        cache.set(key, found, KEPT)
    return found


def summed_up(span: Span, now: datetime) -> Summary:
    """As many queries however much there is: three at most for the steps and for the budget, one for the last minutes,
    and four of PostgreSQL."""
    row = steps(now, span.length, span.number)
    whole, lately = added(one.facts for one in row), facts_lately(now)
    recent_steps = recently(row, span.recent)
    recent = added(one.facts for one in recent_steps)
    samples = [sample for one in row for sample in one.samples]
    return Summary(
        span=span,
        since=row[0].at,
        until=now,
        requests=sum(one.whole["count"] for one in row),
        recent_since=recent_steps[0].at,
        recent=sum(one.whole["count"] for one in recent_steps),
        errors=sum(one.whole["errors"] for one in recent_steps),
        classes=classes(recent.get("requests", {})),
        now=running.now(lately),
        live=histogram(recent.get("live", {})),
        times=[times(one) for one in row],
        budget=budget(now),
        foreseen=foreseen_of(samples, lately, row[0].at, now),
        statements=running.statements(whole),
        cached=running.cached(whole),
        machines=running.machines(lately if span == TONIGHT else whole),
        processes=running.processes(lately if span == TONIGHT else coarse(whole)),
        tasks=running.tasks(whole),
        postgres=postgres(),
    )


def recently(row: list[Step], number: int) -> list[Step]:
    """The last steps; all of them where nobody has asked for anything since."""
    recent = row[-number:]
    return recent if any(one.facts.get("requests") for one in recent) else row


def times(one: Step) -> Times:
    found = histogram(one.whole)
    return Times(one.at, one.whole["count"], *(found.quantile(q) for q in (0.5, 0.95, 0.99)))
