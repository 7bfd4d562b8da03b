"""A row is claimed, run and ended. One statement claims it, so a message that comes twice runs once.

Whoever holds it has a number (`attempts`): what they write later than another has begun is written to nobody.
"""

import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.logs import Ids, ids
from apps.core.spent import begin, threads
from apps.core.spent import end as end_collecting
from apps.tasks.declared import TASKS, Declared
from apps.tasks.errors import Later, Overtaken, Unfinished
from apps.tasks.metrics import measure
from apps.tasks.models import Task
from apps.tasks.sending import send

log = logging.getLogger(__name__)

MARGIN = 30  # seconds after its hard limit that a worker counts as dead
TOLD_EVERY = 1.0  # seconds between two notes of the progress


@dataclass
class Run:
    task: Task
    told_at: float = field(default_factory=time.monotonic)

    def held(self) -> Any:
        return Task.objects.filter(pk=self.task.pk).held(attempt=self.task.attempts)


attempt_ended = Signal()  # task, seconds, spent: see apps/core/spent.py
current: ContextVar[Run | None] = ContextVar("current", default=None)


def run(pk: int, *, holder: str = "", at: datetime | None = None) -> Task | None:
    """Runs the task if it is due and nobody holds it; answers it as it was left, or None. Raises nothing of its own."""
    task = claim(pk, holder, at or timezone.now())
    if task is None:
        return None
    jam = task.arguments.get("jam", "")
    tokens = current.set(Run(task)), ids.set(Ids(f"task-{pk}", jam=str(jam), task=str(pk)))
    try:
        with collected(task):
            attempt(task, TASKS.get(task.name))
    finally:
        current.reset(tokens[0])
        ids.reset(tokens[1])
    measure(task)
    if task.sent_at:
        transaction.on_commit(partial(send, [task]), robust=True)
    return task


@contextmanager
def collected(task: Task) -> Iterator[None]:
    """What is run inline, in the middle of a request, is a part of what that spends."""
    if threads.spent is not None:
        yield
        return
    spent = begin()
    began = time.perf_counter()
    try:
        yield
    finally:
        end_collecting()
        attempt_ended.send_robust(Task, task=task, seconds=time.perf_counter() - began, spent=spent)


def claim(pk: int, holder: str, at: datetime) -> Task | None:
    name = Task.objects.filter(pk=pk).values_list("name", flat=True).first()
    hard = TASKS[name].hard if name in TASKS else settings.TASK_HARD_SECONDS
    claimed = Task.objects.due(at).filter(pk=pk).update(
        state=Task.State.RUNNING, attempts=F("attempts") + 1, holder=holder, started_at=timezone.now(),
        due_at=timezone.now() + timedelta(seconds=hard + MARGIN), sent_at=None,
    )  # fmt: skip
    return Task.objects.get(pk=pk) if claimed else None


def attempt(task: Task, one: Declared | None) -> None:
    if one is None:
        end(task, error=_("This version does not know the task."))
        return
    if task.attempts > task.allowed:
        end(task, error=_("The worker ended in the middle of it, again and again."))
        return
    try:
        do(task, one)
    except Overtaken:
        log.warning("%s: attempt %d was taken back, another had begun", task, task.attempts)
    except DomainError as error:
        end(task, error=str(error.message))
    except Later as error:
        fail(task, one, error.reason or _("It is to be tried later."), error.seconds)
    except SoftTimeLimitExceeded:
        log.warning("%s: not done after %d s", task, one.soft)
        fail(task, one, _("It took longer than %(seconds)d seconds.") % {"seconds": one.soft})
    except Unfinished:
        put_back(task, sent_at=timezone.now(), error="")
    except Exception as error:
        log.exception("%s: attempt %d of %d failed", task, task.attempts, task.allowed)
        fail(task, one, where(error))
    except BaseException:  # the process is told to end: no failure of the task's
        put_back(task)
        raise


def do(task: Task, one: Declared) -> None:
    with transaction.atomic() if one.atomic else nullcontext():
        result = one.function(**task.arguments)
        if not end(task, result=result) and one.atomic:
            raise Overtaken


def end(task: Task, *, result: dict[str, Any] | None = None, error: str = "") -> bool:
    state = Task.State.FAILED if error else Task.State.DONE
    return leave(task, state=state, result=result, error=error[:300], ended_at=timezone.now())


def fail(task: Task, one: Declared, error: str, seconds: float | None = None) -> bool:
    """This attempt: the task waits for its next, or has failed with its last."""
    if task.attempts >= task.allowed:
        return end(task, error=error)
    failures = task.attempts - (task.allowed - one.attempts)
    pause = one.pause(failures) if seconds is None else seconds
    due_at = timezone.now() + timedelta(seconds=pause)
    return leave(task, state=Task.State.WAITING, error=error[:300], due_at=due_at, sent_at=None, done=0, of=0)


def put_back(task: Task, **fields: Any) -> None:
    """It waits for its next attempt, and this one does not count."""
    leave(task, state=Task.State.WAITING, due_at=timezone.now(), allowed=task.allowed + 1, **fields)


def leave(task: Task, **fields: Any) -> bool:
    """As it is now, unless somebody else holds it."""
    for name, value in fields.items():
        setattr(task, name, value)
    left = Task.objects.filter(pk=task.pk).held(attempt=task.attempts).update(**fields)
    if not left:
        log.warning("%s: attempt %d ended when another had begun", task, task.attempts)
    return bool(left)


def give_back(*, pk: int, holder: str, error: str, seconds: float | None = None) -> None:
    """What a process held that was killed."""
    task = Task.objects.filter(pk=pk, state=Task.State.RUNNING, holder=holder).first()
    if task is not None and task.name in TASKS and fail(task, TASKS[task.name], error, seconds):
        measure(task)


def progress(done: int, of: int) -> None:
    """How far the task is that runs here; outside of one nothing. Written once a second at most, and at the end."""
    run = current.get()
    if run is None or not (done >= of or time.monotonic() - run.told_at >= TOLD_EVERY):
        return
    run.told_at = time.monotonic()
    run.task.done, run.task.of = done, of
    run.held().update(done=done, of=of)


def where(error: BaseException) -> str:
    """What failed, for people: the message of an error may hold what is nobody's business, the log has it."""
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    place = f" ({Path(places[-1].filename).name}:{places[-1].lineno})" if places else ""
    return f"{type(error).__name__}{place}"
