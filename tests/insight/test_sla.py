"""Whether a month or a night was as promised: figures, page, CSV, JSON."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from apps.accounts.models import AuditEvent
from apps.insight.levels.sla import sla_of_month, sla_of_night
from apps.insight.measuring import rollups
from apps.insight.overview.health import judged
from apps.insight.reporting.words import succeeded
from tests.factories import make_alert, make_jam, make_staff, make_user
from tests.insight.minutes import MINUTE, NOW, make_minute, requests

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOVEMBER, OCTOBER = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)


def day(at, *, errors=0, bad=0, seconds=0.01):
    facts = requests(1_000, errors, seconds, "GET api:jam") | {"minutes": {"measured": 600, "bad": bad}}
    make_minute(at, facts, span=86_400)


def test_a_month_beside_the_one_before():
    for n in range(30):
        day(NOVEMBER + n * DAY, errors=n == 3, bad=n == 3)
    for n in range(31):
        day(OCTOBER + n * DAY, errors=20, bad=2, seconds=0.3)
    make_alert(name="ErrorsHigh", evidence={}, raised_at=NOVEMBER + 3 * DAY)
    make_alert(name="ErrorsHigh", evidence={}, raised_at=NOVEMBER - MINUTE)

    found = sla_of_month(date(2026, 11, 28))

    assert (found.name, found.since, found.until) == ("2026-11", NOVEMBER, datetime(2026, 12, 1, tzinfo=UTC))
    assert (found.requests, found.errors, found.measured, found.bad) == (30_000, 1, 18_000, 1)
    assert found.availability == pytest.approx(1 - 1 / 30_000)
    assert found.budget_used == pytest.approx(1 / 300)
    assert len(found.incidents) == 1
    assert found.met
    assert (found.before.name, found.before.availability, found.before.budget_used) == (
        "2026-10", 0.98, pytest.approx(2),
    )  # fmt: skip
    assert not found.before.met


def test_what_succeeded_is_rounded_down():
    assert [succeeded(share) for share in (1, 0.99999, 0.998, 0.99, 0.98999)] == [
        "100",
        "99.99",
        "99.80",
        "99",
        "98.99",
    ]


def test_a_class_that_is_too_slow_breaks_the_promise():
    day(NOVEMBER, seconds=0.3)

    found = sla_of_month(date(2026, 11, 1))

    (reads,) = found.classes
    assert (reads.name, reads.over, reads.within) == ("reads", 1.0, False)
    assert (found.availability, found.met) == (1.0, False)


def test_of_a_month_in_which_nothing_was_measured_nothing_is_said():
    found = sla_of_month(date(2026, 11, 1))

    assert (found.availability, found.budget_used, found.classes) == (None, None, [])


@pytest.mark.parametrize(
    ("facts", "bad"),
    [
        (requests(1_000, 10), 0),  # as many as may
        (requests(1_000, 11), 1),
        (requests(3, 1), 1),
        (requests(20, seconds=0.3), 1),
        (requests(19, seconds=0.3), 0),  # few
        (requests(20, seconds=0.1), 0),
    ],
)
def test_a_minute_is_bad_in_which_too_many_failed_or_most_were_slow(facts, bad):
    assert judged(facts["requests"]) == {"measured": 1, "bad": bad}


def test_a_minute_in_which_nobody_asked_is_not_measured():
    assert judged({}) == {"measured": 0, "bad": 0}


def test_bad_minutes_are_known_after_minutes_are_gone():
    for n in range(120):  # two processes; every tenth minute one fails
        make_minute(NOVEMBER + n * MINUTE, requests(50, errors=1 if n % 10 == 0 else 0), process="web-a")
        make_minute(NOVEMBER + n * MINUTE, requests(10), process="web-b")

    before = sla_of_month(date(2026, 11, 1))
    rollups.roll_up(NOVEMBER + DAY)
    rollups.Rollup.objects.filter(span__lt=86_400).delete()
    after = sla_of_month(date(2026, 11, 1))

    assert (before.measured, before.bad) == (after.measured, after.bad) == (120, 12)
    assert (before.requests, after.requests) == (7_200, 7_200)


def night_of(**fields):
    return make_jam(starts_at=NOW.replace(hour=20, minute=0), ends_at=NOW.replace(hour=23, minute=0), **fields)


def opened(jam, at):
    event = AuditEvent.objects.create(verb="open", about=f"jam:{jam.pk}")
    AuditEvent.objects.filter(pk=event.pk).update(created_at=at)


def test_a_night_is_what_was_asked_for_from_the_hour_in_which_it_opened_to_that_in_which_it_ended():
    jam = night_of(status="ended", ended_at=NOW.replace(hour=22, minute=10))
    opened(jam, NOW.replace(hour=19, minute=40))
    for hour in range(18, 24):
        make_minute(NOW.replace(hour=hour, minute=0), requests(hour) | {"minutes": {}}, span=3_600)

    found = sla_of_night(jam)

    assert (found.since.hour, found.until.hour, found.before) == (19, 23, None)
    assert found.requests == 19 + 20 + 21 + 22


def test_a_jam_that_was_opened_days_before_has_its_night_all_the_same():
    jam = night_of(status="live")
    opened(jam, NOW - 5 * DAY)

    found = sla_of_night(jam, NOW)

    assert (found.since, found.until) == (NOW.replace(hour=19, minute=0), NOW.replace(hour=22, minute=0))


# For people and programs ------------------------------------------------------------------------------


@pytest.fixture
def staff(client):
    client.force_login(make_staff())
    return client


@pytest.fixture
def month():
    for n in range(28):
        day(NOVEMBER + n * DAY, errors=2, bad=1)
    day(OCTOBER, errors=4)
    at = NOVEMBER + DAY
    make_alert(name="SlowRequests", subject="=reads", raised_at=at, resolved_at=at + HOUR,
               evidence={"p95": 0.5, "target": 0.15, "requests": 99})  # fmt: skip


@pytest.mark.usefixtures("month")
def test_staff_read_it_as_a_page(staff):
    page = staff.get(reverse("pages:sla") + "?month=2026-11").content.decode()

    for said in (
        "November 2026",
        "99.80",
        "<dd>20 <small",
        "of 16,800",
        "Slow requests: \u2068=reads\u2069",
        "99.60 % the month before",
    ):
        assert said in page, said
    assert "?month=2026-10" in page


def test_a_month_of_which_nothing_is_known_says_so(staff):
    assert "Nothing was measured then" in staff.get(reverse("pages:sla")).content.decode()


@pytest.mark.parametrize(
    "query", ["?month=2026-13", "?month=soon", "?month=20١٢-01", "?night=no-such-jam", "?month=2026-11&night=a"]
)
def test_what_there_is_not_is_not_found(staff, query):
    assert staff.get(reverse("pages:sla") + query).status_code == 404


@pytest.mark.usefixtures("month")
def test_the_file_of_a_page_and_the_api_say_the_same(staff):
    file = staff.get(reverse("pages:sla_file", args=["csv"]) + "?month=2026-11")
    answer = staff.get("/api/v1/sla?month=2026-11&format=csv")

    assert file["Content-Disposition"] == 'attachment; filename="sla-2026-11.csv"'
    assert file.content == answer.content
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert ["figures", "availability", "0.998", "0.996"] in rows
    (incident,) = [row for row in rows if row[0] == "incidents" and row[1] == "SlowRequests"]
    assert incident[2] == "'=reads"  # no formula


@pytest.mark.usefixtures("month")
def test_as_json(staff):
    said = staff.get("/api/v1/sla?month=2026-11").json()

    assert (said["kind"], said["name"], said["since"]) == ("month", "2026-11", "2026-11-01T00:00:00Z")
    assert (said["requests"], said["failed"], said["bad_minutes"], said["budget_used"]) == (28_000, 56, 28, 0.2)
    (reads,) = said["classes"]
    assert (reads["name"], reads["target_p95"], reads["within_target"], reads["met"]) == ("reads", 0.15, 1.0, True)
    assert said["before"]["p95"] == said["p95"]
    assert said["live"] is None


def test_a_night_over_the_api(staff):
    jam = night_of(status="ended", ended_at=NOW)
    make_minute(NOW.replace(minute=0), requests(40) | {"live": {"histogram": {"-75": 9}}, "minutes": {}}, span=3_600)

    said = staff.get(f"/api/v1/sla?night={jam.slug}").json()

    assert (said["kind"], said["name"], said["requests"]) == ("night", jam.name, 40)
    assert said["live"]["changes"] == 9
    assert said["live"]["p95"] == pytest.approx(0.049, abs=0.002)


def test_the_api_says_which_value_cannot_be(staff):
    answer = staff.get("/api/v1/sla?month=2026-11&night=a")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["night"])


def test_the_number_of_queries_does_not_grow(staff, django_assert_num_queries):
    jam = night_of(status="ended", ended_at=NOW)
    for many in (1, 30):
        for n in range(many):
            make_alert(raised_at=NOW - n * MINUTE)
        with django_assert_num_queries(4):  # its opening, hours, minutes, alerts
            sla_of_night(jam)


def test_hosts_read_none(client):
    client.force_login(make_user())

    assert client.get(reverse("pages:sla")).status_code == 403
    assert client.get("/api/v1/sla").status_code == 403
