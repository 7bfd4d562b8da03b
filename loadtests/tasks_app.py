"""The product's tasks and one of the benchmark's own, which says what a task costs that does next to nothing."""

import time

from jamvote.celery import app, register  # sets Django up

# isort: split
from apps.accounts.models import AuditEvent
from apps.tasks.declared import task

__all__ = ["app", "note"]


@task(queue="now", attempts=20, soft=20, hard=25)
def note(*, text: str, seconds: float = 0) -> None:
    """Takes so long, and leaves one note however often it is begun."""
    time.sleep(seconds)
    if not AuditEvent.objects.filter(about=text).exists():
        AuditEvent.objects.create(verb="note", about=text)


register()
