"""The shapes that the API speaks: JSON by orjson, pages of lists. Named in settings, so nothing here imports views."""

import re
from collections.abc import Iterable
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer

from apps.core.compiled import Compiled
from apps.core.replicas import from_replica

# No answer is larger than 100 KB, also of four bytes a letter.
MOST_BYTES = 96_000  # of rows; something stands around them
LONGEST, MOST_LONG_ROWS = 200, 30
LONGEST_TITLE = 64  # of a song among the hundreds of a jam
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # escaped, since JSON allows no other


class JSONParser(BaseParser):
    """Strict JSON (RFC 8259): UTF-8, no NaN, no lone surrogates, no NUL, which PostgreSQL cannot store."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read()
        if NUL.search(body):
            raise ParseError(_("The body holds a NUL character. Leave it out."))
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(_("The body is not JSON: %(error)s") % {"error": error}) from error
        if not isinstance(data, dict):
            raise ParseError(_("The body must be a JSON object, like {…}."))
        return data


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        if data is None:
            return b""
        indent = orjson.OPT_INDENT_2 if (renderer_context or {}).get("indent") else 0  # for people
        return dumps(data, orjson.OPT_NON_STR_KEYS | indent)


class BrowsableAPI(BrowsableAPIRenderer):
    def render(self, *args: Any, **kwargs: Any) -> str:
        page: str = super().render(*args, **kwargs)
        return page.replace("<html>", f'<html lang="{get_language()}">', 1)


def dumps(data: Any, option: int = 0) -> bytes:
    """Times, which come from the database in UTC, as '2026-12-01T20:00:00Z'."""
    return orjson.dumps(data, default=str, option=option | orjson.OPT_UTC_Z)


def cut(text: str, longest: int | None) -> str:
    """Texts of a list are cut, so that a page of them stays small."""
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"


def fitting(rows: Iterable[Any], most: int) -> list[Any]:
    """The first rows, as many as JSON of `most` bytes holds."""
    rows = list(rows)
    if size_of(rows) <= most:
        return rows
    fit = []
    for row in rows:
        most -= size_of(row) + 1
        if most < 0:
            break
        fit.append(row)
    return fit


def size_of(data: Any) -> int:
    return len(orjson.dumps(data, default=str))


class Pages(PageNumberPagination):
    """`?page=2&page_size=50` → `{count, next, previous, results}`."""

    page_size_query_param = "page_size"

    def __init__(self) -> None:
        self.page_size, self.max_page_size = settings.PAGE_SIZE, settings.MAX_PAGE_SIZE

    def paginate_queryset(self, *asked: Any, **options: Any) -> Any:
        return from_replica(lambda: super(Pages, self).paginate_queryset(*asked, **options))


def first_page(request: HttpRequest, rows: Compiled) -> tuple[dict[str, Any], list[Any]]:
    """What FewPages says of the first page, all but its results; and their rows, which bring along how many there are:
    see `with_total`."""
    size = min(settings.PAGE_SIZE, MOST_LONG_ROWS, settings.MAX_PAGE_SIZE)
    found = rows(limit=size + 1)
    more = len(found) > size
    address = f"{request.scheme}://{request.get_host()}{request.path}?page=2" if more else None
    totals = [row.pop("total") for row in found]
    page: dict[str, Any] = {"count": totals[0] if totals else 0, "next": address, "previous": None, "results": []}
    return page, found[:size]


class FewPages(Pages):
    """Lists whose rows are long: at most 30 of them, their descriptions cut to LONGEST."""

    def __init__(self) -> None:
        super().__init__()
        self.max_page_size = min(MOST_LONG_ROWS, settings.MAX_PAGE_SIZE)
