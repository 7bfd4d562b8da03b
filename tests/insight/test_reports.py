"""Reports of a day and of a week: what they say, on the terminal, as JSON and by mail."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from apps.insight.models import Finding
from apps.insight.reporting.growth import capacity_report
from apps.insight.reporting.performance import performance
from apps.insight.reporting.words import capacity_text, performance_text
from apps.insight.tasks import capacity_report as mail_capacity
from apps.insight.tasks import performance_report as mail_performance
from tests.factories import make_alert
from tests.insight.minutes import MINUTE, NOW, make_minute, requests

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = NOW.replace(hour=0, minute=0)
YESTERDAY = MIDNIGHT - DAY
GB = 10**9


def measured(at, *, count=3_600, busy=0.3, disk=0.5, span=3_600):
    """An hour, kept as that or as something else, of one web process, which is busy as far as it is asked."""
    process = {"kind": "web", "machine": "a", "looks": 240, "seconds": 3_600, "cpu": count / 3, "sockets": 24_000,
               "rss": 1, "rss_most": 1, "late": 0, "late_longest": 0, "threads_most": 3}  # fmt: skip
    machine = {"looks": 240, "busy": 240 * busy, "memory": 120, "disk": 240 * disk, "disk_free": 240 * 50 * GB}
    facts = requests(count, 36, 0.1, "GET api:jam") | {
        "processes": {"web": process}, "machines": {"a": machine}, "minutes": {"measured": 60, "bad": 1},
        "cache": {"board store": 90, "board miss": 10},
        "statements": {"SELECT 1": {"calls": 100, "seconds": 3, "longest": 0.2, "endpoints": {"GET api:jam": 3}}},
    }  # fmt: skip
    return make_minute(at, facts, span=span)


@pytest.fixture
def day():
    for n in range(24):
        measured(YESTERDAY + n * HOUR)
        measured(YESTERDAY - DAY + n * HOUR, count=1_800)
    at = YESTERDAY + 20 * HOUR
    finding = {
        "kind": "large_payload",
        "evidence": {"endpoint": "GET api:jams", "kb": 90, "largest_kb": 99, "count": 5},
    }
    Finding.objects.create(subject="a", opened_at=at, seen_at=at, **finding)
    Finding.objects.create(subject="b", opened_at=YESTERDAY - DAY, seen_at=at, closed_at=at, **finding)
    Finding.objects.create(subject="c", opened_at=MIDNIGHT, seen_at=at, **finding)
    make_alert(subject="a", raised_at=at, resolved_at=at + 12 * MINUTE)


@pytest.mark.usefixtures("day")
def test_a_day_is_told_beside_the_one_before():
    assert (
        performance_text(performance(NOW))
        == """\
JamVote on 27 Nov 2026: as promised

86,400 requests, 43,200 the day before. 864 failed.
99 % succeeded, 99 % were to.
24 of 1,440 minutes were not as promised.

p95 of requests, in milliseconds
  reads: 100 (target 150, the day before 100) of 86,400 requests

Slowest endpoints, p95 in milliseconds
  GET api:jam: 100 (target 150) of 86,400 requests

Statements that took longest
  0 % of the database's time: 30.0 ms, 2,400 times, most of it for GET api:jam
    SELECT 1

Cache
  90.0 % of 2,400 reads.

Findings
  opened: Large answers: \u2068GET api:jams\u2069
  closed: Large answers: \u2068GET api:jams\u2069

Alerts
  20:00 – 20:12: Busy processors: \u2068a\u2069

Capacity
  210 voters; first limit: web (33 % of 70 %)

http://127.0.0.1:8000/insight
"""
    )


def test_a_day_on_which_nobody_came_is_told_in_a_line():
    assert performance_text(performance(NOW)).splitlines()[2] == "Nobody asked for anything."


@pytest.mark.usefixtures("day")
def test_a_day_as_json():
    said = json.loads(json.dumps(performance(NOW).as_dict(), default=str))

    assert (said["requests"], said["before"]["requests"], said["met"]) == (86_400, 43_200, True)
    assert said["cache"] == {"asked": 2_400, "hits": 2_160}
    assert said["findings"] == {
        "opened": ["Large answers: \u2068GET api:jams\u2069"],
        "closed": ["Large answers: \u2068GET api:jams\u2069"],
    }
    assert said["alerts_raised"] == ["Busy processors: \u2068a\u2069"]
    assert said["capacity"]["first_limit"] == "web"


@pytest.fixture
def week():
    for n in range(7 * 24):
        measured(MIDNIGHT + 20 * HOUR - n * HOUR, count=1_800 if n % 2 else 3_600)
    for n in range(20):
        measured(MIDNIGHT - (20 - n) * DAY, busy=0.2 + n / 100, disk=0.5 + n / 100, span=86_400)
    measured(NOW - MINUTE, span=60)


@pytest.mark.usefixtures("week")
def test_a_week_says_what_fits_how_it_grew_and_what_is_needed():
    text = capacity_text(capacity_report(NOW))

    assert "What fits\n  280 voters; first limit: web (33 % of 70 %)" in text
    assert "processor: 39.0 %, +30.0 % a month; its limit in 1.0 months" in text
    assert "disk: 69.0 %, +30.0 % a month; its limit in 1.0 months" in text
    assert "memory:" not in text.partition("Growth as it was")[2].partition("Instances")[0]
    assert "The first limit is reached in 15.9 months (12.2 to 23.4)." in text
    assert "Storage: 50.0 of 100.0 GB; full in 6.0 months" in text
    assert "web: 1 now, 1 are recommended" in text


def test_of_a_week_in_which_nobody_came_it_says_so():
    text = capacity_text(capacity_report(NOW))

    assert "Not known: too little was asked for." in text
    assert "Nothing rises or falls for good, in 0 days." in text


@pytest.mark.usefixtures("week")
def test_a_week_as_json():
    said = json.loads(json.dumps(capacity_report(NOW).as_dict(), default=str))

    assert said["capacity"]["first_limit"] == "web"
    assert {one["name"] for one in said["growth"]} == {"processor", "disk"}
    assert said["plan"]["months"]["expected"] == pytest.approx(15.9, abs=0.1)


@pytest.mark.parametrize(
    ("send", "subject"), [(mail_performance, "JamVote on"), (mail_capacity, "Capacity of JamVote")]
)
def test_it_is_mailed_to_whom_it_was_asked_for(settings, send, subject):
    assert send() == {"mailed": False}

    settings.REPORT_EMAILS = ["owner@venue.example"]
    assert send() == {"mailed": True}

    (sent,) = mail.outbox
    assert sent.to == ["owner@venue.example"]
    assert sent.subject.startswith(subject)
    assert "/insight" in sent.body


@pytest.mark.parametrize("command", ["performance_report", "capacity_report"])
def test_its_command_prints_it_or_mails_it(command, capsys, settings):
    call_command(command)
    assert "/insight" in capsys.readouterr().out

    call_command(command, "--json")
    assert "capacity" in json.loads(capsys.readouterr().out)

    with pytest.raises(CommandError, match="REPORT_EMAILS"):
        call_command(command, "--mail")
    settings.REPORT_EMAILS = ["owner@venue.example"]
    call_command(command, "--mail")
    assert len(mail.outbox) == 1
