"""Two songs of the library that are one: all that is anywhere of the one is the other's from then on, or nothing is.

Locks go from the top down: venues, jams, songs, jam songs. Which venues and jams have the songs is looked at again when
all of them are held; where one has come to it meanwhile, its locks are let go, and it begins anew.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, ManyToOneRel

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.accounts.roles import Right, may, roles_of
from apps.catalog import events
from apps.catalog.errors import SameSong, SongBusy, StaffOnly
from apps.catalog.merging import unite_songs, venues_that_ban
from apps.catalog.models import LibrarySong, Song, Venue
from apps.core.errors import NotThere
from apps.core.store import retire
from apps.jams import events as jam_events
from apps.jams.actions import Action, acting
from apps.jams.lineup import tell_who_suggested
from apps.jams.models import Jam, JamSong
from apps.live.streams import announce
from apps.voting.songs import unite

Status = JamSong.Status
ATTEMPTS = 5
# Where a jam has both, one of them stays: what plays, then what the host has announced, then what was played; what the
# room wants comes after that, as it would not have been taken any more.
FURTHEST = (Status.PLAYING, Status.QUEUED, Status.PLAYED, Status.OPEN, Status.PENDING, Status.REMOVED)


class Places(NamedTuple):
    """Where the songs are: ids."""

    venues: set[int]
    jams: set[int]


class Elsewhere(Exception):
    """The songs have come to another jam or venue while these were being held."""


def merge_songs(*, songs: Iterable[Song], into: Song, by: User) -> Song:
    """What is of the songs is `into`'s, and they are gone. Jams follow at once; where one has several of them, people's
    votes are united by attendee, and sign-ups by who came first. A ban of one is a ban of all: the song leaves the jams
    of that venue. Raises StaffOnly, SameSong, NotThere, SongBusy.
    """
    if not may(Right.CHANGE_SONG, roles_of(by)):
        raise StaffOnly
    pks = sorted({song.pk for song in songs})
    if into.pk in pks:
        raise SameSong
    with transaction.atomic():
        places, rows = hold(pks, into.pk)
        into = rows[into.pk]
        for pk in pks:
            merge_song(rows[pk], into, by)
        leave_where_banned(into, places, by)
        transaction.on_commit(lambda: tell(places.jams), robust=True)
    return into


def what_moves(songs: Iterable[Song]) -> list[tuple[str, int]]:
    """How many rows point at these songs, by what they are; kinds of which there are none are left out."""
    pks = [song.pk for song in songs]
    counts = []
    for field in Song._meta.get_fields(include_hidden=True):
        if isinstance(field, ManyToOneRel):
            rows = field.related_model._default_manager.filter(**{f"{field.remote_field.name}__in": pks})
            counts.append((str(field.related_model._meta.verbose_name_plural), rows.count()))
    return [(name, count) for name, count in sorted(counts) if count]


def hold(songs: list[int], into: int) -> tuple[Places, dict[int, Song]]:
    """All that has the songs, and the songs. Raises NotThere, SongBusy."""
    wanted = [*songs, into]
    for _attempt in range(ATTEMPTS):
        with suppress(Elsewhere), transaction.atomic():
            places = places_of(songs, into)
            list(Venue.objects.select_for_update(no_key=True).filter(pk__in=places.venues).order_by("pk"))
            list(Jam.objects.select_for_update(no_key=True).filter(pk__in=places.jams).order_by("pk"))
            # Whole, so that nothing comes to point at them: see `stay` in apps/catalog/library.py.
            rows = {song.pk: song for song in Song.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
            if len(rows) < len(wanted):
                raise NotThere
            if places_of(songs, into) != places:
                raise Elsewhere
            return places, rows
    raise SongBusy


def places_of(songs: list[int], into: int) -> Places:
    """Of venues that ban one of them all jams that have not ended, since it leaves those."""
    jams = set(JamSong.objects.filter(song__in=songs).values_list("jam", flat=True))
    banned = Jam.objects.filter(venue__in=venues_that_ban([*songs, into])).exclude(status=Jam.Status.ENDED)
    library = LibrarySong.objects.filter(song__in=songs)
    return Places(set(library.values_list("venue", flat=True)), jams | set(banned.values_list("pk", flat=True)))


def merge_song(song: Song, into: Song, by: User) -> None:
    jams = JamSong.objects.filter(song=song).count()
    for there in JamSong.objects.filter(song=song, jam__songs__song=into).select_related("jam").order_by("jam"):
        with acting(there.jam, by, "merge", ended=True) as action:
            unite_in_jam(action, song, into)
    JamSong.objects.filter(song=song).update(song=into, revision=F("revision") + 1)
    events.song_merged.send(None, song=song, into=into, by=by)
    before, after = unite_songs(song, into)
    gone = {"song": song.pk, "title": song.title, "artist": song.artist}
    record(actor=by, verb="merge", about=into, before=before | {"merged": gone}, after=after | {"jams": jams})
    record(actor=by, verb="merge", about=song, before=gone, after={"song": into.pk, "title": into.title})
    song.delete()


def unite_in_jam(action: Action, song: Song, into: Song) -> None:
    both = action.jam.songs.filter(song__in=[song, into]).select_related("song", "suggested_by")
    kept, gone = sorted(both, key=lambda one: (FURTHEST.index(Status(one.status)), one.song_id != into.pk))
    action.song, action.desk = kept.pk, True
    action.after["merge"] = {"song": gone.pk, "into": kept.pk, "votes": unite(action, gone, kept)}
    jam_events.songs_merged.send(None, song=gone, into=kept)
    for one in (kept, gone):
        tell_who_suggested(one)
    if action.jam.archived_at:  # who voted for both nobody knows any more
        JamSong.objects.filter(pk=kept.pk, votes__lt=gone.votes).update(votes=gone.votes)
    gone_pk, was_queued = gone.pk, gone.status == Status.QUEUED
    gone.delete()
    action.change(
        kept,
        song_id=into.pk,
        pinned=kept.pinned or (gone.pinned and kept.status == Status.OPEN),
        times_queued=kept.times_queued + gone.times_queued,
    )
    action.before[f"song {gone_pk}"] = {"song": song.pk, "status": gone.status}
    if was_queued:
        action.number(list(action.jam.songs.queue()))


def leave_where_banned(song: Song, places: Places, by: User) -> None:
    held = Venue.objects.filter(pk__in=venues_that_ban([song.pk]), jams__in=places.jams)
    for venue in held.distinct().order_by("pk"):
        events.song_banned.send(None, venue=venue, song=song, by=by)


def tell(jams: Iterable[int]) -> None:
    """Whoever watches one of these jams looks again. Call it after the commit."""
    shown = list(Jam.objects.filter(pk__in=jams).only("slug", "status"))
    retire(*{group for jam in shown for group in jam.cached_in}, "songs")
    for jam in shown:
        if jam.status != Jam.Status.ENDED:
            announce(jam.stream)
