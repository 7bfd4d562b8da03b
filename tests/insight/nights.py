"""Nights as their processes would have written them, until a moment that a test chooses."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.insight.models import Alert, Finding, Rollup
from tests.insight.facts import endpoint, process

MACHINE = {"looks": 4, "busy": 1.2, "memory": 1.6, "disk": 1.5, "disk_free": 4e10}
TASKS = {"looks": 4, "waiting": 12, "waiting_most": 4, "longest": 2.5}
STATEMENT = 'SELECT "a"."id", "a"."title", "a"."artist", "a"."year" FROM "a" WHERE "a"."title" LIKE %s'
ASKED = {"calls": 100, "seconds": 0.5, "longest": 0.02, "endpoints": {"GET api:snapshot": 0.5}}


def minute_of(now, ago=0, *, name="web-a-1", release="", **facts):
    """A row of the minute that began `ago` minutes before the one of `now`."""
    at = now.replace(second=0, microsecond=0) - timedelta(minutes=ago)
    return Rollup.objects.create(span=Rollup.Span.MINUTE, at=at, process=name, release=release, facts=facts)


def day_of(now, ago, *, release="", **facts):
    at = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=ago)
    return Rollup.objects.create(span=Rollup.Span.DAY, at=at, release=release, facts=facts)


def good(now, minutes=5, *, requests=None, release="", **facts):
    """300 snapshots and 100 votes a minute, for 400 who are connected, on half of a web process."""
    asked = {
        "GET api:snapshot": endpoint(300, 8, database=0.6, cache=0.3),
        "PUT api:vote": endpoint(100, 12, database=0.8),
        "GET pages:jam": endpoint(50, 25, database=0.3, rendering=0.5),
    }
    for ago in range(minutes):
        minute_of(
            now,
            ago,
            release=release,
            requests=asked | (requests or {}),
            statements={STATEMENT: ASKED},
            processes={"web-a-1": process(cpu=21.0, pool_size=80, pool_used=44)},
            machines={"a": MACHINE},
            services={"tasks": TASKS},
            cache={"board local": 200, "board store": 90, "board miss": 10, "board bytes": 90_000},
            **facts,
        )
        minute_of(now, ago, name="live-a-2", release=release, processes={"live-a-2": process("live", sockets=1600)})


def bad(now, minutes=5):
    """The same, with reports that take their time: a third of them."""
    reports = endpoint(4, 700)
    slow = endpoint(2, 1_400)
    reports["count"], reports["histogram"] = 6, reports["histogram"] | slow["histogram"]
    good(now, minutes, requests={"GET api:jam-report": reports})


def bad_night(now, minutes):
    """Something of everything that the page can show."""
    bad(now, minutes)
    minute_of(now, name="worker-a-3", tasks={"webhooks.deliver": endpoint(9, 300)})
    minute_of(now, name="live-a-3", live={"count": 60, "histogram": endpoint(60, 40)["histogram"]})
    alike = {"endpoint": "GET api:jam-report", "alike": 48, "ms": 212.0, "pages": 6, "left_ms": 33.0}
    kept = {"opened_at": now, "seen_at": now}
    Finding.objects.create(kind="n_plus_one", evidence=alike | {"statement": STATEMENT}, saved=36.0, **kept)
    Finding.objects.create(kind="disk_full", evidence={"errors": 4}, saved=900.0, **kept)
    Alert.objects.create(name="PoolExhausted", severity="page", evidence={"waiting": 2.0}, raised_at=now)


def two_releases(now, days=20):
    """One for most of them, and for the last three another, which is slower; and a disk that fills."""
    for ago in range(1, days + 1):
        times = {"GET api:jam": endpoint(300, 60 if ago > 3 else 90), "GET api:song": endpoint(300, 20)}
        machine = {"looks": 1, "busy": 0.1, "memory": 0.4, "disk": 0.9 - 0.01 * ago, "disk_free": 1e9}
        day_of(now, ago, release="1.1" if ago > 3 else "1.2", requests=times, machines={"a": machine})


def queries_of(act):
    with CaptureQueriesContext(connection) as ran:
        act()
    return len(ran)
