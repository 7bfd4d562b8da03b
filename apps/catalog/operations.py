"""What changes venues and songs, from whichever door. `by` is the acting user."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.accounts.roles import Right, may, roles_of
from apps.catalog import events
from apps.catalog.errors import NotAVenueManager, SongInUse, SongKnown, StaffOnly, VenueInUse, VenueNameTaken
from apps.catalog.flags import FLAGS
from apps.catalog.models import Song, Venue
from apps.core.conditions import Check
from apps.core.errors import Invalid, NotAllowed, NotThere
from apps.core.store import retire_after_commit

Row = TypeVar("Row", Venue, Song)
VENUE_FIELDS = frozenset({"name", "address", "town", "time_zone", "description", "accent", "capacity", *FLAGS})
SONG_FIELDS = frozenset(
    {
        "title",
        "artist",
        "year",
        "key",
        "tempo",
        "duration",
        "style",
        "tags",
        "chord_sheet_url",
        "parts",
        "popularity",
        "listed",
    }
)


def add_venue(*, by: User, **fields: Any) -> Venue:
    """A new venue, which `by` manages. Raises NotAllowed, Invalid, VenueNameTaken."""
    if not may(Right.ADD_VENUE, roles_of(by)):
        raise NotAllowed
    with transaction.atomic():
        venue = save(set_fields(Venue(), fields, VENUE_FIELDS))
        venue.managers.add(by)
        record(actor=by, verb="add", about=venue, after={"name": venue.name})
    return venue


def change_venue(*, venue: Venue, by: User, seen: Check | None = None, **fields: Any) -> Venue:
    """Its jams follow what it allows. The address on this site stays.

    Raises NotAVenueManager, Invalid, VenueNameTaken, and what `seen` raises.
    """
    if not venue.lets(by, Right.CHANGE_VENUE):
        raise NotAVenueManager
    with transaction.atomic():
        before = Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)
        change(venue, by, fields, VENUE_FIELDS, seen)
        if any(getattr(venue, name) != getattr(before, name) for name in FLAGS if name in fields):
            events.flags_changed.send(None, venue=venue, by=by)
    return venue


def delete_venue(*, venue: Venue, by: User, seen: Check | None = None) -> None:
    """Raises NotAVenueManager, VenueInUse, and what `seen` raises."""
    if not venue.lets(by, Right.DELETE_VENUE):
        raise NotAVenueManager
    try:
        with held(venue, seen):
            record(actor=by, verb="delete", about=venue, before={"name": venue.name})
            venue.delete()
    except ProtectedError as error:
        raise VenueInUse(venue) from error


def add_song(*, by: User, **fields: Any) -> Song:
    """Raises NotAllowed, Invalid, SongKnown."""
    if not may(Right.ADD_SONG, roles_of(by)):
        raise NotAllowed
    known = Song.objects.known_as(title=str(fields.get("title", "")), artist=str(fields.get("artist", "")))
    # Somebody in a room may have named it already: then it comes into the library as it is given here.
    with transaction.atomic():
        row = known.filter(listed=False).first() or Song()
        song = save(set_fields(row, fields | {"listed": True}, SONG_FIELDS))
        record(actor=by, verb="add", about=song, after={"title": song.title, "artist": song.artist})
    return song


def list_songs(pks: Iterable[int]) -> None:
    """A host has added, approved or played them: they belong to the library now."""
    if pks := list(pks):
        Song.objects.filter(pk__in=pks, listed=False).update(listed=True)
        retire_after_commit("songs")


def find_or_add_song(*, title: str, artist: str) -> Song:
    """The song as somebody in the room named it; a new one is not listed yet. Raises Invalid."""
    try:
        return save(Song(title=title, artist=artist, listed=False))
    except SongKnown:
        return Song.objects.known_as(title=title, artist=artist).get()


def change_song(*, song: Song, by: User, seen: Check | None = None, **fields: Any) -> Song:
    """Raises StaffOnly, Invalid, SongKnown, and what `seen` raises."""
    if not may(Right.CHANGE_SONG, roles_of(by)):
        raise StaffOnly
    return change(song, by, fields, SONG_FIELDS, seen)


def delete_song(*, song: Song, by: User, seen: Check | None = None) -> None:
    """Raises StaffOnly, SongInUse, and what `seen` raises."""
    if not may(Right.CHANGE_SONG, roles_of(by)):
        raise StaffOnly
    try:
        with held(song, seen):
            record(actor=by, verb="delete", about=song, before={"title": song.title, "artist": song.artist})
            song.delete()
    except (ProtectedError, IntegrityError) as error:  # or it came into a jam at that moment
        raise SongInUse(song) from error


def change(row: Row, by: User, fields: dict[str, Any], allowed: frozenset[str], seen: Check | None) -> Row:
    with held(row, seen):
        before = {name: getattr(row, name) for name in fields if name in allowed}
        save(set_fields(row, fields, allowed), only=fields)
        new = {name: getattr(row, name) for name in fields if getattr(row, name) != before[name]}
        if new:
            record(actor=by, verb="change", about=row, before={name: before[name] for name in new}, after=new)
    return row


@contextmanager
def held(row: Venue | Song, seen: Check | None) -> Iterator[None]:
    """The row as it is now, locked until the end and looked at there. Raises NotThere, and what `seen` raises."""
    with transaction.atomic():
        rows: Any = type(row)._default_manager.select_for_update(no_key=True)
        try:
            row.refresh_from_db(from_queryset=rows)
        except ObjectDoesNotExist as error:
            raise NotThere from error
        if seen:
            seen(row)
        yield


def set_fields(row: Row, fields: dict[str, Any], allowed: frozenset[str]) -> Row:
    if unknown := fields.keys() - allowed:
        raise TypeError(f"{type(row).__name__} has no field to set called {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        setattr(row, name, value)
    return row


def save(row: Row, *, only: dict[str, Any] | None = None) -> Row:
    """Checked and written; with `only`, no other columns than those."""
    try:
        row.full_clean()
        with transaction.atomic():
            row.save(update_fields=None if only is None else list(only))
    except ValidationError as error:
        raise refusal(row, error) from error
    except IntegrityError as error:  # somebody else was faster
        raise taken(row) from error
    return row


def refusal(row: Venue | Song, error: ValidationError) -> Exception:
    general = error.error_dict.get(NON_FIELD_ERRORS, [])
    if any(one.code == "unique" for one in general):
        return taken(row)
    return Invalid(fields={name: list(texts) for name, texts in error.message_dict.items()})


def taken(row: Venue | Song) -> Exception:
    if isinstance(row, Venue):
        return VenueNameTaken(row)
    return SongKnown(Song.objects.known_as(title=row.title, artist=row.artist).first() or row)
