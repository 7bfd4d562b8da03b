"""A real worker, a real beat, PostgreSQL and Redis."""

from django.db import transaction

from apps.tasks.enqueue import enqueue
from apps.tasks.models import Task
from tests.processes import wait_until
from tests.tasks.made import write_down, written


def ended(*tasks):
    return not Task.objects.filter(pk__in=[task.pk for task in tasks]).unfinished().exists()


def test_what_is_committed_runs_once_and_what_is_not_never(celery):
    celery.worker()
    with transaction.atomic():
        kept = enqueue(write_down, text="kept")
    try:
        with transaction.atomic():
            enqueue(write_down, text="rolled back")
            raise ValueError
    except ValueError:
        pass
    last = enqueue(write_down, text="last")

    wait_until(lambda: ended(kept, last))

    assert (written("kept"), written("rolled back"), written("last")) == (1, 0, 1)
    kept.refresh_from_db()
    assert (kept.state, kept.attempts, kept.result) == ("done", 1, {"written": "kept"})
