"""Songs as CSV. What `import_songs` reads of it is what was there, and no spreadsheet runs it."""

import csv
from typing import Any, TextIO

from django.core.management.base import OutputWrapper
from django.db.models import QuerySet

from apps.catalog.models import Song
from apps.catalog.music import format_parts
from apps.catalog.rows import FORMULA

# Lengths in seconds: spreadsheets turn 3:42 into a time of day.
COLUMNS = (
    "title", "artist", "year", "key", "tempo", "duration", "style", "tags", "parts", "chord_sheet_url", "popularity",
)  # fmt: skip
CHUNK = 2000
SPREADSHEET = "utf-8-sig"  # without the mark they take UTF-8 for something else


def export_songs(songs: QuerySet[Song], file: TextIO | OutputWrapper) -> int:
    """Write the songs, in their order, with a header; the number of songs. The file is opened with newline=''."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    written = 0
    for values in songs.values_list(*COLUMNS).iterator(CHUNK):
        writer.writerow(safe_cells(dict(zip(COLUMNS, values, strict=True))))
        written += 1
    return written


def safe_cells(song: dict[str, Any]) -> list[str]:
    song |= {"tags": ";".join(song["tags"]), "parts": format_parts(song["parts"])}
    return [safe("" if value is None else str(value)) for value in song.values()]


def safe(text: str) -> str:
    """An apostrophe before what a spreadsheet would take for a formula, and before one that looks like ours."""
    return f"'{text}" if FORMULA.match(text) else text
