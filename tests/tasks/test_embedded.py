"""The thread that works in the server process where there is no broker."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.tasks.embedded import Worker
from apps.tasks.enqueue import enqueue
from apps.tasks.models import Task
from tests.processes import wait_until
from tests.tasks.made import wait_and_write, write_down, written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker(settings, monkeypatch):
    settings.TASK_BROKER_URL, settings.TASK_SWEEP_SECONDS = "", 0.1
    made = Worker()
    monkeypatch.setattr("apps.tasks.embedded.worker", made)
    made.start()
    yield made
    made.stop()


def is_done(task):
    return Task.objects.filter(pk=task.pk, state="done").exists()


def test_no_request_waits_for_a_task(worker, tmp_path):
    slow = enqueue(wait_and_write, text="slow", gate=str(tmp_path / "gate"))
    answered = Task.objects.get(pk=slow.pk).state
    (tmp_path / "gate").touch()

    wait_until(lambda: is_done(slow))

    assert answered in {"waiting", "running"}
    assert written("slow") == 1


def test_what_is_rolled_back_never_runs(worker):
    with transaction.atomic():
        enqueue(write_down, text="never")
        transaction.set_rollback(True)
    last = enqueue(write_down, text="last")

    wait_until(lambda: is_done(last))

    assert written("never") == 0


def test_at_its_end_it_begins_nothing_more(worker):
    worker.stop()

    task = enqueue(write_down, text="after")

    task.refresh_from_db()
    assert (task.state, written("after")) == ("waiting", 0)


def test_it_keeps_the_clock_and_the_retries(worker):
    put_off = enqueue(write_down, text="later", due_at=timezone.now() + timedelta(seconds=0.3))

    wait_until(lambda: is_done(put_off) and Task.objects.filter(name="tasks.erase_replies", state="done").exists())

    assert written("later") == 1


def test_a_server_that_has_a_broker_starts_no_thread(settings):
    settings.TASK_BROKER_URL = "redis://127.0.0.1:1"
    worker = Worker()

    worker.start()

    assert worker.thread is None
