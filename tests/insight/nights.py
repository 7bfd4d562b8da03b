"""Nights as their processes would have written them, until a moment that a test chooses."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.insight.models import Rollup
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


def queries_of(act):
    with CaptureQueriesContext(connection) as ran:
        act()
    return len(ran)
