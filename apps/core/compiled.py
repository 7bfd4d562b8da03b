"""QuerySets whose SQL is made once a thread: making it costs the ORM three times what asking the database does.

BY_SLUG = Compiled(lambda: Jam.objects.public().filter(slug=GIVEN).values("slug", "name"))
rows = BY_SLUG("a-jam", limit=1)
"""

import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.query import ValuesIterable
from psycopg.types.datetime import TimestamptzLoader

FAST: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
PLACEHOLDER = object()
GIVEN: Any = Value(PLACEHOLDER)  # stands in the QuerySet where each call puts its value


def with_total(rows: QuerySet[Any]) -> QuerySet[Any]:
    """`total` on each row: how many there are beyond what is read, counted once, on the same way."""
    every = rows.order_by().annotate(every=Value(1)).values("every")
    return rows.annotate(total=Subquery(every.annotate(n=Count("pk")).values("n")))


class Compiled:
    """`build` makes a QuerySet of `values()` or `values_list()` without a slice, the same whenever it is asked."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self.build = build
        self.threads = threading.local()

    def __call__(self, given: Any = None, *, limit: int) -> list[Any]:
        """The first rows, `limit` at most. Reads where writes go, as whatever fills a cache must."""
        return fetch_together((self, given, limit))[0]

    @property
    def made(self) -> tuple[str, tuple[Any, ...], list[str], Callable[[Any], Any]]:
        made = getattr(self.threads, "made", None)
        if made is None:
            made = self.threads.made = self.make()
        return made

    def make(self) -> tuple[str, tuple[Any, ...], list[str], Callable[[Any], Any]]:
        rows = self.build()
        query = rows.query
        compiler: Any = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])

        def convert(rows: Any) -> Any:
            return compiler.apply_converters(rows, converters) if converters else rows

        names = [*query.values_select, *query.annotation_select] if rows._iterable_class is ValuesIterable else []
        return sql, params, names, convert


def fetch_together(*asked: tuple[Compiled, Any, int]) -> list[list[Any]]:
    """The rows of several, each with what it is given and its limit; on PostgreSQL by one trip."""
    if len(asked) > 1 and connection.vendor != "postgresql":
        return [compiled(given, limit=limit) for compiled, given, limit in asked]
    sql, values = [], []
    for compiled, given, limit in asked:
        statement, params, *_ = compiled.made
        sql.append(f"{statement} LIMIT {limit:d}")
        values += [given if param is PLACEHOLDER else param for param in params]
    found: list[list[Any]] = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            read_times_fast(cursor)
        cursor.execute("; ".join(sql), values)
        for compiled, *_ in asked:
            if found:
                cursor.nextset()
            _sql, _params, names, convert = compiled.made
            rows = convert(cursor.fetchall())
            found.append([dict(zip(names, row)) for row in rows] if names else list(rows))  # noqa: B905 — one costs the other
    return found


def read_times_fast(cursor: Any) -> None:
    """By psycopg's loader in C; Django's own, in Python, takes ten times as long for the same, since all is UTC."""
    psycopg_cursor = cursor.cursor
    adapters = FAST.get(psycopg_cursor.connection)
    if adapters is None:
        psycopg_cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        FAST[psycopg_cursor.connection] = psycopg_cursor.adapters
    else:  # made for the first cursor of this connection
        psycopg_cursor._adapters = adapters
