"""How long tasks take, by what became of them, and how many there are to do."""

from django.db.models import Count, Q
from django.utils import timezone
from prometheus_client import Gauge, Histogram

from apps.tasks.declared import QUEUES, TASKS
from apps.tasks.models import Task

# Seconds: from what is done at once to the hard limit.
BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 240, 300)

durations = Histogram(
    "celery_task_duration_seconds",
    "From the claim to the end of an attempt, by task and how it ended: done, failed, retried, unfinished.",
    ["task_name", "status"],
    buckets=BUCKETS,
)
waiting = Gauge(
    "tasks_waiting",
    "Tasks that are due and that nobody has taken, by queue; counted by whoever keeps the clock.",
    ["queue"],
    multiprocess_mode="livemostrecent",
)
running = Gauge("tasks_running", "Tasks that are being done, by queue.", ["queue"], multiprocess_mode="livemostrecent")
failed = Gauge(
    "tasks_failed",
    "Tasks that failed for good within an hour, by queue.",
    ["queue"],
    multiprocess_mode="livemostrecent",
)


def measure(task: Task) -> None:
    """An attempt that has ended just now."""
    if task.started_at:
        name = task.name if task.name in TASKS else "unknown"
        durations.labels(name, status(task)).observe(max(0, (timezone.now() - task.started_at).total_seconds()))


def status(task: Task) -> str:
    """`unfinished`: a part of it was done, and the next attempt does the next."""
    if task.state != Task.State.WAITING:
        return str(task.state)
    return "retried" if task.error else "unfinished"


def count_tasks() -> None:
    """For whoever keeps the clock: there is one, and it is there when no worker is."""
    due = Q(state=Task.State.RUNNING) | Q(due_at__lte=timezone.now())
    rows = Task.objects.unfinished().filter(due).order_by().values_list("queue", "state").annotate(Count("pk"))
    found = {(queue, state): count for queue, state, count in rows}
    gone = dict(Task.objects.failed_lately().order_by().values_list("queue").annotate(Count("pk")))
    for queue in QUEUES:
        waiting.labels(queue).set(found.get((queue, Task.State.WAITING), 0))
        running.labels(queue).set(found.get((queue, Task.State.RUNNING), 0))
        failed.labels(queue).set(gone.get(queue, 0))
