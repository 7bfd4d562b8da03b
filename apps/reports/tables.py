"""A report as CSV: its tables one after the other, each row with its table's name first, so that one file holds them
and a spreadsheet can filter by it. Times are by the venue's clock; no cell is a formula."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from apps.catalog.exports import SPREADSHEET, safe

Row = list[Any]
SONG = ("song", "title", "artist", "votes", "nights", "played")
# Table → the columns of its rows.
TABLES: dict[str, tuple[str, ...]] = {
    "nights": ("jam", "name", "venue", "starts_at", "people", "voters", "votes", "songs", "performances", "performers",
               "seconds"),
    "votes_over_time": ("at", "votes"),
    "most_wanted": SONG,
    "most_played": SONG,
    "never_played": SONG,
    "instruments": ("instrument", "people", "times"),
    "performers": ("name", "jam", "night", "instruments", "songs", "seconds"),
}  # fmt: skip


def as_csv(report: dict[str, Any]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for row in rows_of(report):
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
    return file.getvalue().encode(SPREADSHEET)


def rows_of(report: dict[str, Any]) -> Iterator[Row]:
    about = report["about"]
    yield ["report", "kind", "name", "since", "until", "time_zone", "made_at"]
    yield ["report", about["kind"], about["name"], report["since"], report["until"], about["time_zone"],
           report["made_at"]]  # fmt: skip
    yield ["figures", "figure", "value", "before"]
    yield from (["figures", name, one["value"], one["before"]] for name, one in report["figures"].items())
    yield ["figures", "songs_played", report["songs_played"], None]
    yield ["figures", "votes_early", report["votes_early"], None]
    for name, columns in TABLES.items():
        if report[name]:
            yield [name, *columns]
            yield from ([name, *(cell(row[column]) for column in columns)] for row in report[name])
    yield from waiting(report["waiting"])


def waiting(waits: dict[str, Any]) -> Iterator[Row]:
    yield ["waiting", "who", "minutes_since", "minutes_below", "number"]
    for who in ("songs", "performers"):
        yield from (["waiting", who, row["since"], row["below"], row["number"]] for row in waits[who]["minutes"])
        yield ["waiting", f"{who}, median", waits[who]["median"], None, waits[who]["number"]]
    yield ["waiting", "in vain", None, None, waits["in_vain"]]


def cell(value: Any) -> Any:
    return "; ".join(value) if isinstance(value, list) else value
