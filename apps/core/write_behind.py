"""Write-behind counters: counted in the process, added to their tables in batches by a thread that nobody waits for.

A batch is written WRITE_BEHIND_SECONDS after its first count, sooner when it is large, and on a clean stop. A process
that is killed loses what it has not written. While the database is away the counts stay, as many as MOST.
"""

import atexit
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections, models, router, transaction

log = logging.getLogger(__name__)

Key = tuple[Any, ...]
Counted = dict[Key, int]
Write = Callable[[Counted], None]

LARGE = 1_000  # different keys: written at once
MOST = 10_000  # different keys: further ones are not counted
STOP_SECONDS = 10  # that a stop waits for the database
ROWS = 500  # of a statement


class WriteBehind:
    """While anything is left to write, and only then, there is a thread that writes."""

    def __init__(self) -> None:
        self.counted: dict[tuple[Write, Key], int] = {}
        self.lock = threading.Lock()
        self.due = threading.Event()
        self.stopping = False
        self.writer: threading.Thread | None = None

    def add(self, write: Write, *key: Any) -> None:
        """One more of `key`, which `write` will store. It costs a microsecond and never raises."""
        with self.lock:
            kept = self.counted.get((write, key))
            if kept is None and len(self.counted) >= MOST:
                return
            self.counted[write, key] = (kept or 0) + 1
            if self.writer is None:
                self.start()
            if kept is None and len(self.counted) == LARGE:
                self.due.set()

    def start(self) -> None:
        with suppress(RuntimeError):  # no thread to be had: the next count asks again
            self.due.clear()
            writer = threading.Thread(target=self.run, name="write-behind", daemon=True)
            writer.start()
            self.writer = writer

    def run(self) -> None:
        connections[DEFAULT_DB_ALIAS] = own_connection()
        left = True
        while left:
            self.due.wait(settings.WRITE_BEHIND_SECONDS)
            self.due.clear()
            last = self.stopping  # looked at before writing: what was counted before the stop is in this batch
            try:
                self.write()
                connection.close()
            except Exception:
                log.exception("write-behind: a batch is lost")
            with self.lock:
                left = bool(self.counted) and not last
                if not left:
                    self.writer = None

    def write(self) -> None:
        """Everything that was counted, each kind in a transaction of its own; what cannot be written now stays."""
        with self.lock:
            counted, self.counted = self.counted, {}
        batches: dict[Write, Counted] = {}
        for (write, key), times in counted.items():
            batches.setdefault(write, {})[key] = times
        for write, batch in batches.items():
            try:
                with transaction.atomic():
                    write(batch)
            except Error as error:
                log.warning("write-behind: %d counts wait for the database: %s", sum(batch.values()), error)
                self.keep(write, batch)

    def keep(self, write: Write, batch: Counted) -> None:
        with self.lock:
            for key, times in batch.items():
                if (write, key) in self.counted or len(self.counted) < MOST:
                    self.counted[write, key] = self.counted.get((write, key), 0) + times

    def stop(self) -> None:
        """Writes what is left, before the process ends; what is counted later is written as ever."""
        with self.lock:
            writer, self.stopping = self.writer, True
            self.due.set()
        if writer:
            writer.join(STOP_SECONDS)
        with self.lock:
            self.stopping = False
            if self.counted:
                log.warning("write-behind: %d counts are lost, the database is away", sum(self.counted.values()))


write_behind = WriteBehind()
atexit.register(write_behind.stop)


def own_connection() -> Any:
    """Not from the pool, which cannot be opened any more while the process ends."""
    own = connection.copy()
    own.settings_dict.get("OPTIONS", {}).pop("pool", None)
    return own


def today() -> date:
    """Of a counter, in UTC: no change of clocks makes a day longer, and a night has its counts on two days anyway."""
    return datetime.now(UTC).date()


def add_up(
    model: type[models.Model],
    rows: list[Key],
    *,
    by: tuple[str, ...],
    sums: tuple[str, ...] = ("times",),
    latest: tuple[str, ...] = (),
) -> None:
    """Adds `sums` to those of the row of each key, or makes it, and replaces `latest`.

    `rows` are (*by, *sums, *latest).

    Sorted by key, so that two processes never wait for each other; `by` must be a unique constraint.
    """
    fields: list[Any] = [model._meta.get_field(name) for name in (*by, *sums, *latest)]
    columns = [field.column for field in fields]
    table, keys = model._meta.db_table, ", ".join(columns[: len(by)])
    sets = [f"{name} = {table}.{name} + excluded.{name}" for name in sums]
    sets += [f"{name} = excluded.{name}" for name in latest]
    one = f"({', '.join(['%s'] * len(columns))})"
    rows = sorted(rows, key=lambda row: row[: len(by)])
    with connections[router.db_for_write(model)].cursor() as cursor:
        for start in range(0, len(rows), ROWS):
            some = rows[start : start + ROWS]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * len(some))}"  # noqa: S608 — names of columns
                f" ON CONFLICT ({keys}) DO UPDATE SET {', '.join(sets)}",
                [value for row in some for value in row],
            )
