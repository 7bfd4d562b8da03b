"""QuerySets whose SQL is made once a thread: making it costs the ORM more than asking the database does.

BY_SLUG = Compiled(lambda: Jam.objects.public().filter(slug=GIVEN).values("slug", "name"))
rows = BY_SLUG("a-jam", limit=1)
"""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.query import ValuesIterable

from apps.core.prepared import prepared_cursor

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
        with prepared_cursor() as cursor:
            cursor.execute(*self.statement(given, limit))
            return self.rows(cursor.fetchall())

    def statement(self, given: Any, limit: int) -> tuple[str, list[Any]]:
        sql, params, *_ = self.made
        return f"{sql} LIMIT {limit:d}", [given if param is PLACEHOLDER else param for param in params]

    def rows(self, found: list[Any]) -> list[Any]:
        _sql, _params, names, convert = self.made
        rows = convert(found)
        return [dict(zip(names, row)) for row in rows] if names else list(rows)  # noqa: B905 — one costs the other

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


def fetch_together(one: Compiled, many: Compiled, given: Any, *, limit: int) -> tuple[list[Any], list[Any]]:
    """A row of `one`, whose first column is never null, and the first rows of `many`; on PostgreSQL in one trip."""
    if connection.vendor != "postgresql":
        return one(given, limit=1), many(given, limit=limit)
    (left, left_values), (right, right_values) = one.statement(given, 1), many.statement(given, limit)
    with prepared_cursor() as cursor:
        # No row of the one goes with any of the other: what is returned are those of both, each beside nulls.
        cursor.execute(f"SELECT * FROM ({left}) l FULL JOIN ({right}) r ON false", left_values + right_values)  # noqa: S608
        rows = cursor.fetchall()
    width = len(one.made[2])
    found = [row[:width] for row in rows if row[0] is not None]
    return one.rows(found), many.rows([row[width:] for row in rows if row[0] is None])
