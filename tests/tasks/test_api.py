"""Tasks over HTTP and in the admin."""

import pytest
from django.urls import reverse

from apps.accounts.models import AuditEvent
from tests.admin_pages import act, page_of
from tests.callers import Caller
from tests.factories import make_staff, make_task, make_user

pytestmark = pytest.mark.django_db


def test_one_sees_what_one_asked_for_and_staff_all():
    host, other, staff = make_user(), make_user(), make_staff()
    mine, theirs, clock = make_task(by=host), make_task(by=other), make_task()

    def seen(user):
        return [row["id"] for row in Caller(user=user)("GET", "/api/v1/tasks").json()["results"]]

    assert (seen(host), seen(other)) == ([mine.pk], [theirs.pk])
    assert seen(staff) == [clock.pk, theirs.pk, mine.pk]


def test_a_task_says_how_far_it_is_and_why_it_failed():
    host = make_user()
    task = make_task(by=host, about="jam:12", state="failed", done=3, of=20, error="Not tonight.", arguments={"x": 1})

    said = Caller(user=host)("GET", f"/api/v1/tasks/{task.pk}").json()

    assert said["progress"] == {"done": 3, "of": 20}
    assert (said["state"], said["error"], said["about"]) == ("failed", "Not tonight.", "jam:12")
    assert not {"arguments", "by", "key", "holder", "slot"} & set(said)


def test_tasks_are_narrowed():
    staff = make_staff()
    failed = make_task(state="failed", name="jams.a", about="jam:1")
    make_task(state="done", name="jams.b", about="jam:2")

    for query in ("state=failed", "name=jams.a", "about=jam:1"):
        (row,) = Caller(user=staff)("GET", f"/api/v1/tasks?{query}").json()["results"]
        assert row["id"] == failed.pk


def test_a_failed_one_is_run_again_and_no_other():
    host = make_user()
    failed, done = make_task(by=host, state="failed"), make_task(by=host, state="done")

    again = Caller(user=host)("POST", f"/api/v1/tasks/{failed.pk}/run-again")
    refused = Caller(user=host)("POST", f"/api/v1/tasks/{done.pk}/run-again")

    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    assert again.headers["Location"] == f"/api/v1/tasks/{failed.pk}"
    assert (refused.status_code, refused.json()["code"]) == (409, "not_failed")


@pytest.fixture
def staff(client):
    client.force_login(make_staff())
    return client


def test_staff_run_again_what_has_failed_from_the_list(staff):
    failed, done = make_task(state="failed"), make_task(state="done")

    told = act(staff, type(failed), "run_again", failed, done)

    failed.refresh_from_db()
    assert failed.state == "waiting"
    assert any("Only a task that has failed" in text for text in told)
    assert told[-1] == "Done: 1."


def test_and_by_a_button_that_asks_first(staff):
    failed, done = make_task(state="failed"), make_task(state="done")
    address = reverse("admin:tasks_task_run_this_again", args=[failed.pk])

    asked = staff.get(address).content.decode()
    failed.refresh_from_db()
    before = failed.state
    done_so = staff.post(address, {"_form_submitted": "True"}, headers={"HX-Request": "true"})

    failed.refresh_from_db()
    assert (done_so.status_code, done_so["HX-Redirect"]) == (200, page_of(failed, "change"))  # the dialog closes
    assert ("Run it again?" in asked, before, failed.state) == (True, "failed", "waiting")
    assert "run-again" in staff.get(page_of(make_task(state="failed"), "change")).content.decode()
    assert "run-again" not in staff.get(page_of(done, "change")).content.decode()
    assert AuditEvent.objects.get(verb="run_again").actor.is_staff
