"""Songs in JSON as records of a table: a list of objects, or {"songs": [...]}, with the names that CSV and API have.

An entry's number, from 1, stands where a file has its line.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NoReturn

from django.utils.translation import gettext as _

from apps.catalog.csv_records import Record
from apps.catalog.errors import Unreadable
from apps.catalog.music import format_parts

SEPARATOR = ";"  # of tags, in a cell


def read_json(file: BinaryIO, *, is_heading: Callable[[str], bool]) -> Iterator[Record]:
    """The names first, as record 0. A name that stands for a song's column once and is spelled otherwise in another
    entry is a column of its own. Raises Unreadable."""
    entries = entries_of(loaded(file.read()))
    names = list(dict.fromkeys(str(name) for entry in entries if isinstance(entry, dict) for name in entry))
    if not names:
        raise Unreadable(_("The list is empty, or its entries are no objects like {“title”: …, “artist”: …}."))
    yield Record(0, names)
    for number, entry in enumerate(entries, 1):
        yield record(number, entry, names)


def loaded(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=refused)
    except UnicodeDecodeError as error:
        raise Unreadable(_("The list is not UTF-8. Save it so and try again.")) from error
    except json.JSONDecodeError as error:
        text = _("The list is no JSON: line %(line)d, letter %(column)d.")
        raise Unreadable(text % {"line": error.lineno, "column": error.colno}) from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(_("The list is no JSON that songs are written in.")) from error


def refused(constant: str) -> NoReturn:
    raise ValueError(constant)


def entries_of(data: Any) -> list[Any]:
    entries = data.get("songs") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        raise Unreadable(_("The list must be a JSON list of songs, or an object with one under “songs”."))
    return entries


def record(number: int, entry: Any, names: list[str]) -> Record:
    if not isinstance(entry, dict):
        return Record(number, [json.dumps(entry)], _("is no object like {“title”: …, “artist”: …}"))
    try:
        return Record(number, [cell(entry.get(name)) for name in names])
    except (ValueError, TypeError, KeyError):
        fields = [str(entry.get(name, "")) for name in names]
        return Record(number, fields, _("holds what is neither a text, a number, tags nor a line-up"))


def cell(value: Any) -> str:
    """As CSV has it. Raises ValueError, TypeError, KeyError for what no cell says."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return SEPARATOR.join(value)
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        parts: Any = [{"count": 1, "required": True, **one} for one in value]
        return format_parts(parts)
    raise ValueError(value)
