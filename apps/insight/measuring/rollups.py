"""Minutes add up to hours, hours to days; what is too old goes. And what readers ask: a span of time, or a row of them.

Made anew from their parts each time, so a part that came late counts too, and doing it twice does no harm.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from apps.insight.measuring.facts import Facts, added
from apps.insight.models import Rollup
from apps.insight.overview.health import judged

MINUTE, HOUR, DAY = Rollup.Span.MINUTE, Rollup.Span.HOUR, Rollup.Span.DAY
PARTS = {HOUR: MINUTE, DAY: HOUR}
LATE = timedelta(hours=2)  # that a part may come after its end


class Point(NamedTuple):
    at: datetime
    facts: Facts


def roll_up(now: datetime | None = None) -> int:
    """Spans written: those that ended lately, and those that ran when nobody rolled up."""
    now = now or timezone.now()
    return sum(write(span, start, now) for span in (HOUR, DAY) for start in due(span, now))


def due(span: Rollup.Span, now: datetime) -> Iterator[datetime]:
    """Beginnings of spans that are over and may have parts that were not added yet."""
    length = timedelta(seconds=span)
    parts = Rollup.objects.filter(span=PARTS[span])
    made = Rollup.objects.filter(span=span).order_by("-at").values_list("at", flat=True).first()
    first = parts.order_by("at").values_list("at", flat=True).first()
    if first is None:
        return
    start = floor(max(first, made - LATE) if made else first, span)
    while start + length <= now:
        yield start
        start += length


def write(span: Rollup.Span, start: datetime, now: datetime) -> int:
    parts = Rollup.objects.filter(span=PARTS[span], at__gte=start, at__lt=start + timedelta(seconds=span))
    by_release: dict[str, list[Facts]] = defaultdict(list)
    requests: dict[tuple[str, datetime], list[Facts]] = defaultdict(list)
    for release, at, facts in parts.values_list("release", "at", "facts").iterator(chunk_size=200):
        by_release[release].append(coarse(facts))
        requests[release, at].append(facts.get("requests", {}))
    if span == HOUR:
        for (release, _at), many in requests.items():
            by_release[release].append({"minutes": judged(added(many))})
    rows = [Rollup(span=span, at=start, release=name, facts=added(many)) for name, many in by_release.items()]
    keys = ["span", "at", "release", "process"]
    Rollup.objects.bulk_create(rows, update_conflicts=True, unique_fields=keys, update_fields=["facts"])
    return len(rows)


def coarse(facts: Facts) -> Facts:
    """Of processes, which come and go, their kinds are kept, and no readings."""
    each = facts.get("processes", {}).values()
    kinds = ({one["kind"]: {name: value for name, value in one.items() if name != "rss_at"}} for one in each)
    return {**facts, "processes": added(kinds)}


def erase(now: datetime | None = None) -> int:
    """Rows that were kept long enough."""
    now, kept = now or timezone.now(), settings.INSIGHT_DAYS
    gone = 0
    for span, days in zip((MINUTE, HOUR, DAY), kept, strict=True):
        gone += Rollup.objects.filter(span=span, at__lt=now - timedelta(days=days)).delete()[0]
    return gone


def facts_between(since: datetime, until: datetime, release: str | None = None) -> Facts:
    """Everything that was measured in these spans together; their ends are rounded to what is kept."""
    return added(point.facts for point in points(since, until, release))


def points(since: datetime, until: datetime, release: str | None = None) -> Iterator[Point]:
    """The coarsest spans that lie within, none twice, by time: days, then the hours that no day has yet, then minutes.

    Several of the same time are of several processes or releases.
    """
    start = since
    for span in (DAY, HOUR, MINUTE):
        length = timedelta(seconds=span)
        # One that begins where a span does is made of whole ones; else a part at its beginning is lost.
        if span != MINUTE and until - start < (length if floor(start, span) == start else 2 * length):
            continue
        before = until if span == MINUTE else until - length + timedelta.resolution  # the minute that runs counts
        rows = Rollup.objects.filter(span=span, at__gte=start, at__lt=before)
        if release is not None:
            rows = rows.filter(release=release)
        for at, facts in rows.order_by("at", "pk").values_list("at", "facts").iterator(chunk_size=500):
            start = max(start, at + timedelta(seconds=span))
            yield Point(at, facts)


def series(since: datetime, until: datetime, step: timedelta) -> list[Point]:
    """What was measured in each step, by time; steps in which nothing was are left out."""
    steps: dict[datetime, list[Facts]] = defaultdict(list)
    for point in finest(since, until, step):
        steps[floor(point.at, step.total_seconds())].append(point.facts)
    return [Point(at, added(many)) for at, many in sorted(steps.items())]


def finest(since: datetime, until: datetime, step: timedelta) -> Iterable[Point]:
    if step < timedelta(hours=1):
        rows = Rollup.objects.filter(span=MINUTE, at__gte=since, at__lt=until).order_by("at", "pk")
        return (Point(at, facts) for at, facts in rows.values_list("at", "facts").iterator(chunk_size=500))
    return points(since, until) if step >= timedelta(days=1) else hours(since, until)


def hours(since: datetime, until: datetime) -> Iterator[Point]:
    start = since
    for span in (HOUR, MINUTE):
        rows = Rollup.objects.filter(span=span, at__gte=start, at__lt=until).order_by("at", "pk")
        for at, facts in rows.values_list("at", "facts").iterator(chunk_size=500):
            start = max(start, at + timedelta(seconds=span))
            yield Point(at, facts)


def floor(at: datetime, seconds: float) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, at.tzinfo)


def mean(facts: dict[str, Any], name: str) -> float:
    """Of what was looked at."""
    return float(facts.get(name, 0) / facts["looks"]) if facts.get("looks") else 0.0
