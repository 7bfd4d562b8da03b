"""How work is put off: a row in the caller's transaction, sent right after its commit."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.tasks.declared import Declared, Result, declared
from apps.tasks.models import Task
from apps.tasks.sending import send


def enqueue(
    function: Callable[..., Result],
    *,
    by: User | None = None,
    about: str = "",
    key: str = "",
    due_at: datetime | None = None,
    **arguments: Any,
) -> Task:
    """Has the task run with these arguments once this transaction is committed, and not before `due_at`.

    While an unfinished task has the `key` no other is made, and that one is answered; it may have begun before.
    """
    task = new_task(
        declared(function), arguments=arguments, due_at=due_at or timezone.now(), by=by, about=about, key=key
    )
    return keep(task) if not key else keep_one(task)


def new_task(one: Declared, **fields: Any) -> Task:
    return Task(name=one.name, queue=one.queue, allowed=one.attempts, **fields)


def keep(task: Task) -> Task:
    now = timezone.now()
    task.sent_at = now if task.due_at <= now else None  # as good as: what is not, is swept
    task.save(force_insert=True)
    if task.sent_at:
        transaction.on_commit(partial(send, [task]), robust=True)
    return task


def keep_one(task: Task) -> Task:
    while True:
        try:
            with transaction.atomic():
                return keep(task)
        except IntegrityError:
            found = Task.objects.unfinished().filter(key=task.key).first()
            if found is not None:  # else it has just ended
                found.is_new = False
                return found
