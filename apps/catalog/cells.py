"""The columns of a CSV file of songs: their headings, and what their cells may hold."""

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from apps.catalog import music
from apps.catalog.validators import validate_chord_sheet_url
from apps.core.text import fold

# Column of a song → the headings that mean it, folded.
HEADINGS = {
    "title": ("title", "song", "song title", "track", "track name"),
    "artist": ("artist", "artists", "artist name", "performer", "band"),
    "year": ("year", "release year", "released"),
    "key": ("key", "musical key"),
    "tempo": ("tempo", "bpm", "tempo bpm"),
    "duration": ("duration", "length", "duration seconds", "length seconds"),
    "style": ("style", "genre", "genre hint"),
    "tags": ("tags", "tag", "keywords"),
    "parts": ("parts", "line up", "lineup", "instruments"),
    "chord_sheet_url": ("chord sheet url", "chord sheet", "chords"),
    "popularity": ("popularity", "hot100 weeks"),
}
COLUMNS = {heading: column for column, headings in HEADINGS.items() for heading in headings}
LENGTHS = {"title": 200, "artist": 200, "style": 40, "chord_sheet_url": 500}
MAX_CELL = 1000
MAX_POPULARITY = 2**31 - 1
WHOLE = re.compile(r"\d{1,12}(\.0+)?")
NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?")


def column_of(heading: str) -> str | None:
    """The column of a song that a heading means."""
    return COLUMNS.get(fold(heading))


def read_cell(column: str, text: str) -> Any:
    """The value of clean text. Raises ValueError or ValidationError with the reason why it is none."""
    length = LENGTHS.get(column, MAX_CELL)
    if len(text) > length:
        raise ValueError(_("is longer than %(length)d letters") % {"length": length})
    return READERS[column](text)


def name(text: str) -> str:
    if not text:
        raise ValueError(_("is missing"))
    return text


def year(text: str) -> int:
    if not WHOLE.fullmatch(text) or not music.MIN_YEAR <= int(float(text)) <= music.MAX_YEAR:
        raise ValueError(_("is not a year"))
    return int(float(text))


def tempo(text: str) -> int:
    if not NUMBER.fullmatch(text):
        raise ValueError(_("is not a number of beats a minute"))
    if not music.MIN_TEMPO <= round(float(text)) <= music.MAX_TEMPO:
        limits = {"low": music.MIN_TEMPO, "high": music.MAX_TEMPO}
        raise ValueError(_("is not between %(low)d and %(high)d beats a minute") % limits)
    return round(float(text))


def popularity(text: str) -> int:
    if not WHOLE.fullmatch(text) or int(float(text)) > MAX_POPULARITY:
        raise ValueError(_("is not a whole number from 0 to %(high)d") % {"high": MAX_POPULARITY})
    return int(float(text))


def chord_sheet_url(text: str) -> str:
    validate_chord_sheet_url(text)
    return text


READERS: dict[str, Callable[[str], Any]] = {
    "title": name,
    "artist": name,
    "style": str,
    "year": year,
    "key": music.parse_key,
    "tempo": tempo,
    "duration": music.parse_duration,
    "tags": music.parse_tags,
    "parts": music.parse_parts,
    "chord_sheet_url": chord_sheet_url,
    "popularity": popularity,
}
