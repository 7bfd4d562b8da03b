"""Statements that PostgreSQL reads and plans once a connection, which is most of what a small one takes.

Behind a pooler such as PgBouncer each transaction may get another connection of the server's, so nothing is prepared.
`PREPARED_STATEMENTS=false` prepares nothing anywhere.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.utils import CursorWrapper
from django_prometheus.db.common import ExportingCursorWrapper
from psycopg.types.datetime import TimestamptzLoader

T = TypeVar("T")


PLACE = re.compile(r"%(?:%|s|\((\w+)\)s)")


class Cursor(psycopg.RawCursor[Any]):
    """Takes statements as Django writes them. psycopg would read a long one anew each time."""

    def execute(self, query: Any, params: Any = None, **_options: Any) -> Any:
        if params is not None:
            query, names = numbered(query)
            params = [params[name] for name in names] if isinstance(params, dict) else params
        try:
            return super().execute(query, params, prepare=True)
        except psycopg.errors.FeatureNotSupported:  # its plan is of other columns than there are now
            if self.connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                raise  # the rollback forgets what was prepared
            self.connection.execute("DEALLOCATE ALL")
            return super().execute(query, params, prepare=True)


@lru_cache(maxsize=256)
def numbered(query: str) -> tuple[str, list[str]]:
    """With PostgreSQL's own placeholders, and what they are called."""
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        name = found[1] or str(len(names))
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return PLACE.sub(place, query), names


MeasuredCursor: Any = ExportingCursorWrapper(Cursor, DEFAULT_DB_ALIAS, "postgresql")
ADAPTERS: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()  # of each connection that was made ready


def prepared_cursor() -> CursorWrapper:
    """For statements of few texts, since each stays prepared. On SQLite, where queries are logged with their values,
    and where nothing shall be prepared, a cursor like any other."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql" or connection.queries_logged or not settings.PREPARED_STATEMENTS:
        return connection.cursor()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    server = connection.connection
    adapters = ADAPTERS.get(server) or make_ready(server)
    cursor = MeasuredCursor(server)
    cursor._adapters = adapters
    return connection._prepare_cursor(cursor)


def at_once(act: Callable[..., T | None], *args: Any, **options: Any) -> T | None:
    """Without asking a kept connection first whether it lives, which costs as much as a small statement.

    One that does not says so itself. Then it is closed and the answer is None: go the way that asks. So it must do no
    harm to do twice.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    connection.health_check_done = True
    try:
        return act(*args, **options)
    except (InterfaceError, OperationalError):
        if connection.connection is None:  # there was none to be had: do not wait for one again
            raise
        connection.close()
        return None


def make_ready(server: Any) -> Any:
    """Times are read by psycopg's loader in C: Django's own, in Python, takes ten times as long, and all is UTC."""
    if is_direct(server):
        server.prepare_threshold = 1_000_000  # only what asks for it
        server.pgconn.exec_(b"SET plan_cache_mode = force_generic_plan")  # planned once, whatever it is asked with
    else:
        server.prepare_threshold = None  # nothing at all
    adapters = ADAPTERS[server] = psycopg.adapt.AdaptersMap(server.adapters)
    adapters.register_loader("timestamptz", TimestamptzLoader)
    return adapters


def is_direct(server: Any) -> bool:
    """A pooler makes up the process id that it tells whoever connects."""
    answer = server.pgconn.exec_(b"SELECT pg_backend_pid()")
    return answer.status == psycopg.pq.ExecStatus.TUPLES_OK and int(answer.get_value(0, 0)) == server.info.backend_pid
