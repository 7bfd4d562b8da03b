"""QuerySets whose SQL is made once a thread: making it costs the ORM more than asking the database does.

BY_SLUG = Compiled(lambda: Jam.objects.public().filter(slug=GIVEN).values("slug", "name"))
rows = BY_SLUG("a-jam", limit=1)
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesIterable, get_related_populators

from apps.core.prepared import prepared_cursor

PLACEHOLDER = object()
GIVEN: Any = Value(PLACEHOLDER)  # stands in the QuerySet where each call puts its value


def with_total(rows: QuerySet[Any]) -> QuerySet[Any]:
    """`total` on each row: how many there are beyond what is read, counted once, on the same way."""
    every = rows.order_by().annotate(every=Value(1)).values("every")
    return rows.annotate(total=Subquery(every.annotate(n=Count("pk")).values("n")))


class Made(NamedTuple):
    sql: str
    params: tuple[Any, ...]
    width: int  # columns
    read: Callable[[list[Any]], list[Any]]


class Compiled:
    """`build` makes a QuerySet without a slice, the same whenever it is asked: of models, with what `select_related`
    brings along, of `values()` or of `values_list()`."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self.build = build
        self.threads = threading.local()

    def __call__(self, given: Any = None, *, limit: int | None) -> list[Any]:
        """The first rows, `limit` at most; None: all. Reads where writes go, as whatever fills a cache must."""
        with prepared_cursor() as cursor:
            cursor.execute(*self.statement(given, limit))
            return self.made.read(cursor.fetchall())

    def statement(self, given: Any, limit: int | None) -> tuple[str, list[Any]]:
        made = self.made
        sql = made.sql if limit is None else f"{made.sql} LIMIT {limit:d}"
        return sql, [given if param is PLACEHOLDER else param for param in made.params]

    @property
    def made(self) -> Made:
        made: Made | None = getattr(self.threads, "made", None)
        if made is None:
            made = self.threads.made = self.make()
        return made

    def make(self) -> Made:
        rows = self.build()
        compiler: Any = rows.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        each = reader(rows, compiler)

        def read(found: list[Any]) -> list[Any]:
            return each(compiler.apply_converters(found, converters) if converters else found)

        return Made(sql, params, len(compiler.select), read)


def reader(rows: QuerySet[Any, Any], compiler: Any) -> Callable[[Iterable[Sequence[Any]]], list[Any]]:
    """Of what is read the same as the QuerySet makes of it."""
    kind: Any = rows._iterable_class
    if kind is ValuesIterable:
        names = list(rows.query.selected or [*rows.query.values_select, *rows.query.annotation_select])
        return lambda found: [dict(zip(names, row)) for row in found]  # noqa: B905 — one costs the other
    if kind is FlatValuesListIterable:
        return lambda found: [row[0] for row in found]
    if kind is not ModelIterable:
        return lambda found: list(map(tuple, found))
    model, places = compiler.klass_info["model"], compiler.klass_info["select_fields"]
    columns = slice(places[0], places[-1] + 1)
    names = [column.target.attname for column, *_ in compiler.select[columns]]
    related = get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg] # of Django 5

    def instance(row: Sequence[Any]) -> Any:
        made = model.from_db(connection.alias, names, row[columns])
        for populator in related:
            populator.populate(row, made)
        return made

    return lambda found: [instance(row) for row in found]


def fetch_together(one: Compiled, many: Compiled, given: Any, *, limit: int) -> tuple[list[Any], list[Any]]:
    """A row of `one`, whose first column is never null, and the first rows of `many`; on PostgreSQL in one trip."""
    if connection.vendor != "postgresql":
        return one(given, limit=1), many(given, limit=limit)
    (left, left_values), (right, right_values) = one.statement(given, 1), many.statement(given, limit)
    with prepared_cursor() as cursor:
        # No row of the one goes with any of the other: what is returned are those of both, each beside nulls.
        cursor.execute(f"SELECT * FROM ({left}) l FULL JOIN ({right}) r ON false", left_values + right_values)  # noqa: S608
        rows = cursor.fetchall()
    width = one.made.width
    found = [row[:width] for row in rows if row[0] is not None]
    return one.made.read(found), many.made.read([row[width:] for row in rows if row[0] is None])
