"""Without a broker: inline in commands and tests, right after the commit; in the server process by one thread, which is
the clock and the sweeper too, so that no request waits for a task."""

import logging
import threading
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import close_old_connections, connections

from apps.tasks.clock import queue_slots
from apps.tasks.metrics import count_tasks
from apps.tasks.models import Task
from apps.tasks.running import run

log = logging.getLogger(__name__)

STOP_SECONDS = 5  # that the end of the server waits for what runs


class Worker:
    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self.wake, self.ending = threading.Event(), False

    def start(self) -> None:
        if not settings.TASK_BROKER_URL and self.thread is None:
            self.ending = False
            self.thread = threading.Thread(target=self.work, name="tasks", daemon=True)
            self.thread.start()

    def work(self) -> None:
        while not self.ending:
            self.wake.clear()
            try:
                close_old_connections()
                queue_slots()
                count_tasks()
                while not self.ending and run_next():
                    pass
            except Exception:
                log.exception("tasks: looked in vain")
            self.wake.wait(settings.TASK_SWEEP_SECONDS)
        connections.close_all()

    def stop(self) -> None:
        """What runs may end; what has not by then is run anew when its time is over."""
        thread, self.thread, self.ending = self.thread, None, True
        self.wake.set()
        if thread:
            thread.join(STOP_SECONDS)


worker = Worker()


def run_here(tasks: Iterable[Task]) -> None:
    if worker.thread or worker.ending:  # what comes at its end waits for the next start
        return worker.wake.set()
    for task in tasks:
        run(task.pk)
    return None


def run_next(at: datetime | None = None) -> Task | None:
    """Runs what has been due for longest, the urgent first; None where nothing is due."""
    due = Task.objects.due(at).order_by("due_at", "pk").values_list("pk", flat=True)
    for pk in due[:100]:
        if task := run(pk, at=at):
            return task
    return None
