"""Which rows of a file are songs of the library under another name, and which may be."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.catalog.duplicates import Named, Verdict
from apps.catalog.models import Song
from apps.catalog.near import Neighbours
from apps.catalog.reader import Identity, in_line
from apps.catalog.rows import Outcome, Row, show


@dataclass
class Asked:
    """A row that may be a song of the library, or one that an earlier row brings in."""

    row: Row
    song: int | None = None
    row_of: Identity | None = None


@dataclass
class Resolution:
    """`same` has the songs that rows are; `left_out` the rows that bring nothing in."""

    same: dict[Identity, int] = field(default_factory=dict)
    left_out: set[Identity] = field(default_factory=set)
    asked: list[Asked] = field(default_factory=list)


def resolve(
    rows: dict[Identity, Row],
    known: dict[Identity, Song],
    *,
    as_known: bool,
    as_new: bool,
    earlier: Iterable[Row] = (),
    taken: dict[int, int] | None = None,
) -> Resolution:
    """Looks at the rows that are not known, in the order of the file, and says in each what it is taken for. `earlier`
    has rows before these that are to come in and are not there yet, `taken` the lines of rows that are songs."""
    found, lines = Resolution(), {**(taken or {}), **{song.pk: rows[key].line for key, song in known.items()}}
    unknown = {key: row for key, row in sorted(rows.items(), key=lambda one: one[1].line) if key not in known}
    neighbours = Neighbours(named(row) for row in unknown.values())
    for row in earlier:
        neighbours.add(-row.line, named(row))
    keys: dict[int, Identity] = {}  # of rows that are to come in, by the number that stands for them
    for key, row in unknown.items():
        near = neighbours.of(named(row))[:1]
        song = near[0].song if near else 0
        if near and (near[0].verdict is Verdict.SAME or as_known):
            settle(found, key, row, song, neighbours.named[song], lines)
        elif near and not as_new:
            say(row, Outcome.ASK, _("may be %(song)s"), neighbours.named[song])
            found.left_out.add(key)
            found.asked.append(Asked(row, song if song > 0 else None, keys.get(song)))
        else:
            keys[-row.line] = key
            neighbours.add(-row.line, named(row))
    return found


def settle(found: Resolution, key: Identity, row: Row, song: int, is_: Named, lines: dict[int, int]) -> None:
    """The row is that song; the first row that is counts."""
    first = -song if song < 0 else lines.setdefault(song, row.line)
    if first == row.line:
        say(row, Outcome.SAME, _("is %(song)s"), is_)
        found.same[key] = song
    else:
        row.say(Outcome.REPEATED, "title", row.values["title"], in_line(first))
        found.left_out.add(key)


def say(row: Row, outcome: Outcome, reason: str, song: Named) -> None:
    name = _("“%(title)s” by %(artist)s") % {"title": show(song.title), "artist": show(song.artist)}
    row.say(outcome, "title", row.values["title"], reason % {"song": name})


def named(row: Row) -> Named:
    return Named(row.values["title"], row.values["artist"], row.values.get("year"))
