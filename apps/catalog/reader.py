"""The records of a CSV file as rows of songs, each song once, from any line on."""

import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO, Protocol

from django.utils.translation import gettext as _

from apps.catalog.cells import HEADINGS, column_of
from apps.catalog.csv_records import Record, read_records
from apps.catalog.errors import Unreadable
from apps.catalog.queries import folded
from apps.catalog.rows import Outcome, Row, read_row, show
from apps.core.text import fold

DIGEST = 16  # bytes: a million songs must fit into memory
MOST_COLUMNS = 100  # of a file: a page asks for each what it is
Identity = tuple[str, str]
Columns = list[str | None]  # of a song, for each column of the file; None for one that is not used


class Records(Protocol):
    def __call__(self, file: BinaryIO, *, is_heading: Callable[[str], bool]) -> Iterator[Record]: ...


class Reader:
    """`columns` says what the file's columns are; otherwise their headings do, as far as `mapping` does not.
    Raises Unreadable.

    `lines` has the songs that were read before `after`, by their digests, with their lines. `records` reads what is no
    CSV file: the first record has the names of the columns.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        columns: Columns | None = None,
        mapping: dict[str, str] | None = None,
        after: int = 0,
        lines: dict[bytes, int] | None = None,
        records: Records = read_records,
    ) -> None:
        self.records = records(file, is_heading=is_heading)
        header = next(self.records)
        self.columns = checked(columns_of(header, mapping) if columns is None else columns, header)
        self.used = [column for column in self.columns if column]
        self.ignored = [show(name) for name, column in zip(header.fields, self.columns, strict=True) if not column]
        self.line = max(after, header.line)
        self.lines = {} if lines is None else lines
        self.rest = (record for record in self.records if record.line > after)

    def batch(self, size: int) -> list[Row]:
        """The rows of the next so many records; none at the end of the file."""
        return list(self.rows(islice(self.rest, size)))

    def rows(self, records: Iterator[Record]) -> Iterator[Row]:
        for record in records:
            self.line = record.line
            empty = not any(map(str.strip, record.fields))
            row = Row(record.line, empty=True) if empty else read_row(record, self.columns)
            if not empty and not row.has(Outcome.REJECTED):
                row.digest = digest(identity(row))
                first = self.lines.setdefault(row.digest, row.line)
                if first != row.line:
                    row.say(Outcome.REPEATED, "title", row.values["title"], in_line(first))
            yield row


def in_line(line: int) -> str:
    return _("is in line %(n)d already") % {"n": line}


def is_heading(heading: str) -> bool:
    return column_of(heading) is not None


def columns_of(header: Record, mapping: dict[str, str] | None = None) -> Columns:
    """What the headings mean, each column of a song once. `mapping` has the column that a heading is, '' for none.
    Raises Unreadable."""
    if len(header.fields) > MOST_COLUMNS:
        text = _("The file has %(n)d columns: at most %(most)d. Delete those that are empty or say nothing of songs.")
        raise Unreadable(text % {"n": len(header.fields), "most": MOST_COLUMNS})
    said = {fold(heading): column or None for heading, column in (mapping or {}).items()}
    if unknown := said.keys() - {fold(heading) for heading in header.fields}:
        text = _("The file has no column %(name)s. It has: %(names)s.")
        names = ", ".join(map(show, header.fields))
        raise Unreadable(text % {"name": show(min(unknown)), "names": show(names)})
    columns: Columns = []
    for heading in map(fold, header.fields):
        column = said[heading] if heading in said else column_of(heading)
        taken = column in columns or (heading not in said and column in said.values())
        columns.append(None if taken else column)
    return columns


def checked(columns: Columns, header: Record) -> Columns:
    """As many as the file has, with what a song needs. Raises Unreadable."""
    columns = [*columns, *[None] * len(header.fields)][: len(header.fields)]
    missing = [name for name in ("title", "artist") if name not in columns]
    if missing:
        found = ", ".join(show(heading) for heading in header.fields)
        text = _("The first line must name the columns. Missing: %(missing)s. Found: %(found)s.")
        raise Unreadable(text % {"missing": ", ".join(missing), "found": show(found)})
    if unknown := [name for name in columns if name and name not in HEADINGS]:
        text = _("Songs have no column %(name)s. They have: %(names)s.")
        raise Unreadable(text % {"name": show(unknown[0]), "names": ", ".join(HEADINGS)})
    if twice := [name for name in columns if name and columns.count(name) > 1]:
        raise Unreadable(_("Two columns are to be %(name)s. Choose one of them.") % {"name": twice[0]})
    return columns


def identity(row: Row) -> Identity:
    return folded(row.values["title"]), folded(row.values["artist"])


def digest(identity: Identity) -> bytes:
    return hashlib.blake2b("\0".join(identity).encode(), digest_size=DIGEST).digest()
