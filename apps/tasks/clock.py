"""What runs by the clock: TASK_SCHEDULE names tasks and their times, in UTC. Each time is a row at most, for any number
of clocks, because a row's slot is unique. A time that was missed is made up for within the hour."""

import logging
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.tasks.declared import TASKS
from apps.tasks.enqueue import new_task
from apps.tasks.metrics import count_tasks
from apps.tasks.models import Task
from apps.tasks.sending import sweep

log = logging.getLogger(__name__)

MADE_UP_FOR = timedelta(hours=1)


def tick() -> None:
    """Queues what the clock says, sends what was not, and counts what there is to do. Never raises: the next tick may
    find what this one missed."""
    for do in (queue_slots, sweep, count_tasks):
        try:
            do()
        except Exception:
            log.exception("tasks: the clock missed a tick")


def queue_slots(at: datetime | None = None) -> int:
    """One row for each slot that has come and has none; says how many there are new."""
    now = at or timezone.now()
    slots = {f"{name}@{slot:%Y-%m-%dT%H:%M}": name for name in settings.TASK_SCHEDULE if (slot := latest(name, now))}
    known = set(Task.objects.filter(slot__in=slots).values_list("slot", flat=True))
    new = [new_task(TASKS[name], slot=slot) for slot, name in slots.items() if slot not in known]
    Task.objects.bulk_create(new, ignore_conflicts=True)  # another clock may be as fast
    return len(new)


def latest(name: str, now: datetime) -> datetime | None:
    """The last time of that task that is not longer ago than an hour."""
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    moments = (minute - timedelta(minutes=n) for n in range(int(MADE_UP_FOR.total_seconds() // 60)))
    return next((moment for moment in moments if matches(settings.TASK_SCHEDULE[name], moment)), None)


def matches(line: str, moment: datetime) -> bool:
    cron = parsed(line)
    return (
        moment.minute in cron.minute
        and moment.hour in cron.hour
        and moment.isoweekday() % 7 in cron.day_of_week
        and moment.day in cron.day_of_month
        and moment.month in cron.month_of_year
    )


@cache
def parsed(line: str) -> Any:
    from celery.schedules import crontab  # 14 MB, which a process pays that keeps the clock

    return crontab.from_string(line)
