"""Songs from CSV files. A row is taken as a whole or not at all, and a song never twice."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.catalog import events
from apps.catalog.cells import column_of
from apps.catalog.csv_records import Record, read_records
from apps.catalog.errors import Unreadable
from apps.catalog.models import Song
from apps.catalog.operations import list_songs
from apps.catalog.queries import folded
from apps.catalog.rows import Outcome, Problem, Row, read_row, show
from apps.catalog.upkeep import rank_songs
from apps.core.search.terms import song_terms
from apps.core.store import retire_after_commit

BATCH = 1000
ATTEMPTS = 3
Identity = tuple[str, str]


@dataclass
class Report:
    """How the rows ended: each is counted once in the first five; those mended or warned of are counted besides."""

    added: int = 0
    updated: int = 0
    known: int = 0
    repeated: int = 0
    rejected: int = 0
    cleaned: int = 0
    warned: int = 0
    used: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.added + self.updated + self.known + self.repeated + self.rejected


def import_songs(
    file: BinaryIO,
    *,
    update: bool = False,
    dry_run: bool = False,
    on_problem: Callable[[Problem], Any] = lambda problem: None,
    on_batch: Callable[[], Any] = lambda: None,
) -> Report:
    """Add the songs of a CSV file; leave those that are known, or with `update` write what the file says of them.

    `on_problem` hears each problem as it is met. Raises Unreadable when no row can be taken from the file.
    A batch is one transaction; a run that was cut off can be repeated.
    """
    report = Report()
    rows = usable_rows(file, report, on_problem)
    while batch := list(islice(rows, BATCH)):
        store(batch, report, update=update, dry_run=dry_run)
        on_batch()
    if not dry_run and report.added + report.updated:
        rank_songs()
    on_batch()
    return report


def usable_rows(file: BinaryIO, report: Report, on_problem: Callable[[Problem], Any]) -> Iterator[Row]:
    records = read_records(file, is_heading=lambda heading: column_of(heading) is not None)
    columns = read_header(next(records), report)
    lines: dict[bytes, int] = {}  # digests: a million songs must fit into memory
    for record in records:
        if not any(map(str.strip, record.fields)):
            continue
        row = read_row(record, columns)
        if not row.has(Outcome.REJECTED):
            first = lines.setdefault(digest(identity(row)), row.line)
            if first != row.line:
                row.say(Outcome.REPEATED, "title", row.values["title"], _("is in line %(n)d already") % {"n": first})
        count(row, report)
        for problem in row.problems:
            on_problem(problem)
        if not row.has(Outcome.REJECTED, Outcome.REPEATED):
            yield row


def read_header(header: Record, report: Report) -> list[str | None]:
    columns: list[str | None] = []
    for heading in header.fields:
        column = column_of(heading)
        columns.append(None if column in columns else column)
        if columns[-1]:
            report.used.append(columns[-1])
        else:
            report.ignored.append(show(heading))
    missing = [name for name in ("title", "artist") if name not in columns]
    if missing:
        found = ", ".join(report.used + report.ignored)
        text = _("The first line must name the columns. Missing: %(missing)s. Found: %(found)s.")
        raise Unreadable(text % {"missing": ", ".join(missing), "found": show(found)})
    return columns


def count(row: Row, report: Report) -> None:
    report.rejected += row.has(Outcome.REJECTED)
    report.repeated += row.has(Outcome.REPEATED)
    report.warned += row.has(Outcome.WARNING)
    report.cleaned += row.cleaned


def identity(row: Row) -> Identity:
    return folded(row.values["title"]), folded(row.values["artist"])


def digest(identity: Identity) -> bytes:
    return hashlib.blake2b("\0".join(identity).encode(), digest_size=16).digest()


def store(batch: list[Row], report: Report, *, update: bool, dry_run: bool) -> None:
    # In one order everywhere, so that two imports at once wait for each other and never in a circle.
    rows = dict(sorted((identity(row), row) for row in batch))
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                known = find_known(rows, update=update)
                new = [make_song(key, row) for key, row in rows.items() if key not in known]
                changed = [song for key, song in known.items() if update and change(song, rows[key].values)]
                if not dry_run:
                    list_songs(song.pk for song in known.values() if not song.listed)
                    write(new, changed, [name for name in report.used if name])
        except IntegrityError:  # somebody added one of them meanwhile: now it is known
            if attempt == ATTEMPTS:
                raise
        else:
            break
    report.added += len(new)
    report.updated += len(changed)
    report.known += len(known) - len(changed)


def find_known(rows: dict[Identity, Row], *, update: bool) -> dict[Identity, Song]:
    titles, artists = {title for title, _artist in rows}, {artist for _title, artist in rows}
    songs = Song.objects.filter(folded_title__in=titles, folded_artist__in=artists)
    if update:
        songs = songs.select_for_update().order_by("folded_title", "folded_artist")
    else:
        songs = songs.only("folded_title", "folded_artist", "listed")
    found = {(song.folded_title, song.folded_artist): song for song in songs}
    return {key: song for key, song in found.items() if key in rows}


def make_song(key: Identity, row: Row) -> Song:
    terms = song_terms(row.values["title"], row.values["artist"])
    return Song(folded_title=key[0], folded_artist=key[1], terms=terms, **row.values)


def change(song: Song, values: dict[str, Any]) -> bool:
    """Whether the values say anything new of the song, which then has it."""
    new = {name: value for name, value in values.items() if getattr(song, name) != value}
    for name, value in new.items():
        setattr(song, name, value)
    return bool(new)


def write(new: list[Song], changed: list[Song], columns: list[str]) -> None:
    Song.objects.bulk_create(new)
    retire_after_commit("songs")
    if pks := [song.pk for song in changed]:
        transaction.on_commit(lambda: events.songs_changed.send(None, pks=pks), robust=True)
    for song in changed:
        song.pk = None  # one statement for all: insert, and where the song is there, update
    Song.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["folded_title", "folded_artist"], update_fields=columns
    )
