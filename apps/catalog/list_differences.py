"""How a song list differs from the venue's library: what comes in, what changes, what goes, and what a person decides.

Of a song that all venues share a list says nothing but its key, which is the venue's; with `update`, which is for
staff, also its facts. A row that could not be taken keeps the song that it names, as far as its names can be read.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.catalog.errors import ListNotFetched, Unreadable
from apps.catalog.list_fetching import Trouble, missed, reader_of
from apps.catalog.list_models import ListDifference, Near, SongList
from apps.catalog.models import LibrarySong, Song
from apps.catalog.reader import Identity, identity
from apps.catalog.resolving import resolve
from apps.catalog.rows import Outcome, Row
from apps.core.formats import dumps

Kind = ListDifference.Kind
State = SongList.State
BATCH = 500
PROBLEMS = 50  # that are kept
FACTS = ("year", "tempo", "duration", "style", "tags", "parts", "chord_sheet_url")


@dataclass
class Comparison:
    """`lines` has the songs that rows are, with their lines; `kept` those that no row may take away."""

    venue: int
    update: bool
    found: list[ListDifference] = field(default_factory=list)
    problems: list[list[Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    kept: set[Identity] = field(default_factory=set)
    new: list[Row] = field(default_factory=list)

    def count(self, name: str, number: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + number

    def add(self, kind: str, row: Row, **more: Any) -> None:
        names = {"title": row.values["title"], "artist": row.values["artist"], "listed_as": row.digest.hex()}
        self.found.append(ListDifference(kind=kind, line=row.line, values=row.values, **names, **more))
        self.count(kind)


def compare(*, song_list: SongList) -> SongList:
    """Writes how the copy differs; what was answered stays answered. Raises ListNotFetched where no row can be read,
    and where somebody changed meanwhile what is to be read."""
    try:
        with override(song_list.language):
            comparison = comparison_of(song_list)
    except Unreadable as error:
        raise missed(song_list, Trouble.UNREADABLE, str(error.message)) from error
    with transaction.atomic():
        row = SongList.objects.select_for_update(no_key=True).filter(pk=song_list.pk).first()
        if row is None or row.state == State.APPLYING or read_as(row) != read_as(song_list):
            raise ListNotFetched(again=True)
        write(row, comparison)
    return row


def read_as(row: SongList) -> tuple[Any, ...]:
    """What a comparison follows from."""
    return row.digest, row.format, row.mapping, row.near, row.update


def comparison_of(song_list: SongList) -> Comparison:
    reader = reader_of(song_list)
    comparison = Comparison(song_list.venue_id, song_list.update)
    marks = dict(LibrarySong.objects.filter(venue=song_list.venue_id).on_the_list().values_list("listed_as", "song"))
    while rows := reader.batch(BATCH):
        comparison.count("rows", sum(not row.empty for row in rows))
        if comparison.counts["rows"] > settings.SONG_LIST_ROWS:
            text = _("The list has too many rows: at most %(rows)d.")
            raise Unreadable(text % {"rows": settings.SONG_LIST_ROWS})
        take(comparison, rows, marks, song_list.near)
    take_gone(comparison)
    return comparison


def take(comparison: Comparison, rows: list[Row], marks: dict[str, int], near: str) -> None:
    usable = {identity(row): row for row in rows if row.usable}
    songs = marked(comparison, usable, marks)
    rest = {key: row for key, row in usable.items() if key not in songs and row.usable}
    known = {key: song for key, song in songs_named(rest).items() if claims(comparison, rest[key], song.pk)}
    rest = {key: row for key, row in rest.items() if row.usable}
    how = {"as_known": near == Near.KNOWN, "as_new": near == Near.NEW}
    near_to = resolve(rest, known, **how, earlier=comparison.new, taken=comparison.lines)
    songs |= {key: song.pk for key, song in known.items()} | near_to.same
    comparison.lines |= {song: usable[key].line for key, song in songs.items()}
    asked = {identity(one.row): one.song for one in near_to.asked}
    library = rows_of(comparison.venue, [*songs.values(), *filter(None, asked.values())])
    for key, row in usable.items():
        if key in songs:
            take_song(comparison, row, library[songs[key]])
        elif key in asked:
            song = asked[key]
            there = library.get(song) if song else None
            comparison.kept |= {key_of(there.song)} if there else set()
            said = fields_of(comparison, row, there) if there else {}
            comparison.add(Kind.ASK, row, song_id=song, fields=said)
        elif key in rest and key not in near_to.left_out:
            comparison.new.append(row)
            comparison.add(Kind.NEW, row)
    note(comparison, rows)


def marked(comparison: Comparison, rows: dict[Identity, Row], marks: dict[str, int]) -> dict[Identity, int]:
    """The songs that rows are by what was said of them before."""
    found = {key: marks[row.digest.hex()] for key, row in rows.items() if row.digest.hex() in marks}
    return {key: song for key, song in found.items() if claims(comparison, rows[key], song)}


def claims(comparison: Comparison, row: Row, song: int) -> bool:
    """Whether it is the first row that is the song."""
    first = comparison.lines.setdefault(song, row.line)
    if first != row.line:
        row.say(Outcome.REPEATED, "title", row.values["title"], _("is in line %(n)d already") % {"n": first})
    return first == row.line


def songs_named(rows: dict[Identity, Row]) -> dict[Identity, Song]:
    return {key_of(song): song for song in Song.objects.known_as_one_of(rows)}


def key_of(song: Song) -> Identity:
    return song.folded_title, song.folded_artist


def rows_of(venue: int, songs: Iterable[int]) -> dict[int, LibrarySong]:
    """The venue's rows of the songs, also those that it has not."""
    there = Song.objects.in_bulk(list(songs))
    rows = {row.song_id: row for row in LibrarySong.objects.filter(venue=venue, song__in=there)}
    found = {pk: rows.get(pk) or LibrarySong(venue_id=venue, song=song) for pk, song in there.items()}
    for pk, row in found.items():
        row.song = there[pk]
    return found


def take_song(comparison: Comparison, row: Row, there: LibrarySong) -> None:
    fields = fields_of(comparison, row, there)
    if not there.listed_as:
        comparison.add(Kind.ADDED, row, song_id=there.song_id, fields=fields)
    elif fields or there.listed_as != row.digest.hex():
        comparison.add(Kind.CHANGED, row, song_id=there.song_id, fields=fields)
    else:
        comparison.count("same")


def fields_of(comparison: Comparison, row: Row, there: LibrarySong) -> dict[str, list[Any]]:
    """What the row says otherwise, with what it is now. A cell without a value says nothing."""
    names = ("key", *FACTS) if comparison.update else ("key",)
    pairs = {name: [value_of(there, name), row.values[name]] for name in names if row.values.get(name)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def value_of(there: LibrarySong, name: str) -> Any:
    """In which key the venue plays it, and what the song is otherwise."""
    return there.key or there.song.key if name == "key" else getattr(there.song, name)


def note(comparison: Comparison, rows: list[Row]) -> None:
    for row in rows:
        comparison.count("rejected", row.has(Outcome.REJECTED))
        comparison.count("repeated", row.has(Outcome.REPEATED))
        if row.has(Outcome.REJECTED):
            comparison.kept |= {identity(row)} if {"title", "artist"} <= row.values.keys() else set()
            comparison.count("nameless", not {"title", "artist"} <= row.values.keys())
        for problem in row.problems if len(comparison.problems) < PROBLEMS else ():
            comparison.problems.append([row.line, problem.outcome, problem.column, problem.value, problem.reason])


def take_gone(comparison: Comparison) -> None:
    """Of the songs that the list had, those that no row is any more."""
    listed = LibrarySong.objects.filter(venue=comparison.venue).on_the_list()
    songs = set(listed.values_list("song", flat=True))
    comparison.count("listed", len(songs))
    for row in listed.filter(song__in=songs - comparison.lines.keys()).in_order():
        if key_of(row.song) not in comparison.kept:
            names = {"title": row.song.title, "artist": row.song.artist, "listed_as": row.listed_as}
            fields = {"key": [row.key, ""]} if row.key else {}
            comparison.found.append(ListDifference(kind=Kind.GONE, song_id=row.song_id, fields=fields, **names))
            comparison.count(Kind.GONE)


def write(row: SongList, comparison: Comparison) -> None:
    """Under its lock."""
    said = row.differences.exclude(answer="").values_list("listed_as", "song", "answer")
    answers = {(listed_as, song or 0): answer for listed_as, song, answer in said}
    row.differences.all().delete()
    for place, one in enumerate(comparison.found, 1):
        one.song_list, one.place = row, place
        if one.kind == Kind.ASK:
            one.answer = answers.get((one.listed_as, one.song_id or 0), "")
    ListDifference.objects.bulk_create(comparison.found, batch_size=BATCH)
    row.shown = digest_of(row, comparison.found)
    row.state = State.READY if comparison.found else State.DONE
    row.counts, row.problems = comparison.counts, comparison.problems
    row.compared_at, row.trouble, row.detail = timezone.now(), Trouble.NONE, ""
    row.save()


def digest_of(row: SongList, found: list[ListDifference]) -> str:
    """Of the list and of all that it changes: another digest means that somebody has not seen this."""
    said = hashlib.sha256(row.digest.encode())
    for part in parts_of(found):
        said.update(dumps(part))
    return said.hexdigest()


def parts_of(found: list[ListDifference]) -> Iterator[list[Any]]:
    for one in found:
        yield [one.kind, one.line, one.listed_as, one.song_id, one.fields, one.values]
