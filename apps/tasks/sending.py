"""How a row comes to a worker: as a message that names it. What the message is about, the row says.

A message may come twice, late or never: rows are claimed, and what is not taken is sent again by the sweeper.
"""

import logging
import threading
import time
from collections.abc import Iterable
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.utils import timezone
from kombu.exceptions import KombuError
from redis import RedisError

from apps.tasks.models import Task

log = logging.getLogger(__name__)

AWAY_SECONDS = 5  # a broker that did not answer is left alone for so long
MOST = 500  # rows that a sweep sends


class Broker:
    """What this process knows of it."""

    away_until = 0.0


def be_ready() -> None:
    """In a thread: Celery takes a second to be imported, and nobody who asks for something is to wait for that."""
    if settings.TASK_BROKER_URL:
        threading.Thread(target=import_module, args=["apps.tasks.broker"], name="broker", daemon=True).start()


def send(tasks: Iterable[Task]) -> None:
    """To the broker; without one they are run here. Never raises: what could not be sent is marked for the sweeper."""
    if not settings.TASK_BROKER_URL:
        from apps.tasks.embedded import run_here

        return run_here(tasks)
    left = [task.pk for task in tasks if not sent(task)]
    if left:
        Task.objects.unfinished().filter(pk__in=left).update(sent_at=None)
    return None


def sent(task: Task) -> bool:
    from apps.tasks.broker import publish

    if time.monotonic() < Broker.away_until:
        return False
    try:
        publish(task.name, task.pk, task.queue)
    except (OSError, KombuError, RedisError) as error:
        Broker.away_until = time.monotonic() + AWAY_SECONDS
        log.warning("tasks: the broker is away, %s waits for the sweeper: %s", task, error)
        return False
    return True


def sweep() -> int:
    """Sends what is due and was not sent, or so long ago that its message must be lost. Says how many."""
    found = list(unsent()[:MOST])
    if found:
        Task.objects.unfinished().filter(pk__in=[task.pk for task in found]).update(sent_at=timezone.now())
        send(found)
    return len(found)


def unsent() -> Any:
    now = timezone.now()
    due: Any = Task.objects.due(now).not_sent(since=now - timedelta(seconds=settings.TASK_RESEND_SECONDS))
    return due.order_by("due_at", "pk")
