"""Each kind of trouble is found by its figures, what is well is not, and what is gone is closed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.insight.findings import current, keep
from apps.insight.findings.words import TEXTS, words
from apps.insight.models import Finding, Rollup
from apps.tasks.models import Task
from tests.insight.facts import NOW, calm, endpoint, minute, process

pytestmark = pytest.mark.django_db
STATEMENT = 'SELECT "id" FROM "jams_performance" WHERE "song_id" = %s'


def kinds(now=NOW):
    return [one.kind for one in current(now)]


def test_on_a_night_that_is_well_nothing_is_found():
    calm()

    assert current(NOW) == []


def test_nothing_measured_is_nothing_found():
    assert current(NOW) == []


TROUBLES = {
    "n_plus_one": {"repeats": {f"GET pages:song\n{STATEMENT}": {"count": 5, "calls": 200, "seconds": 0.9}}},
    "slow_statement": {"statements": {"SELECT pg_sleep(%s)": {"calls": 40, "seconds": 2.0, "longest": 0.1,
                                                              "endpoints": {"GET api:a": 2.0}}}},
    "lock_waits": {
        "services": {"database": {"looks": 4, "connections": 9, "lock_waits": 12,
                                  "waits": {"UPDATE jams_jamsong": {"processes": 12, "seconds": 6.0}}}},
        "statements": {"UPDATE jams_jamsong": {"calls": 50, "seconds": 9.0, "longest": 1.0,
                                               "endpoints": {"POST a": 9.0}}},
    },
    "pool_exhausted": {"requests": {"POST api:vote": endpoint(100, 80, waiting=6.0)}},
    "slow_template": {"requests": {"GET pages:jam": endpoint(30, 200, rendering=5.0)}},
    "large_payload": {"requests": {"GET api:songs": endpoint(30, 50, bytes=30 * 900_000, largest=950_000)}},
    "cache_slow": {"requests": {"GET api:snapshot": endpoint(300, 60, cache=15.0, cache_calls=600)},
                   "services": {"redis": {"looks": 4, "memory": 4e6, "evicted": 0, "delay": 0.06}}},
    "cache_hits": {"cache": {"board local": 20, "board store": 9, "board miss": 271}},
    "errors": {"requests": {"POST api:vote": endpoint(100, 12, errors=9, faults={"KeyError": 9})}},
    "disk_full": {"requests": {"POST api:image": endpoint(2, 12, errors=2, faults={"OSError ENOSPC": 2})}},
    "loop_late": {"processes": {"live-a-2": process("live", late=50, late_seconds=9.0, late_longest=0.2, sockets=80)}},
}  # fmt: skip


@pytest.mark.parametrize("kind", TROUBLES)
def test_each_kind_is_found_first_and_says_what_to_do(kind):
    calm(**TROUBLES[kind])

    first, *others = current(NOW)

    assert first.kind == kind
    assert others == []
    title, said, do, _gain, _code = words(first)
    assert title
    assert any(letter.isdigit() for letter in said)
    assert do.endswith(".")


HARMLESS = {
    "more of the same": {"requests": {"GET api:snapshot": endpoint(9000, 8, cache=9.0, cache_calls=9000)}},
    "threads that wait for each other": {
        "requests": {"GET api:snapshot": endpoint(300, 60, cache=15.0, cache_calls=600)},
        "services": {"redis": {"looks": 4, "memory": 4e6, "evicted": 0, "delay": 0.002}},
    },
    "one slow request": {"requests": {"GET pages:report": endpoint(1, 9000, database=4.0, rendering=5.0)}},
    "a large file, once": {"requests": {"GET api:export": endpoint(1, 900, bytes=9_000_000, largest=9_000_000)}},
    "guests' mistakes": {"requests": {"GET none": endpoint(100, 3, refused=100)}},
    "a slow report": {"requests": {"GET api:report": endpoint(4, 700, database=2.0)}},
    "few reads, all anew": {"cache": {"board local": 0, "board store": 0, "board miss": 30}},
    "SQLite": {"services": {"database": {"looks": 9}}},
    "one that waited": {"services": {"database": {"looks": 4, "connections": 9, "lock_waits": 1,
                                                  "waits": {"UPDATE a": {"processes": 1, "seconds": 0.1}}}}},
    "a loop that is late now and then": {"processes": {"live-a-2": process("live", late=2, late_seconds=0.2)}},
}  # fmt: skip


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_harmless_is_not_accused(what):
    calm(**HARMLESS[what])

    assert current(NOW) == []


def test_who_waits_for_a_processor_is_slow_everywhere_and_neither_redis_nor_a_statement_is_accused():
    for kind in ("cache_slow", "slow_statement"):
        calm(
            **TROUBLES[kind]
            | {"machines": {"a": {"looks": 4, "busy": 3.9, "memory": 1.6, "disk": 1.5, "disk_free": 4e10}}}
        )

        assert current(NOW) == []
        Rollup.objects.all().delete()


def test_two_requests_are_no_habit():
    calm()
    minute(name="web-b-1", repeats={f"GET pages:song\n{STATEMENT}": {"count": 2, "calls": 12, "seconds": 0.1}})

    assert current(NOW) == []


def test_an_error_of_no_known_kind_is_called_by_its_status():
    calm(requests={"POST api:vote": endpoint(100, 12, errors=9)})

    (found,) = current(NOW)

    assert words(found).said.endswith("5xx.")


def test_every_kind_has_its_words():
    assert set(TEXTS) == set(Finding.Kind.values)


def grows(megabytes):
    """Four looks a minute."""
    for n in range(5):
        at = int(NOW.replace(second=0).timestamp()) - 60 * (4 - n)
        looks = [[at + 15 * k, round(1e6 * megabytes(4 * n + k))] for k in range(4)]
        minute(4 - n, processes={"web-a-1": process(rss_at=looks)})


def test_memory_that_grows_steadily_is_found():
    grows(lambda look: 100 + 2 * look)

    (found,) = current(NOW)

    assert found.kind == "memory_growth"
    assert found.evidence["mb_a_minute"] == pytest.approx(8, rel=0.01)


def test_memory_that_fills_at_a_start_is_not():
    grows(lambda look: 100 + 60 * (1 - 0.7**look))

    assert kinds() == []


def test_the_cache_that_is_off_is_found(settings):
    settings.CACHED_READS = False
    calm(cache={})
    for row in Rollup.objects.all():
        row.facts["cache"] = {}
        row.save()

    (found,) = current(NOW)

    assert (found.kind, found.subject) == ("cache_hits", "off")


def asked(text, *, ms=30.0, calls=200):
    calm(
        statements={
            text: {"calls": calls, "seconds": calls * ms / 1000, "longest": 0.1, "endpoints": {"GET api:x": 1.0}}
        }
    )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's plans")
def test_an_index_that_our_models_declare_and_the_database_has_not_is_found_and_proved():
    Task.objects.bulk_create(Task(name="a.b", arguments={}, state="done") for _ in range(3_000))
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX tasks_of_a_user")
        cursor.execute("ANALYZE tasks_task")
    asked('SELECT "tasks_task"."id" FROM "tasks_task" WHERE "tasks_task"."by_id" = %s ORDER BY "id" DESC LIMIT 21')

    (found,) = current(NOW)

    assert (found.kind, found.subject) == ("missing_index", "tasks_of_a_user")
    assert found.evidence["after"] < 0.5 * found.evidence["before"]
    with connection.cursor() as cursor:  # the copy is gone, and nothing was made
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname IN ('tasks_of_a_user', 'insight_try')")
        assert cursor.fetchone() == (0,)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's plans")
def test_an_index_that_nobody_declared_is_found_by_the_plan():
    text = 'SELECT "tasks_task"."id" FROM "tasks_task" WHERE "tasks_task"."holder" = %s'
    Task.objects.bulk_create(Task(name="a.b", arguments={}, state="done", holder=f"w{n}") for n in range(3_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tasks_task")
    asked(text)

    (found,) = current(NOW)

    assert (found.kind, found.evidence["columns"]) == ("missing_index", "holder")
    assert found.evidence["after"] < 0.2 * found.evidence["before"]


def test_a_finding_is_kept_as_long_as_it_is_seen():
    calm(**TROUBLES["errors"])

    keep(NOW)
    keep(NOW + timedelta(minutes=1))
    (row,) = Finding.objects.all()
    assert (row.opened_at, row.closed_at) == (NOW, None)

    Rollup.objects.all().delete()
    keep(NOW + timedelta(minutes=2))
    assert Finding.objects.get().closed_at is None  # it may be back at once
    keep(NOW + timedelta(minutes=4))
    assert Finding.objects.get().closed_at == NOW + timedelta(minutes=4)

    calm(**TROUBLES["errors"])
    keep(NOW + timedelta(minutes=4))
    assert Finding.objects.count() == 2


def test_an_endpoint_that_is_slower_since_the_release_is_found(settings):
    settings.RELEASE = "2"
    now = timezone.now().replace(minute=30, second=0, microsecond=0)
    for release, hours, ms in (("1", 30, 200), ("2", 3, 260)):
        requests = {"GET api:report": endpoint(900, ms), "GET api:jam": endpoint(300, 10 if release == "1" else 14)}
        Rollup.objects.create(span=3600, at=now - timedelta(hours=hours), release=release, facts={"requests": requests})

    (found,) = current(now)

    assert (found.kind, found.subject) == ("slower_release", "GET api:report")
    assert found.evidence["before"] == pytest.approx(200, rel=0.03)
    assert found.evidence["after"] == pytest.approx(260, rel=0.03)
    assert "2" in words(found).title
