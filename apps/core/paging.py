"""Paging of long lists: a page begins behind the last row of the one before, however deep, at the cost of the first.

The order must be total, in one direction and without nulls (see `song_keys` in apps/catalog): then one comparison of
rows, `(a, b) > (…, …)`, is the place, ties lose and repeat nothing, and an index finds it.
"""

import base64
import binascii
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Func, QuerySet, Value
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from apps.core.formats import MOST_BYTES, size_of
from apps.core.replicas import from_replica

KEY = "key_"


class Beyond(Func):
    """`(a, b) > (1, 2)`, rows compared from the left; `<` where the order falls."""

    output_field = BooleanField()

    def __init__(self, keys: list[Any], values: list[Any], *, falling: bool) -> None:
        super().__init__(*keys, *values)
        self.falling = falling

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> Any:
        parts = [compiler.compile(part) for part in self.get_source_expressions()]
        half = len(parts) // 2
        keys, values = (", ".join(sql for sql, _params in side) for side in (parts[:half], parts[half:]))
        return f"({keys}) {'<' if self.falling else '>'} ({values})", [p for _sql, params in parts for p in params]


class Cursors(BasePagination):
    """`?cursor=…&page_size=50` → `{next, results}`; nothing is counted. A page may end early at 96 KB."""

    def __init__(self, address: str = "") -> None:
        self.address, self.following = address, ""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        """Rows of a queryset of `values()`. Raises NotFound for a cursor that is not of this list."""
        self.address, rows = request.build_absolute_uri(), with_keys(queryset)
        if given := request.query_params.get("cursor"):
            rows = self.behind(rows, given, falling=queryset.query.order_by[0].descending)
        size = page_size(request)
        return self.page(from_replica(lambda: list(rows[: size + 1])), size)

    def behind(self, rows: QuerySet[Any], cursor: str, *, falling: bool) -> QuerySet[Any]:
        names = [name for name in rows.query.annotations if name.startswith(KEY)]
        fields = [rows.query.annotations[name].output_field for name in names]
        values = [Value(value, field) for value, field in zip(read(cursor, fields), fields, strict=True)]
        keys = [rows.query.annotations[name] for name in names]
        return rows.filter(Beyond(keys, values, falling=falling))

    def page(self, rows: list[dict[str, Any]], size: int) -> list[dict[str, Any]]:
        """As many as fit; where more follow, the cursor is the last one's keys."""
        page: list[dict[str, Any]] = []
        total, last = 0, []
        for row in rows[:size]:
            keys = [row.pop(name) for name in [name for name in row if name.startswith(KEY)]]
            total += size_of(row) + 40  # the address, which is added later
            if page and total > MOST_BYTES:
                break
            page.append(row)
            last = keys
        if len(page) < len(rows):
            self.following = written(last)
        return page

    def envelope(self, results: Any) -> dict[str, Any]:
        following = replace_query_param(self.address, "cursor", self.following) if self.following else None
        return {"next": following, "results": results}

    def get_paginated_response(self, data: Any) -> Response:
        return Response(self.envelope(data))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        names = {"next": {"type": ["string", "null"], "format": "uri"}, "results": schema}
        return {"type": "object", "required": ["next", "results"], "properties": names}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        said = {"cursor": ("string", "From `next`."), "page_size": ("integer", f"At most {settings.MAX_PAGE_SIZE}.")}
        return [
            {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": kind}}
            for name, (kind, text) in said.items()
        ]


def with_keys(rows: QuerySet[Any, dict[str, Any]]) -> QuerySet[Any, dict[str, Any]]:
    """With the keys that a queryset is ordered by, as columns."""
    order: list[Any] = list(rows.query.order_by)
    return rows.annotate(**{f"{KEY}{place}": term.expression for place, term in enumerate(order)})


def page_size(request: Request) -> int:
    wanted = request.query_params.get("page_size", "")
    size = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 9 else 0
    return min(size or settings.PAGE_SIZE, settings.MAX_PAGE_SIZE)


def written(keys: list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(keys)).decode().rstrip("=")


def read(cursor: str, fields: list[Any]) -> list[Any]:
    try:
        keys = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(keys, list) or len(keys) != len(fields):
            raise ValueError(cursor)
        return [checked(field, key) for field, key in zip(fields, keys, strict=True)]
    except (ValueError, TypeError, binascii.Error, ValidationError, OverflowError) as error:
        raise exceptions.NotFound(_("This cursor is not of this list. Begin with its first page.")) from error


def checked(field: Any, key: Any) -> Any:
    """As the database takes it: a key may have been made by anybody."""
    if not isinstance(key, str | int) or "\x00" in str(key):
        raise ValueError(key)
    value = field.to_python(key)
    if (isinstance(value, int) and abs(value) >= 2**31) or (isinstance(value, datetime) and value.tzinfo is None):
        raise ValueError(key)
    return value
