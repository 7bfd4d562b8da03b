"""Undo (product rule 12): within UNDO_SECONDS a host takes their own last action back.

What it changed its audit event says, and only that is put back: votes, and what others have done since, stay. Where
what others have done stands in the way, nothing is undone. An undo is an action too, but not one that is undone.
"""

import sys
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import plain
from apps.accounts.models import AuditEvent, User
from apps.catalog.library import refuse_banned
from apps.catalog.models import LibrarySong, Song
from apps.core.store import retire_after_commit
from apps.jams import board, events
from apps.jams.actions import Action, acting
from apps.jams.errors import ChangedSince, NothingToUndo, UndoTooLate, WrongStatus
from apps.jams.lineup import TO_COME, tell_who_suggested
from apps.jams.models import Attendee, Jam, JamSong
from apps.voting.models import Vote
from apps.voting.operations import counted_at
from apps.voting.songs import tell_voters

Status = JamSong.Status
UNDO = "undo"
VOIDS = ("remove_attendee", "void")  # possible, and undone, also when the night is over
UNDOABLE = (
    "approve", "arrange", "encore", "finish", "lock", "move", "pin", "plan", "play", "queue", "remove", "skip",
    "start_next", "unlock", "unpin", "unqueue", *VOIDS,
)  # fmt: skip
AT_THE_DESK = {Status.PENDING, Status.REMOVED}  # where the room does not see a song


class Undone(NamedTuple):
    """What was undone, and how many people, votes and sign-ups are back. A lost sign-up waits now, since somebody else
    has the slot, or its song is over."""

    action: str
    song: int | None
    attendees: int = 0
    votes: int = 0
    sign_ups: int = 0
    sign_ups_lost: int = 0


def undo(*, jam: Jam, host: User, action: str = "", song: int | None = None) -> Undone:
    """Takes the host's last action back; where `action` and `song` say which one that is, no other.

    Raises NothingToUndo, UndoTooLate, ChangedSince, WrongStatus, SongBanned.
    """
    with acting(jam, host, UNDO, ended=True) as undoing:
        event = meant(last_action(undoing.jam, host), action, song)
        if event.verb not in VOIDS and undoing.jam.status == Jam.Status.ENDED:
            raise WrongStatus(_("The jam has ended: nothing of it can be changed any more."))
        back = bring_back(undoing, event) if event.verb in VOIDS else Counter(votes=put_back(undoing, event))
        undoing.song = event.after.get("song")
        undoing.after["undone"] = {"event": event.pk, "verb": event.verb, **back}
    return Undone(event.verb, undoing.song, **back)


def undoable(jam: Jam, host: User) -> AuditEvent | None:
    """What `undo` would take back now, if nobody has come in between."""
    event = last_action(jam, host)
    return event if event and event.verb != UNDO and until(event) > timezone.now() else None


def until(event: AuditEvent) -> datetime:
    return event.created_at + timedelta(seconds=settings.UNDO_SECONDS)


def last_action(jam: Jam, host: User) -> AuditEvent | None:
    return AuditEvent.objects.about(jam).filter(actor=host, verb__in=[*UNDOABLE, UNDO]).first()


def meant(event: AuditEvent | None, action: str, song: int | None) -> AuditEvent:
    if event is None:
        raise NothingToUndo
    if event.verb == UNDO:
        raise NothingToUndo(_("Your last action is undone already."))
    if (action and action != event.verb) or (song and song != event.after.get("song")):
        raise NothingToUndo(_("Not undone: you have done something else since. Look again and change it by hand."))
    if until(event) <= timezone.now():
        raise UndoTooLate
    return event


# Songs ------------------------------------------------------------------------------------------------


def put_back(undoing: Action, event: AuditEvent) -> int:
    """Answers how many votes are back."""
    songs = [(song, event.before[f"song {song.pk}"]) for song in unchanged(undoing, event)]
    # What plays makes room first: one song plays at a time.
    songs.sort(key=lambda pair: pair[0].status != Status.PLAYING)
    check_stage_is_free(undoing, songs)
    for song, was in songs:
        if was.get("status") in TO_COME and song.status not in TO_COME:
            refuse_banned(undoing.jam.venue, song.song)
    votes = give_back_round(undoing, event, songs)
    placed = []
    for song, was in songs:
        seen = {song.status}
        fields = {name: timed(was[name]) if name.endswith("_at") else was[name] for name in was}
        if fields.pop("position", None) is None and "position" in was:
            fields["position"] = None
        undoing.change(song, **fields)
        if was.get("status") == Status.QUEUED or is_moved(event, song):
            placed.append((was.get("position") or sys.maxsize, song))
        if (seen | {song.status}) & AT_THE_DESK:
            undoing.desk = True
            tell_who_suggested(song)
    if any("position" in was for _song, was in songs):
        put_in_queue(undoing, placed)
    put_library_back(undoing, event)
    put_venues_library_back(undoing, event)
    return votes


def unchanged(undoing: Action, event: AuditEvent) -> list[JamSong]:
    """The songs that the action changed, if they are still as it left them. Raises ChangedSince.

    Places do not count, but for songs that were moved or arranged: others may have queued and moved around it.
    """
    names = {int(name.split()[1]): name for name in event.after if name.startswith("song ")}
    songs = list(undoing.jam.songs.select_related("song", "suggested_by").filter(pk__in=names).order_by("pk"))
    for song in songs:
        left = event.after[names[song.pk]]
        told = [name for name in left if name != "position" or is_moved(event, song)]
        if any(plain(getattr(song, name)) != left[name] for name in told):
            raise ChangedSince(
                _("Not undone: “%(title)s” has changed since. Look again and change it by hand.")
                % {"title": song.song.title}
            )
    if len(songs) < len(names):
        raise ChangedSince
    return songs


def is_moved(event: AuditEvent, song: JamSong) -> bool:
    return event.verb == "arrange" or (event.verb == "move" and song.pk == event.after["song"])


def check_stage_is_free(undoing: Action, songs: list[tuple[JamSong, dict[str, Any]]]) -> None:
    if not any(was.get("status") == Status.PLAYING for _song, was in songs):
        return
    others = undoing.jam.songs.filter(status=Status.PLAYING).exclude(pk__in=[song.pk for song, _was in songs])
    if playing := others.select_related("song").first():
        raise ChangedSince(
            _("Not undone: “%(title)s” plays by now. Look again and change it by hand.") % {"title": playing.song.title}
        )


def give_back_round(undoing: Action, event: AuditEvent, songs: list[tuple[JamSong, dict[str, Any]]]) -> int:
    """The votes of an encore's first round, unless the second has begun."""
    if "votes" not in event.before:
        return 0
    if voted := next((song for song, _was in songs if song.votes), None):
        raise ChangedSince(
            _("Not undone: people vote for “%(title)s” again. Leave it open, or remove it.")
            % {"title": voted.song.title}
        )
    voters = {attendee for _song, attendee, _at in event.before["votes"]}
    tell_voters(undoing, voters)
    return give_back(undoing, event, voters)


def put_in_queue(undoing: Action, placed: list[tuple[int, JamSong]]) -> None:
    """Each at its place, as far as the set list still reaches; the others close up."""
    back = {song.pk for _place, song in placed}
    queue = [song for song in undoing.jam.songs.queue() if song.pk not in back]
    for place, song in sorted(placed, key=lambda pair: pair[0]):
        queue.insert(place - 1, song)
    undoing.number(queue)


def put_library_back(undoing: Action, event: AuditEvent) -> None:
    for name in event.after:
        if not name.startswith("library "):
            continue
        song = Song.objects.select_for_update(no_key=True).filter(pk=int(name.split()[1])).first()
        if song is None:  # it is one with another now, which has its plays
            raise ChangedSince
        was, left = event.before[name], event.after[name]
        if was["last_played"] != left["last_played"]:
            song.times_played = max(song.times_played - 1, 0)
            if plain(song.last_played) == left["last_played"]:  # another jam has not played it since
                song.last_played = timed(was["last_played"])
        if not was["listed"] and not song.jam_songs.exclude(jam=undoing.jam).exists():
            song.listed = False
        Song.objects.filter(pk=song.pk).update(
            times_played=song.times_played, last_played=song.last_played, listed=song.listed
        )
        retire_after_commit("songs")


def put_venues_library_back(undoing: Action, event: AuditEvent) -> None:
    for name in event.after:
        if not name.startswith("venue's "):
            continue
        rows = LibrarySong.objects.select_for_update(no_key=True)
        row = rows.filter(venue=undoing.jam.venue_id, song=int(name.split()[1])).first()
        if row is None:
            continue
        row.times_played = max(row.times_played - 1, 0)
        if plain(row.last_played) == event.after[name]["last_played"]:  # no other jam has played it since
            row.last_played = timed(event.before[name]["last_played"])
        row.save(update_fields=["times_played", "last_played"])


def timed(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# People -----------------------------------------------------------------------------------------------


def bring_back(undoing: Action, event: AuditEvent) -> Counter[str]:
    """Those who were taken off, with their votes and sign-ups; whoever has left for good meanwhile stays away."""
    states = {int(pk): state for pk, state in event.before["attendees"].items()}
    off = Attendee.objects.filter(pk__in=states, state=Attendee.State.REMOVED)
    people = list(off.exclude(folded_name=None).select_for_update().order_by("pk"))
    if not people:
        raise ChangedSince(_("Not undone: they have left by themselves."))
    for one in people:
        Attendee.objects.filter(pk=one.pk).update(state=states[one.pk])
    back = Counter(attendees=len(people), votes=give_back(undoing, event, {one.pk for one in people}))
    jam = undoing.jam
    events.people_back.send(None, jam=jam, people=people, noted=event.before, back=back)
    transaction.on_commit(lambda: board.publish_people(jam), robust=True)
    return back


def give_back(undoing: Action, event: AuditEvent, people: set[int]) -> int:
    """Cast when they were, and counted as if they had never been away, if nobody else has voted since."""
    gone = [(song, attendee, at) for song, attendee, at in event.before["votes"] if attendee in people]
    songs = counted_at({song for song, _attendee, _at in gone})
    votes = [
        Vote(jam_song_id=song, attendee_id=attendee, created_at=datetime.fromisoformat(at))
        for song, attendee, at in sorted(gone, key=lambda vote: vote[2])
        if song in songs
    ]
    Vote.objects.bulk_create(votes, ignore_conflicts=True)
    restore_ranks(songs, event.before["counted"], event.after["counted"])
    undoing.counted += songs
    return len(votes)


def restore_ranks(songs: Mapping[int, datetime], was: Mapping[str, str], left: Mapping[str, str]) -> None:
    for song, at in songs.items():
        if plain(at) == left[str(song)]:
            JamSong.objects.filter(pk=song).update(counted_at=datetime.fromisoformat(was[str(song)]))
