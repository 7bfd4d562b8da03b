"""The product's tasks and two of the benchmarks' own, which say what a task costs that does next to nothing."""

import time

from jamvote.celery import app, register  # sets Django up

# isort: split
from apps.accounts.models import AuditEvent
from apps.tasks.declared import task

__all__ = ["app", "note", "note_once"]


@task(queue="now", attempts=20, soft=20, hard=25)
def note(*, text: str, seconds: float = 0) -> None:
    """Takes so long, and leaves one note however often it is begun."""
    time.sleep(seconds)
    if not AuditEvent.objects.filter(about=text).exists():
        AuditEvent.objects.create(verb="note", about=text)


@task(queue="now", attempts=20, soft=20, hard=25, atomic=True)
def note_once(*, text: str, seconds: float = 0) -> None:
    """The same without looking: the note is there if it is done, and gone if not."""
    AuditEvent.objects.create(verb="note", about=text)
    time.sleep(seconds)


register()
