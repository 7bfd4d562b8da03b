"""Songs from CSV files. A row is taken as a whole or not at all, and a song never twice.

With `near`, a row that is a song of the library under another name is taken for that song (apps/catalog/duplicates.py);
where only a person can say, it is left out, or taken as the options say.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction

from apps.catalog import events
from apps.catalog.models import Song
from apps.catalog.names import lead_key, title_key
from apps.catalog.operations import list_songs
from apps.catalog.reader import Identity, Reader, identity
from apps.catalog.resolving import Asked, resolve
from apps.catalog.rows import Outcome, Problem, Row
from apps.catalog.run_models import ImportRun
from apps.catalog.upkeep import free_tiers, rank_songs
from apps.core.copying import insert_many
from apps.core.search.terms import song_terms
from apps.core.store import retire_after_commit

BATCH = 2000
Near = ImportRun.Near
ATTEMPTS = 3


@dataclass(frozen=True)
class Options:
    update: bool = False  # write what the file says into songs that are known
    dry_run: bool = False
    near: str = Near.OFF


@dataclass
class Report:
    """How the rows ended: each is counted once in the first six; those mended or warned of are counted besides."""

    added: int = 0
    updated: int = 0
    known: int = 0
    repeated: int = 0
    rejected: int = 0
    asked: int = 0
    cleaned: int = 0
    warned: int = 0
    used: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.added + self.updated + self.known + self.repeated + self.rejected + self.asked

    @property
    def counts(self) -> dict[str, int]:
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name not in {"used", "ignored"}}

    def add(self, counts: dict[str, int]) -> None:
        for name, count in counts.items():
            setattr(self, name, getattr(self, name) + count)


@dataclass
class Batch:
    """Rows that are taken together, and what became of them: it is right once `store` has returned."""

    rows: list[Row]
    report: Report = field(default_factory=Report)
    asked: list[Asked] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        return [problem for row in self.rows for problem in row.problems]


def import_songs(
    file: BinaryIO,
    *,
    update: bool = False,
    dry_run: bool = False,
    near: str = Near.OFF,
    mapping: dict[str, str] | None = None,
    on_problem: Callable[[Problem], Any] = lambda problem: None,
    on_batch: Callable[[], Any] = lambda: None,
) -> Report:
    """Add the songs of a CSV file; leave those that are known, or with `update` write what the file says of them.

    `mapping` says what columns are, by their headings, where those do not say it. `on_problem` hears each problem once
    its batch is stored. Raises Unreadable when no row can be taken from the file. A batch is one transaction; a run
    that was cut off can be repeated, and apps/catalog/import_runs.py has those that go on where they were.
    """
    reader, options = Reader(file, mapping=mapping), Options(update=update, dry_run=dry_run, near=near)
    report = Report(used=reader.used, ignored=reader.ignored)
    while rows := reader.batch(BATCH):
        batch = Batch(rows)
        store(batch, reader.used, options)
        report.add(batch.report.counts)
        for problem in batch.problems:
            on_problem(problem)
        on_batch()
    if not dry_run and report.added + report.updated:
        rank_songs()
    on_batch()
    return report


def store(batch: Batch, columns: list[str], options: Options) -> None:
    """In one transaction."""
    said = {row.line: list(row.problems) for row in batch.rows}
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                take(batch, columns, options)
        except IntegrityError:  # somebody added one of them meanwhile: now it is known
            if attempt == ATTEMPTS:
                raise
            for row in batch.rows:
                row.problems = list(said[row.line])
        else:
            break


def take(batch: Batch, columns: list[str], options: Options) -> None:
    # In one order everywhere, so that two imports at once wait for each other and never in a circle.
    rows = dict(sorted((identity(row), row) for row in batch.rows if row.usable))
    known = find_known(rows, update=options.update)
    batch.asked = []
    if options.near:
        found = resolve(rows, known, as_known=options.near == Near.KNOWN, as_new=options.near == Near.NEW)
        batch.asked = found.asked
        rows = {key: row for key, row in rows.items() if key not in found.left_out}
        known |= songs_of(found.same, update=options.update)
    new = {key: row for key, row in rows.items() if key not in known}
    changed = [song for key, song in known.items() if options.update and change(song, key, rows[key])]
    if not options.dry_run:
        list_songs(song.pk for song in known.values() if not song.listed)
        make_known(known, rows)
        tiers = free_tiers()
        names = {asked.row_of for asked in batch.asked}
        named = {key: make_song(key, new[key], next(tiers)) for key in names if key in new}
        Song.objects.bulk_create(named.values())  # for their keys
        insert_many(make_song(key, row, next(tiers)) for key, row in new.items() if key not in named)
        write(changed, columns)
        for asked in batch.asked:
            asked.song = asked.song or (named[asked.row_of].pk if asked.row_of in named else None)
    batch.report = counted(batch, len(new), len(changed), len(known))


def counted(batch: Batch, new: int, changed: int, known: int) -> Report:
    report = Report(added=new, updated=changed, known=known - changed, asked=len(batch.asked))
    for row in batch.rows:
        report.rejected += row.has(Outcome.REJECTED)
        report.repeated += row.has(Outcome.REPEATED)
        report.warned += row.has(Outcome.WARNING)
        report.cleaned += row.cleaned
    return report


def find_known(rows: dict[Identity, Row], *, update: bool) -> dict[Identity, Song]:
    songs = Song.objects.known_as_one_of(rows)
    if update:
        songs = songs.select_for_update().order_by("folded_title", "folded_artist")
    else:
        songs = songs.only("folded_title", "folded_artist", "listed", "popularity")
    return {(song.folded_title, song.folded_artist): song for song in songs}


def songs_of(same: dict[Identity, int], *, update: bool) -> dict[Identity, Song]:
    """The songs that rows under other names are."""
    if not same:
        return {}
    songs = Song.objects.filter(pk__in=same.values()).order_by("pk")
    found = {song.pk: song for song in (songs.select_for_update() if update else songs.only("listed", "popularity"))}
    return {key: found[pk] for key, pk in same.items() if pk in found}


def make_known(known: dict[Identity, Song], rows: dict[Identity, Row]) -> None:
    """A popularity that nobody has said yet is taken, since nothing is overwritten by it."""
    found = {song.pk: rows[key].values.get("popularity") for key, song in known.items() if not song.popularity}
    songs = [Song(pk=pk, popularity=popularity) for pk, popularity in sorted(found.items()) if popularity]
    Song.objects.bulk_update(songs, ["popularity"])


def make_song(key: Identity, row: Row, tier: int) -> Song:
    title, artist = row.values["title"], row.values["artist"]
    keys = {"title_key": title_key(title), "lead_key": lead_key(title, artist), "terms": song_terms(title, artist)}
    return Song(folded_title=key[0], folded_artist=key[1], tier=tier, **keys, **row.values)


def change(song: Song, key: Identity, row: Row) -> bool:
    """Whether the row says anything new of the song, which then has it. A song keeps the name that it has unless the
    row only spells it otherwise."""
    renamed = (song.folded_title, song.folded_artist) != key
    values = {name: value for name, value in row.values.items() if not (renamed and name in {"title", "artist"})}
    new = {name: value for name, value in values.items() if getattr(song, name) != value}
    for name, value in new.items():
        setattr(song, name, value)
    return bool(new)


def write(changed: list[Song], columns: list[str]) -> None:
    retire_after_commit("songs")
    if pks := [song.pk for song in changed]:
        transaction.on_commit(lambda: events.songs_changed.send(None, pks=pks), robust=True)
    for song in changed:
        song.tidy()  # brackets may be new
        song.pk = None  # one statement for all: insert, and where the song is there, update
    columns = [*columns, "title_key", "lead_key", "terms"]
    Song.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["folded_title", "folded_artist"], update_fields=columns
    )
