"""Celery's beat with our clock: it writes rows instead of sending messages, so two of them do nothing twice."""

from typing import Any

from celery import beat
from django.conf import settings
from django.db import close_old_connections

from apps.tasks.clock import tick


class Scheduler(beat.Scheduler):
    def setup_schedule(self) -> None:
        """There is none to keep: what has been queued, the rows say."""

    def tick(self, *args: Any, **options: Any) -> float:
        close_old_connections()
        tick()
        return settings.TASK_SWEEP_SECONDS
