"""A venue's own view of songs: its key, a note, and what it does not play (product rule 5).

A ban sticks: the song leaves the venue's jams (apps/jams/lineup.py), and whatever would bring it into one, from a
suggestion to a recurring night, asks here. It asks under the lock of its jam, or of the venue where the jam is new,
and a ban holds all of these until it is there.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.accounts.roles import Right
from apps.catalog import events
from apps.catalog.errors import NotAVenueManager, SongBanned
from apps.catalog.models import LONGEST_REASON, LibrarySong, Song, Venue
from apps.core.compiled import GIVEN, Compiled
from apps.core.errors import Invalid, NotThere
from apps.core.text import clean

MOST_MARKED = 500


def reasons(venue: int, songs: Iterable[Song]) -> dict[int, str]:
    """Why the venue does not play those of the songs that it has banned, by their ids."""
    rows = LibrarySong.objects.banned().filter(venue=venue, song__in=[song.pk for song in songs])
    return dict(rows.values_list("song", "why"))


def banned_at(venue: int) -> QuerySet[LibrarySong, int]:
    """The ids of all songs that the venue has banned."""
    return LibrarySong.objects.banned().filter(venue=venue).values_list("song", flat=True)


MARKED = Compiled(lambda: banned_at(GIVEN).order_by("-banned_at", "-pk"))


def marked(venue: int) -> list[int]:
    """Of the songs that it has banned, those that searches mark: the last so many."""
    return MARKED(venue, limit=MOST_MARKED)


def key_here(venue: str, song: str) -> Subquery:
    """The key in which a venue plays a song, where it is one of its own. Both are ways there from the rows asked."""
    here = LibrarySong.objects.filter(venue=OuterRef(venue), song=OuterRef(song))
    return Subquery(here.values("key"))


def refuse_banned(venue: Venue, song: Song) -> None:
    """Raises SongBanned."""
    for why in reasons(venue.pk, [song]).values():
        raise SongBanned(venue, why)


def stay(songs: Iterable[int]) -> set[int]:
    """Those of the songs that are still there: until the commit none of them is deleted, or merged into another. Ask
    after the jam's lock and before a row of theirs is made; a constraint would only look at the commit."""
    wanted = sorted(set(songs))
    if connection.vendor != "postgresql" or not wanted:  # SQLite has one writer at a time
        return set(Song.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM catalog_song WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [wanted])
        return {pk for (pk,) in cursor.fetchall()}


def check_stays(song: Song) -> None:
    """Raises NotThere."""
    if not stay([song.pk]):
        raise NotThere(_("This song has left the library, or is one with another now. Search for it again."))


def change_library_song(*, venue: Venue, song: Song, by: User, **fields: Any) -> LibrarySong:
    """`key` and `note`, as far as they are given; an empty key is the song's own. Raises NotAVenueManager, Invalid."""
    with transaction.atomic():
        row = held(venue, song, by)
        before = {name: getattr(row, name) for name in fields}
        for name, value in fields.items():
            setattr(row, name, value)
        check(row)
        noted(row, by, "change", before, {name: getattr(row, name) for name in fields})
    return row


def ban_song(*, venue: Venue, song: Song, by: User, why: str) -> LibrarySong:
    """The venue plays it no more: it leaves all jams there that have not ended, and comes into none. Said again, it
    gives another reason. Raises NotAVenueManager, Invalid.
    """
    why = clean(why)
    if not why or len(why) > LONGEST_REASON:
        text = _("Say why, in at most %(most)d letters: people read it who suggest the song.")
        raise Invalid(fields={"why": [text % {"most": LONGEST_REASON}]})
    with transaction.atomic():
        row = held(venue, song, by)
        before = {"why": row.why}
        row.why, row.banned_at = why, row.banned_at or timezone.now()
        # The jams first: whoever finishes a song holds its jam, and then the venue's row of the song.
        events.song_banned.send(None, venue=venue, song=song, by=by)
        noted(row, by, "ban", before, {"why": row.why})
    return row


def unban_song(*, venue: Venue, song: Song, by: User) -> LibrarySong:
    """It may come back into jams there; into none does it by itself. Raises NotAVenueManager."""
    with transaction.atomic():
        row = held(venue, song, by)
        before = {"why": row.why}
        row.why, row.banned_at = "", None
        noted(row, by, "unban", before, {"why": ""})
    return row


def forget_song(*, venue: Venue, song: Song, by: User) -> None:
    """No key, note or ban any more; how often it was played there stays. Raises NotAVenueManager."""
    with transaction.atomic():
        change_library_song(venue=venue, song=song, by=by, key="", note="")
        unban_song(venue=venue, song=song, by=by)


def held(venue: Venue, song: Song, by: User) -> LibrarySong:
    """The venue's row of the song, made where there is none; the venue first, as everywhere."""
    if not venue.lets(by, Right.CHANGE_VENUE):
        raise NotAVenueManager
    Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)
    return LibrarySong.objects.filter(venue=venue, song=song).first() or LibrarySong(venue=venue, song=song)


def check(row: LibrarySong) -> None:
    try:
        row.clean_fields(exclude=["venue", "song"])
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error


def noted(row: LibrarySong, by: User, verb: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Written, unless nothing is new, and in the audit log of the venue. Plays stay as jams have counted them. Raises
    NotThere."""
    if before == after:
        return
    check_stays(row.song)
    row.pk = None  # insert, and where it is there, update
    LibrarySong.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["venue", "song"], update_fields=["key", "note", "why", "banned_at"]
    )
    what = {"song": row.song_id, "title": row.song.title}
    record(actor=by, verb=f"{verb}_song", about=row.venue, before=what | before, after=what | after)
