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
    task = of(declared(function), arguments, due_at, by=by, about=about, key=key)
    return keep(task) if not key else keep_one(task)


def of(one: Declared, arguments: dict[str, Any], due_at: datetime | None = None, **fields: Any) -> Task:
    now = timezone.now()
    sent = now if due_at is None or due_at <= now else None  # as good as: what is not sent then, is swept
    return Task(
        name=one.name,
        arguments=arguments,
        queue=one.queue,
        allowed=one.attempts,
        due_at=due_at or now,
        sent_at=sent,
        **fields,
    )


def keep(task: Task) -> Task:
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
