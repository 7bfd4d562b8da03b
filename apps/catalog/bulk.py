"""What staff change of many songs at once: tags, style, whether they are in the library. All of them, or none."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.accounts.roles import Right, may, roles_of
from apps.catalog import events
from apps.catalog.errors import StaffOnly, TooManySongs
from apps.catalog.models import Song
from apps.catalog.music import parse_tags, tidy_tags
from apps.core.errors import Invalid
from apps.core.store import retire_after_commit
from apps.core.text import clean

MOST_SONGS = 1_000  # at once: they are held meanwhile, and each change is written down

NewValue = Callable[[Song], Any]


def add_tags(*, songs: Iterable[int], tags: str, by: User) -> int:
    """`tags` as they are written: "soul; 70s". Raises StaffOnly, TooManySongs, Invalid, as all of these do."""
    new = parsed(tags)
    return change_each(songs, by, "tags", lambda song: tidy_tags([*song.tags, *new]))


def remove_tags(*, songs: Iterable[int], tags: str, by: User) -> int:
    gone = set(parsed(tags))
    return change_each(songs, by, "tags", lambda song: [tag for tag in song.tags if tag not in gone])


def set_style(*, songs: Iterable[int], style: str, by: User) -> int:
    """An empty one takes it away."""
    style = clean(style)
    return change_each(songs, by, "style", lambda _song: style)


def set_listed(*, songs: Iterable[int], listed: bool, by: User) -> int:
    """Whether they are in the library that everybody searches. Jams keep what they have."""
    return change_each(songs, by, "listed", lambda _song: listed)


def change_each(songs: Iterable[int], by: User, field: str, new: NewValue) -> int:
    """Sets the field of each song to its new value. Answers how many have changed; the others were as wanted."""
    if not may(Right.CHANGE_SONG, roles_of(by)):
        raise StaffOnly
    pks = set(songs)
    if len(pks) > MOST_SONGS:
        raise TooManySongs(MOST_SONGS)
    changed = []
    with transaction.atomic():
        for song in Song.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"):
            before = getattr(song, field)
            setattr(song, field, checked(song, field, new))
            if getattr(song, field) != before:
                record(actor=by, verb="change", about=song, before={field: before}, after={field: getattr(song, field)})
                changed.append(song)
        Song.objects.bulk_update(changed, [field])
        tell_of([song.pk for song in changed])
    return len(changed)


def checked(song: Song, field: str, new: NewValue) -> Any:
    try:
        column: Any = song._meta.get_field(field)
        return column.clean(new(song), song)
    except ValueError as error:
        raise Invalid(fields={field: [f"{song}: {error}"]}) from error
    except ValidationError as error:
        raise Invalid(fields={field: [f"{song}: {text}" for text in error.messages]}) from error


def tell_of(pks: list[int]) -> None:
    """Bulk statements send no signals. What shows these songs looks again."""
    if pks:
        retire_after_commit("songs")
        transaction.on_commit(lambda: events.songs_changed.send(None, pks=pks), robust=True)


def parsed(tags: str) -> list[str]:
    try:
        found = parse_tags(tags)
    except ValueError as error:
        raise Invalid(fields={"tags": [str(error)]}) from error
    if not found:
        raise Invalid(fields={"tags": [_("Write at least one tag.")]})
    return found
