"""Reports and summaries of nights in the admin, where staff look at them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.reports.models import NightSummary, Report
from apps.reports.nights import summed_up
from apps.reports.operations import order_report, token_of
from apps.reports.subjects import OfHost, OfJam, OfVenue
from tests.admin_pages import page_of
from tests.factories import make_jam, make_report, make_song, make_staff, make_task, make_user, make_venue
from tests.reports.nights import make_night

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(make_staff())
    return client


def listed(staff, model, **query):
    return list(staff.get(page_of(model), query).context["cl"].result_list)


def made(state, **fields):
    """A report in that state."""
    task = make_task(name="reports.make_report", state=state, error="ValueError (x.py:1)" if state == "failed" else "")
    fields |= {} if state == "done" else {"made_at": None}
    return make_report(owner=make_user(), venue=make_venue(), task=task, **fields)


def test_the_list_says_who_asked_for_what_and_how_far_it_is(staff):
    host = make_user(name="Hanna Host", email="hanna@example.com")
    report = make_report(owner=host, venue=make_venue(name="The Copper Room"))

    page = staff.get(page_of(Report)).content.decode()

    for said in ("The Copper Room", report.about, str(host), "CSV", "done", "6\xa0bytes"):
        assert said in page, said
    assert token_of(report) not in page + staff.get(page_of(report, "change")).content.decode()


def test_reports_are_searched_and_filtered(staff):
    reports = {state: made(state) for state in ("done", "waiting", "running", "failed")}
    orphan = made("waiting", created_at=timezone.now())
    orphan.task.delete()

    assert listed(staff, Report, state="done") == [reports["done"]]
    assert set(listed(staff, Report, state="making")) == {reports["waiting"], reports["running"]}
    assert set(listed(staff, Report, state="failed")) == {reports["failed"], orphan}
    assert listed(staff, Report, q=reports["done"].about) == [reports["done"]]
    assert listed(staff, Report, q=reports["done"].owner.email) == [reports["done"]]


def test_a_report_says_why_it_could_not_be_made_and_leads_to_its_task(staff):
    report = made("failed")

    page = staff.get(page_of(report, "change")).content.decode()

    assert "ValueError (x.py:1)" in page
    assert page_of(report.task, "change") in page


def test_a_report_leads_to_the_page_of_what_it_is_about(staff):
    host = make_user()
    venue, jam = make_venue(manager=host), make_jam(host=host)
    for subject in (OfJam(jam), OfVenue(venue), OfHost(host)):
        order_report(subject=subject, by=host)

    page = staff.get(page_of(Report)).content.decode()

    for path in (f"/jams/{jam.slug}/report", f"/venues/{venue.slug}/report"):
        assert f'href="{path}"' in page
        assert staff.get(path).status_code == 200
    assert "/me/report" not in page


def test_a_file_that_is_gone_does_no_harm(staff):
    report = make_report(owner=make_user(), venue=make_venue())
    report.file.storage.delete(report.file.name)

    assert staff.get(page_of(Report)).status_code == 200
    assert staff.get(page_of(report, "change")).status_code == 200


def test_a_summary_says_what_the_night_came_to(staff):
    jam = make_night(seed=3, songs=[make_song() for _ in range(5)], venue=make_venue(name="The Copper Room"))
    facts = summed_up([jam])[jam.pk]
    summary = NightSummary.objects.get()

    page = staff.get(page_of(NightSummary)).content.decode()

    assert "The Copper Room" in page
    assert f'href="/jams/{jam.slug}/report"' in page
    for name, number in {"people": facts["people"], "votes": facts["votes"], "played": facts["performances"]}.items():
        assert re.search(rf"field-{name}\b[^>]*>\s*{number}\s*<", page), name
    assert "quarters" in staff.get(page_of(summary, "change")).content.decode()
    assert listed(staff, NightSummary, q="copper") == [summary]
    assert listed(staff, NightSummary, made_at__gte=timezone.now() + timedelta(days=1)) == []


@pytest.mark.parametrize("model", [Report, NightSummary])
def test_they_are_only_looked_at(staff, model):
    summed_up([jam := make_jam(status="ended")])
    row = {Report: make_report(owner=make_user(), venue=jam.venue), NightSummary: jam.summary}[model]

    assert staff.get(page_of(model, "add")).status_code == 403
    assert staff.post(page_of(row, "change"), {"name": "Other"}).status_code == 403
    assert staff.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403


def test_they_go_with_what_they_are_of(staff):
    summed_up([jam := make_jam(status="ended")])
    report = make_report(owner=make_user(), venue=jam.venue)

    assert staff.post(page_of(report.owner, "delete"), {"post": "yes"}).status_code == 302
    assert staff.post(page_of(jam, "delete"), {"post": "yes"}).status_code == 302

    assert not Report.objects.exists()
    assert not NightSummary.objects.exists()
