"""Alerts are raised once, kept up to date, told, acknowledged and resolved."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.core.errors import NotAllowed
from apps.insight.alerting import alerts
from apps.insight.alerting import sending as alert_sending
from apps.insight.alerting.conditions import Holding
from apps.insight.alerting.words import words
from apps.insight.models import Alert, Finding
from apps.tasks.models import Task
from tests.admin_pages import act, page_of
from tests.factories import make_alert, make_staff, make_user
from tests.insight.minutes import MINUTE, NOW, make_minutes, requests
from tests.insight.test_conditions import CASES, LOOK_BACK, seen
from tests.tasks.running import run_tasks
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db

BUSY = Holding("ProcessorBusy", "a", {"share": 0.91})
SLOW = Holding("SlowQuery", "", {"seconds": 1.5, "statement": "SELECT 1", "statements": 1})
FAILING = Holding("ErrorsHigh", "", {"share": 0.1, "errors": 6, "requests": 60, "worst": "PUT api:vote"})


@pytest.fixture
def receiver(monkeypatch, settings):
    receiver = Receiver()
    monkeypatch.setattr(alert_sending, "PORTS", {"http": receiver.server.server_port})
    monkeypatch.setattr(alert_sending, "PUBLIC", lambda address: address == "127.0.0.1")
    settings.ALERT_WEBHOOK_URL = receiver.url
    yield receiver
    receiver.stop()


@pytest.fixture
def mailed(settings):
    settings.ALERT_EMAILS = ["night@venue.example", "owner@venue.example"]


def at(minutes):
    return NOW + minutes * MINUTE


def test_an_alert_is_raised_once_refreshed_and_resolved_when_its_cause_is_gone():
    first = alerts.keep([BUSY, FAILING], at(0))
    again = alerts.keep([BUSY._replace(evidence={"share": 0.99}), FAILING], at(1))
    over = alerts.keep([FAILING], at(2))

    assert [str(alert) for alert in first.raised] == ["ProcessorBusy a", "ErrorsHigh"]
    assert again == ([], [])
    assert [str(alert) for alert in over.resolved] == ["ProcessorBusy a"]
    busy = Alert.objects.get(name="ProcessorBusy")
    assert (busy.evidence, busy.raised_at, busy.resolved_at) == ({"share": 0.99}, at(0), at(2))
    assert busy.severity == "page"


def test_the_same_again_later_is_another():
    for minute, found in enumerate([[BUSY], [], [BUSY]]):
        alerts.keep(found, at(minute))

    assert Alert.objects.filter(name="ProcessorBusy").count() == 2
    assert Alert.objects.filter(resolved_at=None).count() == 1


def test_one_machine_is_not_another():
    raised = alerts.keep([BUSY, BUSY._replace(subject="b")], at(0)).raised

    assert [alert.subject for alert in raised] == ["a", "b"]


def test_what_was_measured_raises_and_resolves():
    make_minutes(requests(60, 3), last=2)

    raised = alerts.evaluate(NOW + MINUTE / 2).raised
    make_minutes(requests(60, 0), last=3, until=NOW + 3 * MINUTE)
    resolved = alerts.evaluate(NOW + 3 * MINUTE).resolved

    assert [alert.name for alert in raised] == ["ErrorBudgetBurn3d", "ErrorsTonight"]
    assert raised[1].evidence == {"share": 0.05, "errors": 6, "requests": 120, "worst": "PUT api:vote"}
    assert [alert.name for alert in resolved] == ["ErrorsTonight"]


def test_the_command_says_what_changed(monkeypatch, capsys):
    monkeypatch.setattr(alerts, "evaluate", lambda: alerts.keep([BUSY], NOW))

    call_command("watch")

    assert capsys.readouterr().out == "raised: ProcessorBusy a\n"


def test_it_is_logged(caplog):
    alerts.keep([BUSY], at(0))
    alerts.keep([], at(1))

    said = [record.getMessage() for record in caplog.records if record.name == "apps.insight.alerting.alerts"]
    assert said == ["insight: alert ProcessorBusy a is raised: {'share': 0.91}",
                    "insight: alert ProcessorBusy a is resolved"]  # fmt: skip


def test_whom_nobody_named_nobody_is_told():
    alerts.keep([BUSY], at(0))

    assert not Task.objects.exists()


@pytest.mark.usefixtures("mailed")
def test_it_is_mailed_when_it_is_raised_and_when_it_is_over():
    alerts.keep([BUSY, FAILING], at(0))
    run_tasks()
    alerts.keep([BUSY, FAILING], at(1))
    alerts.keep([], at(9))
    run_tasks()
    run_tasks()

    raised, over = mail.outbox
    assert raised.to == ["night@venue.example", "owner@venue.example"]
    assert raised.subject == "Alert: Busy processors: \u2068a\u2069 and 1 more"
    assert "91 % for ten minutes." in raised.body
    assert "6 of the 60 requests of five minutes, most of them at \u2068PUT api:vote\u2069." in raised.body
    assert "docs/runbook.md#errorshigh" in raised.body
    assert over.subject == "Resolved: Busy processors: \u2068a\u2069 and 1 more"
    assert "Resolved: Many requests fail, 28 Nov 21:30 to 21:39 UTC" in over.body
    assert Alert.objects.filter(sent_at=None).count() == 0


@pytest.mark.usefixtures("mailed")
def test_what_is_over_before_anybody_could_be_told_is_told_as_over():
    alerts.keep([BUSY], at(0))
    alerts.keep([], at(1))
    run_tasks()

    assert [one.subject for one in mail.outbox] == ["Resolved: Busy processors: \u2068a\u2069"]


@pytest.mark.usefixtures("mailed")
def test_a_webhook_that_does_not_answer_is_tried_again_and_no_mail_with_it(receiver):
    receiver.answers += [500, 503]
    alerts.keep([BUSY], at(0))
    for _attempt in range(4):
        run_tasks()
        Task.objects.unfinished().update(due_at=NOW - timedelta(days=1))

    assert len(receiver.got) == 3
    assert len(mail.outbox) == 1
    assert {task.state for task in Task.objects.all()} == {"done"}


def test_a_webhook_gets_what_alertmanager_sends(receiver):
    alerts.keep([BUSY, FAILING], at(0))
    run_tasks()
    alerts.keep([FAILING], at(5))
    run_tasks()

    raised, over = (json.loads(body) for _headers, body in receiver.got)
    assert raised.keys() == {
        "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels",
        "commonAnnotations", "externalURL", "alerts",
    }  # fmt: skip
    assert (raised["version"], raised["status"], over["status"]) == ("4", "firing", "resolved")
    assert raised["commonLabels"] == {"severity": "page"}
    busy = next(one for one in raised["alerts"] if one["labels"]["alertname"] == "ProcessorBusy")
    assert busy["labels"] == {"alertname": "ProcessorBusy", "severity": "page", "instance": "a"}
    assert busy["annotations"]["summary"] == "Busy processors: \u2068a\u2069"
    assert (busy["status"], busy["startsAt"], busy["endsAt"]) == (
        "firing", "2026-11-28T21:30:00Z", "0001-01-01T00:00:00Z",
    )  # fmt: skip
    (gone,) = over["alerts"]
    assert (gone["status"], gone["endsAt"]) == ("resolved", "2026-11-28T21:35:00Z")
    assert gone["fingerprint"] == busy["fingerprint"]


def test_an_address_that_is_not_public_is_not_called_and_not_logged(settings, caplog):
    settings.ALERT_WEBHOOK_URL = "https://127.0.0.1/very-secret"
    alerts.keep([BUSY], at(0))
    run_tasks()

    (task,) = Task.objects.all()
    assert (task.state, task.error) == ("waiting", "ALERT_WEBHOOK_URL is no public address.")
    assert "very-secret" not in caplog.text


def test_staff_acknowledge_it_once_and_that_is_written_down():
    (alert,) = alerts.keep([BUSY], at(0)).raised
    first, second = make_staff(), make_staff()

    alerts.acknowledge(alert=alert, by=first)
    alerts.acknowledge(alert=alert, by=second)

    alert.refresh_from_db()
    assert alert.acknowledged_by == first
    (event,) = AuditEvent.objects.filter(verb="acknowledge")
    assert (event.actor, event.about, event.after) == (first, f"alert:{alert.pk}", {"alert": "ProcessorBusy a"})


def test_nobody_else_acknowledges_it():
    (alert,) = alerts.keep([BUSY], at(0)).raised

    with pytest.raises(NotAllowed):
        alerts.acknowledge(alert=alert, by=make_user())

    alert.refresh_from_db()
    assert alert.acknowledged_at is None


def test_what_is_open_is_shown_first_and_what_was_resolved_a_day_ago_no_more(django_assert_num_queries):
    alerts.keep([BUSY], at(0))
    alerts.keep([], at(1))
    alerts.keep([SLOW], at(2))
    alerts.keep([SLOW, FAILING], at(3))

    with django_assert_num_queries(1):
        names = [one.alert.name for one in alerts.shown(at(60))]

    assert names == ["ErrorsHigh", "SlowQuery", "ProcessorBusy"]
    assert [one.alert.name for one in alerts.shown(at(24 * 60 + 2))] == ["ErrorsHigh", "SlowQuery"]


def test_they_are_erased_with_what_was_measured_then(settings):
    alerts.keep([BUSY, FAILING], at(0))
    alerts.keep([FAILING], at(1))

    assert alerts.erase(at(1) + timedelta(days=settings.INSIGHT_DAYS[-1])) == 0
    assert alerts.erase(at(2) + timedelta(days=settings.INSIGHT_DAYS[-1])) == 1
    assert Alert.objects.get().name == "ErrorsHigh"


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_says_what_is_wrong_and_what_to_do(name):
    wrong, _after, _well = CASES[name]
    (found,) = [one for one in alerts.holding(seen((wrong, LOOK_BACK))) if one.name == name]

    said = words(Alert(name=name, subject=found.subject, evidence=json.loads(json.dumps(found.evidence))))

    assert "%" not in said.title + said.do
    assert "%(" not in said.said
    assert said.runbook == f"docs/runbook.md#{name.lower()}"


# On the page and in the admin -------------------------------------------------------------------------


def test_the_page_says_what_is_open_and_who_looks_after_it(client):
    robin = make_staff(name="Robin")
    alert = make_alert(subject="<b>a</b>", raised_at=timezone.now() - timedelta(minutes=12))
    make_alert(name="SlowQuery", severity="ticket", evidence=SLOW.evidence, resolved_at=timezone.now())
    client.force_login(robin)

    before = render_to_string("pages/insight/alerts.html", {"alerts": alerts.shown()})
    answer = client.post(reverse("pages:alert_acknowledge", args=[alert.pk]))
    after = render_to_string("pages/insight/alerts.html", {"alerts": alerts.shown()})

    assert "Busy processors: \u2068&lt;b&gt;a&lt;/b&gt;\u2069" in before
    assert "12\xa0minutes ago" in before
    assert before.count("<form") == 1
    assert "SELECT 1" in before
    assert (answer.status_code, answer["Location"]) == (303, "/insight#alerts")
    assert "<form" not in after
    assert "\u2068Robin\u2069 has looked after it since" in after


def test_where_there_are_none_the_page_says_nothing_of_them():
    assert render_to_string("pages/insight/alerts.html", {"alerts": alerts.shown()}).strip() == ""


def test_staff_find_and_acknowledge_them_in_the_admin(client):
    client.force_login(make_staff())
    alert = make_alert()
    make_alert(name="MemoryFull", resolved_at=timezone.now())

    listed = client.get(page_of(Alert) + "?open=yes").content.decode()
    told = act(client, Alert, "acknowledge", alert)

    assert "ProcessorBusy" in listed
    assert "85 %" not in listed
    assert "91 % for ten minutes." in listed
    assert told == ["Done: 1."]
    alert.refresh_from_db()
    assert alert.acknowledged_at is not None
    assert client.get(page_of(alert, "change")).status_code == 200


def test_findings_are_listed_in_the_admin(client):
    client.force_login(make_staff())
    now = timezone.now()
    Finding.objects.create(kind="n_plus_one", subject="GET api:jams", saved=12, opened_at=now, seen_at=now)

    assert "GET api:jams" in client.get(page_of(Finding) + "?open=yes").content.decode()
    assert "GET api:jams" not in client.get(page_of(Finding) + "?open=no").content.decode()
