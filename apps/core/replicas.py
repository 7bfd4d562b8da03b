"""Reads that cost much go to a streaming replica, as exact as at the primary.

Before each, a replica is asked whether it has replayed all that the primary has committed by now (log sequence
numbers: "Recovery Information Functions" of PostgreSQL's documentation). So whoever has just written sees it, and what
is kept of an answer is as new as the revision that it is kept under; nobody has to remember who wrote when. One that is
behind for longer than REPLICA_WAIT_SECONDS, or away, is passed over, and the primary asked.
"""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import prometheus_client
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections, models

log = logging.getLogger(__name__)

T = TypeVar("T")

PAUSE = 5.0  # seconds without asking one that has just failed
POLL = 0.002  # seconds between two looks at how far it is

reads = prometheus_client.Counter(
    "replica_reads", "Reads that may go to a replica, by what became of it: read there, behind, or away.", ["outcome"]
)
# Behind all that is committed: where a commit does not wait for the disk, it may be further than what is written there.
COMMITTED = """
SELECT CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn()
       ELSE pg_current_wal_flush_lsn() END
"""
turns = itertools.count()
away_until: dict[str, float] = {}  # by alias


class Reading(threading.local):
    alias = DEFAULT_DB_ALIAS


here = Reading()


class Router:
    """Writes, and whatever is not read within `from_replica`, are the primary's."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        return here.alias

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, *objects: models.Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def from_replica(read: Callable[[], T]) -> T:
    """What `read` answers, which asks the database and changes nothing: it may be called twice."""
    alias = whose_turn()
    if alias is None or here.alias != DEFAULT_DB_ALIAS or connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return read()
    try:
        if caught_up(alias):
            with reading(alias):
                found = read()
            reads.labels("replica").inc()
            return found
        reads.labels("behind").inc()
    except (InterfaceError, OperationalError) as error:
        away_until[alias] = time.monotonic() + PAUSE
        reads.labels("away").inc()
        log.warning("The database %s is passed over for %.0f s: %s", alias, PAUSE, error)
    return read()


def whose_turn() -> str | None:
    """One after the other. None where there is none, or all have just failed."""
    now = time.monotonic()
    there = [alias for alias in settings.REPLICAS if away_until.get(alias, 0.0) <= now]
    return there[next(turns) % len(there)] if there else None


@contextmanager
def reading(alias: str) -> Iterator[None]:
    here.alias = alias
    try:
        yield
    finally:
        here.alias = DEFAULT_DB_ALIAS


def caught_up(alias: str) -> bool:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(COMMITTED)
        (written,) = cursor.fetchone()
    until = time.monotonic() + settings.REPLICA_WAIT_SECONDS
    with connections[alias].cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [written])
            if cursor.fetchone()[0]:
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(POLL)
