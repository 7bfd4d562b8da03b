"""CSV as people send it: any delimiter, open quotes, broken bytes. What can be read is read, the rest is named.

Bytes that are not UTF-8 come through as surrogates (PEP 383), for the reader of the row to refuse.
"""

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from apps.catalog.errors import Unreadable

DELIMITERS = ",;\t|"
MAX_LINE = 100_000  # characters
MAX_LINES = 20  # in one record; beyond that somebody forgot to close a quote
UTF16 = ("\udcff\udcfe", "\udcfe\udcff")


class Record(NamedTuple):
    line: int
    fields: list[str]
    fault: str = ""  # why the fields are not to be trusted


class OpenQuote(Exception):
    """A record that does not end."""


class Lines:
    """The lines of a file. A record takes them one by one and may give them back."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.number = 0
        self.taken: list[str] = []
        self.returned: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.returned.popleft() if self.returned else self.read()
        if self.taken and (not line or len(self.taken) == MAX_LINES):
            self.returned.appendleft(line)
            raise OpenQuote
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line

    def read(self) -> str:
        line = part = self.text.readline(MAX_LINE)
        while len(part) == MAX_LINE and not part.endswith("\n"):  # too long for any field: its end is passed by
            part = self.text.readline(MAX_LINE)
        return line

    def begin(self) -> int:
        """A record ends here. Returns the number of the line after it."""
        self.taken.clear()
        return self.number + 1

    def give_back(self, keep: int) -> None:
        """All lines of this record but the first `keep` will be read again."""
        self.number -= len(self.taken) - keep
        self.returned.extendleft(reversed(self.taken[keep:]))


def read_records(file: BinaryIO, *, is_heading: Callable[[str], bool]) -> Iterator[Record]:
    """The records of a file, the header first; the delimiter is the one that gives the most known headings.

    Raises Unreadable where there is no header.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline=None)
    lines = Lines(text)
    try:
        yield from records(lines, guess_delimiter(first_line(lines), is_heading))
    finally:
        if not file.closed:
            text.detach()  # the file belongs to the caller


def first_line(lines: Lines) -> str:
    for line in lines:
        if line.startswith(UTF16):
            raise Unreadable(_("The file is UTF-16. Save it as “CSV UTF-8” and try again."))
        if line.startswith("PK\x03\x04") or "\0" in line:
            raise Unreadable(_("That is not a CSV file. Save the table as “CSV UTF-8” and try again."))
        if line.strip():
            lines.give_back(keep=0)
            return line
        lines.begin()
    raise Unreadable(_("The file is empty. It needs a header line and one line for each song."))


def guess_delimiter(header: str, is_heading: Callable[[str], bool]) -> str:
    """Where no heading is known, the one that gives the most columns."""

    def known(delimiter: str) -> tuple[int, int]:
        headings = next(csv.reader([header], delimiter=delimiter), [])
        return sum(map(is_heading, headings)), len(headings)

    return max(DELIMITERS, key=known)


def records(lines: Lines, delimiter: str) -> Iterator[Record]:
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        line = lines.begin()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except (OpenQuote, csv.Error):
            # One bad line must not swallow the good ones behind it.
            start = lines.taken[0]
            lines.give_back(keep=1)
            yield Record(line, [start], _("opens a quote that is not closed"))
        else:
            yield Record(line, fields)
