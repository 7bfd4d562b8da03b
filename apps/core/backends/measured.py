"""What statements take, and how long a connection is waited for."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from apps.core.query_times import times
from apps.core.spent import threads

SAVEPOINTS = "SAVEPOINT ", "RELEASE ", "ROLLBACK TO "


class Measured:
    """For a DatabaseWrapper."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.execute_wrappers: list[Any] = [measure]

    def connect(self) -> None:
        """With a pool: until there is one to be had."""
        began = perf_counter()
        try:
            super().connect()  # type: ignore[misc]
        finally:
            if (spent := threads.spent) is not None:
                spent.waiting += perf_counter() - began


def measure(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    began = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        seconds = perf_counter() - began
        text = sql if isinstance(sql, str) else str(sql)
        if text.startswith(SAVEPOINTS):  # each has a name of its own
            text = text.partition(" ")[0]
        times.add(text, seconds)
        if (spent := threads.spent) is not None:
            spent.query(text, seconds)
