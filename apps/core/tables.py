"""Tables as commands print them."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _


def lines_of(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> list[str]:
    """Columns under their names: numbers to the right, texts to the left; one line where there is no row."""
    if not rows:
        return [_("none")]
    cells = [[text(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    right = [not isinstance(value, str) for value in rows[0]]
    return [line(row, widths, right) for row in (names, *cells)]


def line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    aligned = (cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True))
    return "  ".join(aligned).rstrip()


def text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return str(value)


def size(count: int) -> str:
    """'8.0 KB', '1.4 GB'."""
    return filesizeformat(count).replace("\xa0", " ")


def as_json(facts: Any) -> str:
    return orjson.dumps(facts, default=str, option=orjson.OPT_INDENT_2).decode()
