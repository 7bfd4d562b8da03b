"""A task is a function of an app's `tasks.py` that says how it is to be run.

    @task(queue="soon", attempts=5, backoff=10)
    def look_at_sheet(*, song: int) -> None: ...

It takes ids by keyword, fetches, says so if that is gone, and calls one operation. It may be run twice: a worker that
is killed in the middle has not said how far it came.
"""

import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings

Result = dict[str, Any] | None
Function = TypeVar("Function", bound=Callable[..., Result])

QUEUES = ("now", "soon", "later")  # by urgency: somebody waits for it; soon; whenever there is nothing else
TAKEN = {"by", "about", "key", "due_at"}  # which are enqueue()'s own


@dataclass(frozen=True)
class Declared:
    name: str
    function: Callable[..., Result]
    queue: str
    attempts: int
    backoff: float
    longest: float
    soft: int
    hard: int
    atomic: bool

    def pause(self, failures: int) -> float:
        """Seconds until the next attempt: backoff with full jitter (AWS Architecture Blog, 2015)."""
        return random.uniform(0, min(self.longest, self.backoff * 2.0 ** min(failures - 1, 60)))  # noqa: S311 — no secret


TASKS: dict[str, Declared] = {}


def task(
    *,
    queue: str = "soon",
    attempts: int = 5,
    backoff: float = 10,
    longest: float = 3600,
    soft: int | None = None,
    hard: int | None = None,
    atomic: bool = False,
) -> Callable[[Function], Function]:
    """Declares the function as the task "<app>.<function>"; it stays a function.

    It is tried `attempts` times at most; after the n-th failure it waits up to `backoff` · 2ⁿ⁻¹ seconds, and never more
    than `longest`. After `soft` seconds it is told that its time is over, after `hard` it is killed. What is `atomic`
    runs in one transaction with the note that it is done: its effects in the database are there once, whatever happens.
    """

    def declare(function: Function) -> Function:
        name = f"{function.__module__.split('.')[-2]}.{function.__name__}"
        hardest = hard or settings.TASK_HARD_SECONDS
        softest = soft or min(settings.TASK_SOFT_SECONDS, max(1, hardest - 5))
        known = inspect.signature(function).parameters.values()
        if any(parameter.kind is not parameter.KEYWORD_ONLY or parameter.name in TAKEN for parameter in known):
            raise TypeError(f"{name}: a task takes its arguments by keyword, and none that is named {sorted(TAKEN)}.")
        if queue not in QUEUES or not softest < hardest <= settings.TASK_HARD_SECONDS:
            raise ValueError(f"{name}: no such queue, or soft < hard <= TASK_HARD_SECONDS does not hold.")
        if name in TASKS:
            raise ValueError(f"{name}: there are two of this name.")
        TASKS[name] = Declared(name, function, queue, attempts, backoff, longest, softest, hardest, atomic)
        return function

    return declare


def declared(function: Callable[..., Result]) -> Declared:
    """Raises LookupError for what is no task."""
    for one in TASKS.values():
        if one.function is function:
            return one
    raise LookupError(f"{function.__qualname__} is no task: it lacks @task.")
