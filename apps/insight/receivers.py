"""Listens to what lower apps announce."""

from typing import Any

from django.dispatch import receiver

from apps.core.spent import Spent
from apps.insight.measuring.recorder import recorder
from apps.tasks.models import Task
from apps.tasks.running import attempt_ended


@receiver(attempt_ended, sender=Task)
def record(task: Task, seconds: float, spent: Spent, **_signal: Any) -> None:
    recorder.task(task.name, bool(task.error), seconds, spent)
