"""The time until now in equal steps. One that is over is added up once and kept in the cache: who looks again every few
seconds reads the last minutes alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.cache import cache

from apps.insight.capacity.fitting import Sample
from apps.insight.capacity.samples import sample
from apps.insight.measuring.facts import Facts, added, together
from apps.insight.measuring.rollups import Point, floor, series

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SETTLED = timedelta(minutes=2)  # after its end, when all processes have written what they measured
KEPT = 3600  # seconds: what came later, since the database was away, is seen then
SHOWN = ("requests", "tasks", "statements", "processes", "machines", "services", "cache", "live")
STATEMENTS = 50  # of a step: those that took longest


class Step(NamedTuple):
    """`whole`: all requests together. `samples`: of its minutes that are over, or of its hours or days."""

    at: datetime
    facts: Facts
    whole: Facts
    samples: list[Sample]


def steps(now: datetime, length: timedelta, number: int) -> list[Step]:
    """The last of them runs. One query when all that are over are known, three at most."""
    last = floor(now, length.total_seconds())
    starts = [last - n * length for n in reversed(range(number))]
    keys = {start: f"insight:{length.total_seconds():.0f}:{start.timestamp():.0f}" for start in starts}
    known = cache.get_many(keys.values())
    found = {start: known[key] for start, key in keys.items() if key in known}
    missing = [start for start in starts if start not in found]
    made = read(missing, length, now) if missing else []
    kept = {keys[one.at]: one for one in made if one.at + length + SETTLED <= now}
    if kept:
        cache.set_many(kept, KEPT)
    found |= {one.at: one for one in made}
    return [found[start] for start in starts]


def read(starts: Sequence[datetime], length: timedelta, now: datetime) -> list[Step]:
    """From the first on."""
    fine = MINUTE if length < HOUR else length
    points: dict[datetime, list[Point]] = {start: [] for start in starts}
    for point in series(starts[0], now, fine):
        if (start := floor(point.at, length.total_seconds())) in points:
            points[start].append(point)
    return [step(start, many, fine, now) for start, many in points.items()]


def step(start: datetime, points: Sequence[Point], fine: timedelta, now: datetime) -> Step:
    samples = [sample(point, fine.total_seconds()) for point in points if point.at + fine <= now]
    facts = shown(added(point.facts for point in points))
    return Step(start, facts, together(facts.get("requests", {})), samples)


def shown(facts: Facts) -> Facts:
    """Without what nobody is shown."""
    kept = {name: facts[name] for name in SHOWN if name in facts}
    slowest = sorted(kept.get("statements", {}).items(), key=lambda item: -item[1]["seconds"])[:STATEMENTS]
    for one in kept.get("processes", {}).values():
        one.pop("rss_at", None)
    return kept | {"statements": dict(slowest)}
