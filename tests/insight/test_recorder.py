"""What a process notes of its requests and tasks, and what is written of it."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.core import spent as spending
from apps.core.spent import Spent
from apps.insight.findings import current
from apps.insight.measuring import flush, rollups
from apps.insight.measuring.facts import added, histogram, together
from apps.insight.measuring.recorder import MOST_NAMES, Recorder, recorder
from apps.insight.models import Rollup
from tests.factories import make_jam, make_jam_song

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_recorded():
    recorder.clear()
    yield
    recorder.clear()
    spending.end()


def recorded():
    (facts,) = recorder.take().values()
    return facts


def test_a_request_is_noted_by_its_route_with_what_it_spent(client):
    jam = make_jam()
    make_jam_song(jam=jam)

    client.get(f"/jams/{jam.slug}")

    (one,) = [one for name, one in recorded()["requests"].items() if name == "GET pages:jam"]
    assert (one["count"], one["errors"], one["refused"]) == (1, 0, 0)
    assert one["queries"] > 0
    assert 0 < one["database"] + one["cache"] + one["rendering"] < one["seconds"]
    assert one["rendering"] > 0
    assert one["bytes"] == one["largest"] > 1_000
    assert histogram(one).count == 1


def test_addresses_and_values_are_not_noted(client):
    jam = make_jam(name="Nobody must know")

    client.get(f"/jams/{jam.slug}?secret=verysecret")
    client.get("/no-such-page-verysecret")
    client.generic("BREW", "/")

    said = str(recorded())
    assert jam.slug not in said
    assert "verysecret" not in said
    assert "BREW" not in said
    assert "none" in recorded()["requests"]


def test_an_error_of_ours_is_noted_by_its_kind(monkeypatch):
    monkeypatch.setattr("apps.pages.views.home.render", lambda *args, **kwargs: {}["of somebody"])
    Client(raise_request_exception=False).get("/")

    one = recorded()["requests"]["GET pages:home"]
    assert one["errors"] == 1
    assert one["faults"] == {"KeyError": 1}
    assert recorded()["all"] == {"count": 1, "errors": 1}


def test_statements_that_differ_by_the_length_of_a_list_are_one():
    spent = spending.begin()
    for many in (2, 3, 30):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 WHERE 1 IN ({', '.join(['%s'] * many)})", range(many))

    recorder.request("GET api:jam", 200, 0.1, 10, spent)

    assert [one["calls"] for text, one in recorded()["statements"].items() if "IN (…)" in text] == [3]


def test_savepoints_are_one_whatever_they_are_called():
    spent = spending.begin()
    for _ in range(3):
        with transaction.atomic():
            pass
    with suppress(LookupError), transaction.atomic():
        raise LookupError

    calls = {text: one[0] for text, one in spent.statements.items()}
    assert calls == {"SAVEPOINT": 4, "RELEASE": 4, "ROLLBACK": 1}


def test_a_query_for_each_row_is_noted_from_the_fifth_on_and_where_it_takes_time():
    for calls, seconds in ((4, 0.2), (5, 0.04), (6, 0.2)):
        spent = Spent()
        spent.queries, spent.statements = calls, {"SELECT one": [calls, seconds]}
        recorder.request("GET api:jam", 200, 0.3, 10, spent)

    assert recorded()["repeats"] == {"GET api:jam\nSELECT one": {"count": 1, "calls": 6, "seconds": 0.2}}


def test_however_many_names_there_are_a_minute_stays_small():
    mine = Recorder()

    for n in range(MOST_NAMES + 50):
        mine.request(f"GET {n}", 200, 0.1, 1, Spent())

    (facts,) = mine.take().values()
    assert len(facts["requests"]) == MOST_NAMES + 1
    assert facts["requests"]["other"]["count"] == 50


def test_between_two_requests_nothing_is_collected():
    spent = spending.begin()
    spending.end()

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    assert spent.statements == {}


def test_a_minute_is_written_whole_each_time():
    flusher, spent = flush.Flusher("web"), Spent()
    recorder.request("GET api:jam", 200, 0.1, 10, spent)
    flusher.flush()
    recorder.request("GET api:jam", 200, 0.1, 10, spent)
    flusher.flush()

    rows = Rollup.objects.filter(span=60)

    assert sum(row.facts["requests"]["GET api:jam"]["count"] for row in rows) == 2
    facts = added(row.facts for row in rows)
    (process,) = facts["processes"].values()
    assert process["looks"] == 2
    assert process["rss_most"] > 1_000_000
    assert 0 <= rollups.mean(next(iter(facts["machines"].values())), "memory") <= 1


def test_of_a_database_that_says_nothing_of_itself_nothing_is_told_nor_found(monkeypatch):
    monkeypatch.setattr("apps.insight.measuring.looks.connection", SimpleNamespace(vendor="sqlite"))
    flusher = flush.Flusher("web")
    for _ in range(4):
        flusher.flush()

    facts = added(row.facts for row in Rollup.objects.filter(span=60))

    assert facts["services"]["tasks"]["looks"] == 4
    assert "database" not in facts["services"]
    assert current(timezone.now()) == []


def minute(at, *, process="web-a", release="1", seconds=(0.1,)):
    mine = Recorder()
    for one in seconds:
        mine.request("GET api:jam", 200, one, 10, Spent())
    facts = next(iter(mine.take().values()))
    facts["processes"] = {
        process: {"kind": "web", "machine": "a", "looks": 1, "rss": 5, "rss_most": 5, "rss_at": [[1, 5]]}
    }
    return Rollup.objects.create(span=60, at=at, process=process, release=release, facts=facts)


def test_minutes_of_all_processes_add_up_to_hours_and_days_once():
    for n in range(120):
        minute(NOON + timedelta(minutes=n), seconds=(0.1, 0.2))
        minute(NOON + timedelta(minutes=n), process="web-b", seconds=(0.3,))
    later = NOON + timedelta(days=1)

    rollups.roll_up(later)
    rollups.roll_up(later)

    hours = Rollup.objects.filter(span=3600).order_by("at")
    assert [row.facts["requests"]["GET api:jam"]["count"] for row in hours] == [180, 180]
    (day,) = Rollup.objects.filter(span=86400)
    one = day.facts["requests"]["GET api:jam"]
    assert one["count"] == 360
    assert one["seconds"] == pytest.approx(240 * 0.15 + 120 * 0.3)
    assert histogram(one).quantile(0.95) == pytest.approx(0.3, rel=0.02)  # merged, not a mean of percentiles
    assert day.facts["processes"]["web"] == {"kind": "web", "machine": "a", "looks": 240, "rss": 1200, "rss_most": 5}


def test_a_minute_that_came_late_counts_too():
    minute(NOON)
    rollups.roll_up(NOON + timedelta(hours=1))
    minute(NOON, process="web-b")

    rollups.roll_up(NOON + timedelta(hours=2))

    assert Rollup.objects.get(span=3600).facts["requests"]["GET api:jam"]["count"] == 2


def test_what_is_asked_for_has_no_part_twice():
    for n in range(0, 180, 10):
        minute(NOON + timedelta(minutes=n))
    rollups.roll_up(NOON + timedelta(hours=2))  # the third hour is not over

    facts = rollups.facts_between(NOON, NOON + timedelta(hours=3))
    steps = rollups.series(NOON, NOON + timedelta(hours=3), timedelta(hours=1))

    assert together(facts["requests"])["count"] == 18
    assert [together(point.facts["requests"])["count"] for point in steps] == [6, 6, 6]


def test_a_day_or_an_hour_is_known_when_its_parts_are_gone():
    for n in range(24 * 6):
        minute(NOON.replace(hour=0) + timedelta(minutes=10 * n))
    rollups.roll_up(NOON + timedelta(days=1))
    midnight = NOON.replace(hour=0)

    Rollup.objects.filter(span=60).delete()
    hour = rollups.facts_between(NOON, NOON + timedelta(hours=1))
    Rollup.objects.filter(span=3600).delete()
    day = rollups.facts_between(midnight, midnight + timedelta(days=1))
    half = rollups.facts_between(midnight, NOON)

    assert together(hour["requests"])["count"] == 6
    assert together(day["requests"])["count"] == 144
    assert half == {}


def test_releases_stay_apart():
    minute(NOON, release="1")
    minute(NOON, release="2", process="web-b", seconds=(0.1, 0.1))
    rollups.roll_up(NOON + timedelta(hours=1))

    facts = rollups.facts_between(NOON, NOON + timedelta(hours=2), release="2")

    assert together(facts["requests"])["count"] == 2


def test_what_was_kept_long_enough_goes(settings):
    settings.INSIGHT_DAYS = [2, 30, 400]
    for days in (1, 3):
        minute(NOON - timedelta(days=days))
    for span, days in ((3600, 29), (3600, 31), (86400, 399), (86400, 401)):
        Rollup.objects.create(span=span, at=NOON - timedelta(days=days))

    assert rollups.erase(NOON) == 3
    assert Rollup.objects.count() == 3


def test_an_answer_is_what_it_was_without_insight(settings, client):
    settings.INSIGHT = False

    assert isinstance(client.get("/"), HttpResponse)
    assert recorder.take() == {}
