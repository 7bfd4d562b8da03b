"""What changes venues and songs, from whichever door. `by` is the acting user."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.accounts.models import User
from apps.catalog.errors import NotAVenueManager, SongInUse, SongKnown, StaffOnly, VenueInUse, VenueNameTaken
from apps.catalog.models import Song, Venue
from apps.core.conditions import Check
from apps.core.errors import Invalid, NotAllowed, NotThere
from apps.core.store import retire_after_commit

Row = TypeVar("Row", Venue, Song)
VENUE_FIELDS = frozenset({"name", "address", "town", "time_zone", "description", "accent"})
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
    if not by.is_authenticated:
        raise NotAllowed
    with transaction.atomic():
        venue = save(set_fields(Venue(), fields, VENUE_FIELDS))
        venue.managers.add(by)
    return venue


def change_venue(*, venue: Venue, by: User, seen: Check | None = None, **fields: Any) -> Venue:
    """Raises NotAVenueManager, Invalid, VenueNameTaken, and what `seen` raises. The address on this site stays."""
    if not venue.is_managed_by(by):
        raise NotAVenueManager
    with held(venue, seen):
        return save(set_fields(venue, fields, VENUE_FIELDS), only=fields)


def delete_venue(*, venue: Venue, by: User, seen: Check | None = None) -> None:
    """Raises NotAVenueManager, VenueInUse, and what `seen` raises."""
    if not venue.is_managed_by(by):
        raise NotAVenueManager
    try:
        with held(venue, seen):
            venue.delete()
    except ProtectedError as error:
        raise VenueInUse(venue) from error


def add_song(*, by: User, **fields: Any) -> Song:
    """Raises NotAllowed, Invalid, SongKnown."""
    if not by.is_authenticated:
        raise NotAllowed
    known = Song.objects.known_as(title=str(fields.get("title", "")), artist=str(fields.get("artist", "")))
    # Somebody in a room may have named it already: then it comes into the library as it is given here.
    return save(set_fields(known.filter(listed=False).first() or Song(), fields | {"listed": True}, SONG_FIELDS))


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
    if not by.is_staff:
        raise StaffOnly
    with held(song, seen):
        return save(set_fields(song, fields, SONG_FIELDS), only=fields)


def delete_song(*, song: Song, by: User, seen: Check | None = None) -> None:
    """Raises StaffOnly, SongInUse, and what `seen` raises."""
    if not by.is_staff:
        raise StaffOnly
    try:
        with held(song, seen):
            song.delete()
    except ProtectedError as error:
        raise SongInUse(song) from error


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
