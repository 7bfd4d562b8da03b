"""Celery's part: it carries messages, keeps the limits of time and says when a process is gone. The rest is in the rows.

Every declared task is one of Celery's too, of the same name, so that its events and tools know it.
"""

import ctypes
import signal
import sys
from typing import Any

import celery
from celery.signals import worker_process_init
from celery.worker import request
from django.conf import settings
from django.db import connections
from django.utils.translation import gettext as _
from kombu import pools

from apps.tasks.declared import TASKS
from apps.tasks.models import Task
from apps.tasks.running import give_back, run

app = celery.Celery("jamvote")
app.config_from_object("django.conf:settings", namespace="CELERY")


class AttemptFailed(Exception):
    """For Celery's events: what has failed, and what becomes of it, the row says."""


class Request(request.Request):
    """In the worker's main process, which alone knows when one of the others is gone with what it ran."""

    def on_failure(self, exc_info: Any, *args: Any, **options: Any) -> Any:
        """Also of a process that was killed. Its task was in nobody's hands; its message comes back after this."""
        if not isinstance(exc_info.exception, AttemptFailed):
            self.give_back(_("The worker ended in the middle of it."))
        return super().on_failure(exc_info, *args, **options)

    def on_timeout(self, soft: bool, timeout: float) -> None:
        super().on_timeout(soft, timeout)
        if not soft:
            self.give_back(_("It took longer than %(seconds)d seconds.") % {"seconds": timeout})

    def give_back(self, error: str) -> None:
        try:
            give_back(pk=self.args[0], holder=self.id, error=error)
        finally:
            connections.close_all()  # of this thread


class Run(celery.Task):
    Request, ignore_result, throws = Request, True, (AttemptFailed,)

    def run(self, pk: int) -> None:
        task = run(pk, holder=self.request.id)
        if task is not None and task.error and task.state != Task.State.DONE:
            raise AttemptFailed(task.error)


def register() -> None:
    for one in TASKS.values():
        if one.name not in app.tasks:
            limits = {"soft_time_limit": one.soft, "time_limit": one.hard}
            app.register_task(type("Run", (Run,), {"name": one.name, **limits})())


def publish(name: str, pk: int, queue: str) -> None:
    """Raises whatever hinders it, after a fraction of a second."""
    with senders().acquire(block=True, timeout=1) as producer:
        app.send_task(name, args=[pk], queue=queue, retry=False, ignore_result=True, producer=producer)


def senders() -> Any:
    """Connections of who sends: a request must not wait long for a broker that is away, as a worker does."""
    patience = {"max_retries": 0, "socket_connect_timeout": 0.2, "socket_timeout": 0.5}
    return pools.producers[
        app.connection_for_write(transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS | patience)
    ]


@worker_process_init.connect
def end_with_parent(**options: Any) -> None:
    """Nobody would keep the limits of time of a process whose parent is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
