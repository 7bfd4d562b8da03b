"""What a song list changes is applied: batch by batch, each in one transaction with what is left of the differences.

So whoever kills it loses nothing, and two that do it at once do each difference once. What somebody changed meanwhile
stays as it is, and is shown again by the next comparison.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.accounts.roles import Right, may, roles_of
from apps.catalog import imports
from apps.catalog.imports import Batch, Options
from apps.catalog.library import stay
from apps.catalog.list_differences import FACTS, Kind, State, rows_of, value_of
from apps.catalog.list_models import ListDifference, Near, SongList
from apps.catalog.models import LibrarySong, Song, Venue
from apps.catalog.operations import list_songs
from apps.catalog.reader import identity
from apps.catalog.rows import Row
from apps.catalog.upkeep import rank_songs

BATCH = 500


@dataclass
class Applied:
    """`keys` has what is gone of keys: the venue's before, by the songs."""

    venue: Venue
    update: bool
    counts: dict[str, int] = field(default_factory=dict)
    rows: dict[int, LibrarySong] = field(default_factory=dict)
    songs: dict[int, Song] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


def lets(song_list: SongList, user: User | None) -> bool:
    """Whether they may still do that, who once asked for it."""
    return bool(user and user.is_active and song_list.venue.lets(user, Right.CHANGE_VENUE))


def go_on(*, pk: int) -> bool:
    """Applies the next batch of a list that is being applied; whether there may be more."""
    with transaction.atomic():
        row = held(pk)
        if row is None or row.state != State.APPLYING:
            return False
        found = list(row.differences.decided().in_order()[:BATCH])
        if not found or not lets(row, row.applied_by):
            end(row)
            return False
        applied = Applied(row.venue, row.update and may(Right.CHANGE_SONG, roles_of(row.applied_by)))
        take(applied, found)
        note(row, applied, found)
    return True


def held(pk: int) -> SongList | None:
    """The venue first, as everywhere."""
    venues = SongList.objects.filter(pk=pk).values("venue")
    list(Venue.objects.select_for_update(no_key=True).filter(pk__in=venues))
    rows = SongList.objects.select_for_update(no_key=True, of=("self",)).select_related("venue", "applied_by")
    return rows.filter(pk=pk).first()


def take(applied: Applied, found: list[ListDifference]) -> None:
    new = [one for one in found if one.kind == Kind.NEW or (one.kind == Kind.ASK and one.answer == Near.NEW)]
    songs = added(new)
    songs |= {one.pk: one.song_id for one in found if one.pk not in songs and one.song_id}
    still = stay(songs.values())
    there = rows_of(applied.venue.pk, still)
    for one in found:
        row = there.get(songs.get(one.pk, 0))
        if row is None:
            applied.count("passed")
        elif one.kind == Kind.GONE:
            leave(applied, row, one)
        else:
            come(applied, row, one)
    list_songs(row.song_id for row in applied.rows.values() if not row.song.listed and row.listed_as)
    write(applied)


def added(found: list[ListDifference]) -> dict[int, int]:
    """The songs of the differences by their ids, made where there are none."""
    rows = {one.pk: Row(one.line, values=one.values, digest=bytes.fromhex(one.listed_as)) for one in found}
    if not rows:
        return {}
    columns = sorted({name for row in rows.values() for name in row.values})
    imports.store(Batch(list(rows.values())), columns, Options())
    named = {pk: identity(row) for pk, row in rows.items()}
    songs = Song.objects.known_as_one_of(named.values())
    known = {(title, artist): pk for pk, title, artist in songs.values_list("pk", "folded_title", "folded_artist")}
    return {pk: known[key] for pk, key in named.items() if key in known}


def leave(applied: Applied, row: LibrarySong, one: ListDifference) -> None:
    """Its note, a ban and how often it was played there stay."""
    if row.listed_as != one.listed_as or row.key != one.fields.get("key", [""])[0]:
        return applied.count("passed")
    if row.key:
        applied.keys[str(row.song_id)] = row.key
    row.listed_as, row.key = "", ""
    applied.rows[row.song_id] = row
    return applied.count(one.kind)


def come(applied: Applied, row: LibrarySong, one: ListDifference) -> None:
    if any(value_of(row, name) != before for name, (before, _after) in one.fields.items()):
        return applied.count("passed")
    facts = {name: after for name, (_before, after) in one.fields.items() if name in FACTS and applied.update}
    for name, value in facts.items():
        setattr(row.song, name, value)
        applied.songs[row.song_id] = row.song
    if key := one.values.get("key"):
        before, row.key = row.key, "" if key == row.song.key else key
        if before and before != row.key:
            applied.keys[str(row.song_id)] = before
    row.listed_as = one.listed_as
    applied.rows[row.song_id] = row
    return applied.count(one.kind)


def write(applied: Applied) -> None:
    songs = dict(applied.songs)
    rows = [LibrarySong(venue=applied.venue, song_id=pk, key=row.key, listed_as=row.listed_as)
            for pk, row in sorted(applied.rows.items())]  # fmt: skip
    LibrarySong.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["venue", "song"], update_fields=["key", "listed_as"]
    )
    if songs:
        imports.write(list(songs.values()), list(FACTS))


def note(row: SongList, applied: Applied, found: Iterable[ListDifference]) -> None:
    """What is applied is no difference any more."""
    found = list(found)
    row.differences.filter(pk__in=[one.pk for one in found]).delete()
    for one in found:
        row.counts[one.kind] = row.counts.get(one.kind, 0) - 1
    for name, number in applied.counts.items():
        row.applied[name] = row.applied.get(name, 0) + number
    row.save(update_fields=["counts", "applied"])
    after: dict[str, Any] = {**applied.counts, "digest": row.shown}
    record(actor=row.applied_by, verb="apply_song_list", about=row.venue, before={"keys": applied.keys}, after=after)


def end(row: SongList) -> None:
    if row.applied.get(Kind.NEW):
        rank_songs()
    row.state = State.READY if row.differences.exists() else State.DONE
    row.applied_at = timezone.now()
    row.save(update_fields=["state", "applied_at"])
