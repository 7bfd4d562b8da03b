"""What people do with tasks, and what becomes of old ones."""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.tasks.declared import TASKS
from apps.tasks.errors import NotFailed, NotQueuedAgain
from apps.tasks.models import Task
from apps.tasks.sending import send


@transaction.atomic
def run_again(*, task: Task, by: User) -> Task:
    """A failed one is queued anew, with as many attempts as at first. Raises NotFailed, NotQueuedAgain."""
    more = TASKS[task.name].attempts if task.name in TASKS else 1
    now = timezone.now()
    failed = Task.objects.filter(pk=task.pk, state=Task.State.FAILED)
    fields = {"state": Task.State.WAITING, "due_at": now, "sent_at": now, "ended_at": None, "done": 0, "of": 0}
    try:
        with transaction.atomic():
            if not failed.update(**fields, allowed=F("attempts") + more):
                raise NotFailed
    except IntegrityError:  # one_unfinished_task_a_key
        raise NotQueuedAgain from None
    record(actor=by, verb="run_again", about=task, before={"error": task.error}, after={"task": task.name})
    task.refresh_from_db()
    transaction.on_commit(partial(send, [task]), robust=True)
    return task


def erase_tasks() -> int:
    """Those that were done TASK_DAYS ago (CLOCK_TASK_DAYS, if the clock asked for them: some are run each minute), or
    failed FAILED_TASK_DAYS ago. Says how many."""
    now = timezone.now()
    days = (settings.TASK_DAYS, settings.CLOCK_TASK_DAYS, settings.FAILED_TASK_DAYS)
    done, by_clock, failed = (now - timedelta(days=n) for n in days)
    return Task.objects.ended_before(done=done, by_clock=by_clock, failed=failed).delete()[0]
