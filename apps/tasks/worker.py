"""Celery's part: it carries messages, keeps the limits of time, says when a process is gone. The rest is in the rows.

Every declared task is one of Celery's too, of the same name, so that its events and tools know it.
"""

import contextlib
import ctypes
import logging
import os
import signal
import sys
import threading
from typing import Any

import celery
from billiard.exceptions import TimeLimitExceeded
from billiard.process import active_children
from celery.signals import beat_init, worker_process_init, worker_ready, worker_shutting_down
from celery.worker import request
from django.conf import settings
from django.db import Error, connections
from django.utils.translation import gettext as _

from apps.core import metrics
from apps.core.metrics_folder import FOLDER
from apps.core.process_metrics import measure_as
from apps.tasks.broker import app
from apps.tasks.declared import TASKS
from apps.tasks.models import Task
from apps.tasks.running import give_back, run

log = logging.getLogger(__name__)


class AttemptFailed(Exception):
    """For Celery's events: what has failed, and what becomes of it, the row says."""


class Request(request.Request):
    """In the worker's main process, which alone knows when one of the others is gone with what it ran."""

    def on_failure(self, exc_info: Any, *args: Any, **options: Any) -> Any:
        """Also of a process that is gone; where that is nobody's fault, its message comes back after this."""
        error = getattr(exc_info.exception, "exc", exc_info.exception)  # in its wrapping
        if isinstance(error, TimeLimitExceeded):
            self.give_back(_("It took longer than %(seconds)d seconds.") % {"seconds": self.task.time_limit})
        elif not isinstance(error, AttemptFailed):
            self.give_back(_("The worker ended in the middle of it."), 0)
        return super().on_failure(exc_info, *args, **options)

    def give_back(self, error: str, seconds: float | None = None) -> None:
        try:
            give_back(pk=self.args[0], holder=self.id, error=error, seconds=seconds)
        except Error:
            log.exception("%s: not given back, so it is run anew when its time is over", self.name)
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


@worker_ready.connect
def measure_worker(**options: Any) -> None:
    measure("worker")
    serve_metrics()


@beat_init.connect
def measure_beat(**options: Any) -> None:
    measure("beat")
    serve_metrics()


def measure(kind: str) -> None:
    if FOLDER in os.environ:  # where nobody asks, nothing is looked at
        measure_as(kind)


def serve_metrics() -> None:
    if settings.TASK_METRICS_PORT:
        try:
            metrics.serve(settings.TASK_METRICS_PORT)
        except OSError as error:
            log.warning("metrics: nobody can ask for them at port %d: %s", settings.TASK_METRICS_PORT, error)


@worker_shutting_down.connect
def end_in_time(**options: Any) -> None:
    """A worker that is told to end waits for its tasks; those that need longer give themselves back."""
    timer = threading.Timer(settings.TASK_GRACE_SECONDS, end_processes)
    timer.daemon = True
    timer.start()


def end_processes() -> None:
    for process in active_children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)


@worker_process_init.connect
def prepare_process(**options: Any) -> None:
    """That it can give back what it runs; and nobody would keep the limits of time of one whose parent is killed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    measure("worker")
