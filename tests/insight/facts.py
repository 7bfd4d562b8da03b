"""Rollups as processes would have written them."""

from datetime import UTC, datetime, timedelta

from apps.insight.measuring.facts import REQUESTS
from apps.insight.measuring.histogram import Histogram
from apps.insight.models import Rollup

NOW = datetime(2026, 11, 28, 21, 30, 40, tzinfo=UTC)
MB = 1_000_000


def endpoint(count=100, ms=20.0, **spent):
    """`spent`: seconds of all of them, and counts."""
    histogram = Histogram()
    for _ in range(count):
        histogram.add(ms / 1000)
    timed = {"count": count, "seconds": count * ms / 1000, "longest": ms / 1000, "histogram": histogram.as_json()}
    return {**REQUESTS, "bytes": count * 2_000, "largest": 2_000, "faults": {}, **timed, **spent}


def process(kind="web", looks=4, rss=(100,), **looked):
    """`rss`: megabytes at each look of the minute."""
    bytes_ = [round(one * MB) for one in rss]
    usual = {
        "kind": kind, "machine": "a", "looks": looks, "seconds": 15.0 * looks, "cpu": 6.0, "rss": sum(bytes_),
        "rss_most": max(bytes_), "rss_at": [[n, one] for n, one in enumerate(bytes_)], "sockets": 0, "late": 0,
        "late_seconds": 0.0, "ticks": 600, "late_longest": 0.0, "threads_most": 10,
    }  # fmt: skip
    return {**usual, **looked}


def minute(ago=0, *, name="web-a-1", release="", **facts):
    """A row of a minute that began `ago` minutes before NOW's."""
    at = NOW.replace(second=0) - timedelta(minutes=ago)
    return Rollup.objects.create(span=Rollup.Span.MINUTE, at=at, process=name, release=release, facts=facts)


def calm(minutes=5, **facts):
    """A night on which all is well."""
    for ago in range(minutes):
        well = {
            "requests": {"GET api:snapshot": endpoint(300, 8, database=0.6, cache=0.3, cache_calls=600),
                         "POST api:vote": endpoint(100, 12, database=0.8, cache=0.1, cache_calls=300),
                         "GET pages:jam": endpoint(50, 25, database=0.3, rendering=0.5)},
            "statements": {"INSERT INTO vote": {"calls": 100, "seconds": 0.5, "longest": 0.02, "endpoints": {}}},
            "repeats": {}, "tasks": {}, "cache": {"board local": 200, "board store": 90, "board miss": 10},
            "processes": {"web-a-1": process(), "live-a-2": process("live", sockets=800)},
            "machines": {"a": {"looks": 4, "busy": 1.2, "memory": 1.6, "disk": 1.5, "disk_free": 4e10}},
            "services": {"database": {"looks": 4, "connections": 40, "lock_waits": 0, "waits": {}}},
        }  # fmt: skip
        minute(ago, **{name: {**group, **facts.get(name, {})} for name, group in well.items()})
