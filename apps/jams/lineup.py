"""What a host does with the songs of a jam: `pending → open → queued → playing → played`, or back, or removed."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, F, Max, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.roles import Right
from apps.catalog.errors import SongBanned
from apps.catalog.library import reasons, stay
from apps.catalog.models import LibrarySong, Song, Venue
from apps.catalog.operations import list_songs
from apps.core.errors import NotThere
from apps.core.store import retire_after_commit
from apps.jams import events
from apps.jams.actions import Action, acting
from apps.jams.board import tell_attendee
from apps.jams.errors import JamGone, SongNotReady, WrongStatus
from apps.jams.models import Jam, JamSong

Status = JamSong.Status
TO_COME = (Status.PENDING, Status.OPEN, Status.QUEUED)  # where a song can still be taken off


def add_songs(*, jam: Jam, host: User, songs: Iterable[Song]) -> tuple[list[JamSong], list[Song]]:
    """Adds songs to the line-up; removed ones come back open. What is there already, or banned, is skipped.

    Answers the jam songs added and the songs skipped. Raises SongBanned where all that are wanted are, NotThere where
    none of them is in the library any more.
    """
    asked = list({song.pk: song for song in songs}.values())
    with acting(jam, host, "add") as action:
        asked = still_there(asked)
        banned = reasons(action.jam.venue_id, asked)
        if banned and len(banned) == len(asked):
            raise SongBanned(action.jam.venue, banned[asked[0].pk])
        wanted = [song for song in asked if song.pk not in banned]
        there = {js.song_id: js for js in action.jam.songs.filter(song__in=wanted)}
        back = [js for js in there.values() if js.status == Status.REMOVED]
        for jam_song in back:
            action.change(jam_song, status=Status.OPEN, origin=JamSong.Origin.HOST, suggested_by_id=None)
        new = [JamSong(jam=action.jam, song=song) for song in wanted if song.pk not in there]
        new = JamSong.objects.bulk_create(new)
        action.songs += [jam_song.pk for jam_song in new]
        events.songs_added.send(None, songs=new + back)
        list_songs(song.pk for song in wanted)
        action.after["added"] = [song.pk for song in wanted if song.pk not in there]
    kept = {js.song_id for js in there.values()} - {js.song_id for js in back}
    return new + back, [song for song in asked if song.pk in kept | banned.keys()]


def still_there(songs: list[Song]) -> list[Song]:
    """Without those that have been deleted or merged just now. Raises NotThere where none is left."""
    there = stay(song.pk for song in songs)
    if songs and not there:
        raise NotThere
    return [song for song in songs if song.pk in there]


def approve_song(*, jam_song: JamSong, host: User) -> JamSong:
    """A suggestion becomes open to votes."""
    with acting(jam_song.jam, host, "approve") as action:
        song = ready(action, jam_song, Status.PENDING)
        action.change(song, status=Status.OPEN)
        note_in_library(action, song)
        action.desk = True
        tell_who_suggested(song)
    return song


def queue_song(*, jam_song: JamSong, host: User) -> JamSong:
    """Announced for the set list, at its end: votes on it are frozen from now on."""
    with acting(jam_song.jam, host, "queue") as action:
        song = ready(action, jam_song, Status.OPEN)
        put_last(action, [song])
    return song


def put_last(action: Action, songs: Iterable[JamSong]) -> None:
    """At the end of the set list, in this order."""
    last = action.jam.songs.queue().aggregate(last=Max("position"))["last"] or 0
    for place, song in enumerate(songs, start=last + 1):
        action.change(song, status=Status.QUEUED, position=place, times_queued=song.times_queued + 1)


def unqueue_song(*, jam_song: JamSong, host: User) -> JamSong:
    with acting(jam_song.jam, host, "unqueue") as action:
        song = ready(action, jam_song, Status.QUEUED)
        action.change(song, status=Status.OPEN, position=None)
        action.number(list(action.jam.songs.queue()))
    return song


def move_song(*, jam_song: JamSong, host: User, position: int) -> JamSong:
    """To this place of the set list, counted from 0; beyond its ends means the end."""
    with acting(jam_song.jam, host, "move") as action:
        song = ready(action, jam_song, Status.QUEUED)
        queue = [other for other in action.jam.songs.queue() if other.pk != song.pk]
        queue.insert(min(max(position, 0), len(queue)), song)
        action.number(queue)
    return song


def lock_song(*, jam_song: JamSong, host: User, locked: bool) -> JamSong:
    """A locked song keeps its place when the set list is arranged, until it leaves it. By hand it can be moved."""
    with acting(jam_song.jam, host, "lock" if locked else "unlock") as action:
        song = ready(action, jam_song, Status.QUEUED)
        action.change(song, locked=locked)
    return song


def play_song(*, jam_song: JamSong, host: User) -> JamSong:
    """Starts it now; what was playing is played."""
    with acting(jam_song.jam, host, "play") as action:
        song = ready(action, jam_song, Status.QUEUED, Status.OPEN)
        start(action, song)
    return song


def start_next(*, jam: Jam, host: User) -> JamSong:
    """Marks the song that plays as played and starts the first of the set list."""
    with acting(jam, host, "start_next") as action:
        song = action.jam.songs.queue().first()
        if song is None:
            raise SongNotReady(_("The set list is empty. Queue a song first."))
        start(action, song)
    return song


def start(action: Action, song: JamSong) -> None:
    if action.jam.status == Jam.Status.ENDED:
        raise WrongStatus(_("The jam has ended: nothing can be played in it any more."))
    action.song = song.pk
    finish_playing(action)
    action.change(song, status=Status.PLAYING, position=None, started_at=timezone.now(), ended_at=None)
    action.number(list(action.jam.songs.queue()))


def finish_song(*, jam_song: JamSong, host: User) -> JamSong:
    with acting(jam_song.jam, host, "finish") as action:
        ready(action, jam_song, Status.PLAYING)
        finish_playing(action)
    jam_song.refresh_from_db()
    return jam_song


def finish_playing(action: Action) -> None:
    """What plays now is played; the library notes it."""
    for song in action.jam.songs.filter(status=Status.PLAYING):
        now = timezone.now()
        action.change(song, status=Status.PLAYED, ended_at=now)
        note_in_library(action, song, times_played=F("times_played") + 1, last_played=not_before(now))
        note_at_venue(action, song, now)


def note_in_library(action: Action, song: JamSong, **fields: Any) -> None:
    """It belongs to the library from now on. What the library said before is noted for undo."""
    row = Song.objects.select_for_update(no_key=True).filter(pk=song.song_id)
    before = row.values("last_played", "listed").get()
    if before["listed"] and not fields:
        return
    row.update(listed=True, **fields)
    action.before[f"library {song.song_id}"] = before
    action.after[f"library {song.song_id}"] = row.values("last_played", "listed").get()
    retire_after_commit("songs")


def note_at_venue(action: Action, song: JamSong, now: datetime) -> None:
    """So does the venue. When it was last played there before is noted for undo."""
    venue = action.jam.venue_id
    LibrarySong.objects.bulk_create([LibrarySong(venue_id=venue, song_id=song.song_id)], ignore_conflicts=True)
    row = LibrarySong.objects.select_for_update(no_key=True).filter(venue=venue, song=song.song_id)
    name = f"venue's {song.song_id}"
    action.before[name] = row.values("last_played").get()
    row.update(times_played=F("times_played") + 1, last_played=not_before(now))
    action.after[name] = {"last_played": now}


def not_before(now: datetime) -> Greatest:
    """The last time of all, also where another jam was over later and counted first."""
    at = Value(now, DateTimeField())
    return Greatest(Coalesce(F("last_played"), at), at)


def skip_song(*, jam_song: JamSong, host: User) -> JamSong:
    """Not now: a queued or playing song goes back among the open ones, with its votes; one that was banned while it
    played leaves."""
    with acting(jam_song.jam, host, "skip") as action:
        song = ready(action, jam_song, Status.QUEUED, Status.PLAYING)
        status = Status.REMOVED if reasons(action.jam.venue_id, [song.song]) else Status.OPEN
        action.change(song, status=status, position=None, started_at=None)
        action.number(list(action.jam.songs.queue()))
    return song


def remove_song(*, jam_song: JamSong, host: User) -> JamSong:
    """Off the jam. Its votes stay with it, and count again if the host adds it again."""
    with acting(jam_song.jam, host, "remove") as action:
        song = ready(action, jam_song, *TO_COME)
        take_off(action, song)
    return song


def take_off(action: Action, song: JamSong) -> None:
    action.change(song, status=Status.REMOVED, position=None, pinned=False)
    action.desk = True
    action.number(list(action.jam.songs.queue()))
    tell_who_suggested(song)


def take_banned_off(*, venue: Venue, song: Song, by: User) -> None:
    """It leaves the venue's jams that have not ended, but for where it plays or was played; each room is told.

    All those jams are held, also those without it: in one somebody may just be adding it.
    """
    for jam in Jam.objects.filter(venue=venue).exclude(status=Jam.Status.ENDED).order_by("pk"):
        with suppress(JamGone), acting(jam, by, "ban", right=Right.CHANGE_VENUE, ended=True) as action:
            there = action.jam.songs.filter(song=song, status__in=TO_COME).select_related("suggested_by").first()
            if there and action.jam.status != Jam.Status.ENDED:
                action.song = there.pk
                take_off(action, there)


def pin_song(*, jam_song: JamSong, host: User, pinned: bool) -> JamSong:
    """A pinned song stands above all others, whatever its votes."""
    with acting(jam_song.jam, host, "pin" if pinned else "unpin") as action:
        song = ready(action, jam_song, Status.OPEN)
        action.change(song, pinned=pinned)
    return song


def ready(action: Action, jam_song: JamSong, *allowed: JamSong.Status) -> JamSong:
    """The song as it stands under the lock, if it is where the action needs it. Raises SongNotReady, NotThere."""
    song = action.jam.songs.select_related("song", "suggested_by").filter(pk=jam_song.pk).first()
    if song is None:  # it is one with another now
        raise NotThere
    action.song = song.pk
    if song.status not in allowed:
        raise SongNotReady(
            _("“%(title)s” is %(status)s: that is not possible from there.")
            % {"title": song.song.title, "status": song.get_status_display().lower()}
        )
    return song


def tell_who_suggested(song: JamSong) -> None:
    attendee = song.suggested_by
    if attendee:
        transaction.on_commit(lambda: tell_attendee(attendee), robust=True)


# What API and console call them.
SONG_ACTIONS: dict[str, Callable[..., Any]] = {
    "approve": approve_song,
    "queue": queue_song,
    "unqueue": unqueue_song,
    "play": play_song,
    "finish": finish_song,
    "skip": skip_song,
    "remove": remove_song,
    "pin": partial(pin_song, pinned=True),
    "unpin": partial(pin_song, pinned=False),
    "lock": partial(lock_song, locked=True),
    "unlock": partial(lock_song, locked=False),
}
