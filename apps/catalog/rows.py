"""From one record of a CSV file to the values of a song, or to the reasons why not."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.cells import read_cell
from apps.catalog.csv_records import Record
from apps.core.text import clean

NAMES = ("title", "artist")
SHOWN = 60
REPORT_COLUMNS = ("line", "outcome", "column", "value", "reason")

# Spreadsheets run what begins like this; the export puts an apostrophe before it.
FORMULA = re.compile(r"\A'*[=+\-@＝＋－＠]")
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")
WINDOWS = re.compile(r"[\x80-\x9f]")
NOT_UTF8 = re.compile(r"[\ud800-\udfff]")
SUSPICIONS = (
    (re.compile(r"[^\W\d_]0(?=\w)|\b0[^\W\d_]"), gettext_lazy("has a digit 0 inside a word")),
    (re.compile(r"Ã[\x80-¿]|â€|\ufffd"), gettext_lazy("looks wrongly decoded")),
    (re.compile(r"&(#\d+|amp|quot|lt|gt|apos);"), gettext_lazy("holds an HTML entity")),
)


class Outcome(StrEnum):
    REJECTED = "rejected"
    REPEATED = "repeated"
    SAME = "same"  # a song of the library under another name
    ASK = "ask"  # perhaps
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """What is said about one value of one row. `value` is safe to print."""

    line: int
    outcome: Outcome
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.column} “{self.value}”" if self.column else f"“{self.value}”"
        return f"line {self.line}: {self.outcome}: {where} {self.reason}"


@dataclass
class Row:
    """`values` has what the file says of the song; a column without a value is left out."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    cleaned: bool = False
    empty: bool = False
    digest: bytes = b""  # of a row that can be taken

    @property
    def usable(self) -> bool:
        return bool(self.digest) and not self.has(Outcome.REJECTED, Outcome.REPEATED)

    def has(self, *outcomes: Outcome) -> bool:
        return any(problem.outcome in outcomes for problem in self.problems)

    def say(self, outcome: Outcome, column: str, value: str, reason: str) -> None:
        self.problems.append(Problem(self.line, outcome, column, show(value), reason))


def read_row(record: Record, columns: list[str | None]) -> Row:
    """`columns` names the column of a song for each field of the record, None for one that is not used."""
    row = Row(record.line)
    fields, more = record.fields[: len(columns)], record.fields[len(columns) :]
    if record.fault:
        row.say(Outcome.REJECTED, "", record.fields[0], record.fault)
    elif len(fields) < len(columns) or any(map(str.strip, more)):
        numbers = {"count": len(record.fields), "expected": len(columns)}
        row.say(
            Outcome.REJECTED,
            "",
            ",".join(record.fields),
            _("has a wrong number of columns: %(count)d, not %(expected)d") % numbers,
        )
    else:
        for column, raw in zip(columns, fields, strict=True):
            if column:
                read_value(row, column, raw)
    return row


def read_value(row: Row, column: str, raw: str) -> None:
    try:
        text = tidy_value(row, column, raw)
        if text or column in NAMES:
            row.values[column] = read_cell(column, text)
    except ValueError as error:
        row.say(Outcome.REJECTED, column, raw, str(error))
    except ValidationError as error:
        row.say(Outcome.REJECTED, column, raw, " ".join(error.messages))


def tidy_value(row: Row, column: str, raw: str) -> str:
    """Clean text; says so in the row where something was mended or looks odd."""
    if NOT_UTF8.search(raw):
        raise ValueError(_("is not UTF-8; save the file as “CSV UTF-8”"))
    if CONTROLS.search(raw):
        raise ValueError(_("holds control characters"))
    if WINDOWS.search(raw):
        mended = WINDOWS.sub(lambda found: found[0].encode("latin-1").decode("cp1252"), raw)
        row.say(Outcome.WARNING, column, raw, _("holds Windows letters, read as %(text)r") % {"text": mended})
        raw = mended
    plain = raw.removeprefix("'") if raw.startswith("'") and FORMULA.match(raw) else raw
    text = clean(plain)
    row.cleaned = row.cleaned or text != plain
    if column in NAMES:
        for pattern, reason in SUSPICIONS:
            if pattern.search(text):
                row.say(Outcome.WARNING, column, text, str(reason))
    return text


def show(value: str) -> str:
    """Short, and without anything that a terminal would obey or that hides."""
    raw = value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in raw[:SHOWN])
    return safe + "…" * (len(raw) > SHOWN)
