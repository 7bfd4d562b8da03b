"""What a host does with songs that moves votes: unites two that are one, and opens a played one again."""

from collections.abc import Iterable
from difflib import SequenceMatcher

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.catalog.library import refuse_banned
from apps.jams import events
from apps.jams.actions import Action, acting
from apps.jams.board import tell_attendees
from apps.jams.errors import SongNotReady
from apps.jams.lineup import ready, tell_who_suggested
from apps.jams.models import Jam, JamSong
from apps.voting.models import Vote
from apps.voting.operations import counted_at

Status = JamSong.Status
MERGEABLE = (Status.PENDING, Status.OPEN, Status.QUEUED)
TAKES_IN = (Status.OPEN, Status.QUEUED)

# Who has voted for both keeps one vote, by the constraint; the triggers count what goes and what comes.
UNITE = """
WITH gone AS (
    DELETE FROM voting_vote WHERE jam_song_id = %(song)s AND month = %(month)s RETURNING attendee_id, month, created_at
)
INSERT INTO voting_vote (jam_song_id, attendee_id, month, created_at)
SELECT %(into)s, attendee_id, month, created_at FROM gone ON CONFLICT DO NOTHING
"""
# SQLite deletes nothing inside another statement. It has one writer at a time, so nobody votes between these two.
LITE_UNITE = (
    "UPDATE OR IGNORE voting_vote SET jam_song_id = %(into)s WHERE jam_song_id = %(song)s",
    "DELETE FROM voting_vote WHERE jam_song_id = %(song)s",
)


def merge_songs(*, jam_song: JamSong, into: JamSong, host: User) -> JamSong:
    """What people wanted of the one they want of the other; the one is removed. Answers the other.

    Raises SongNotReady.
    """
    with acting(jam_song.jam, host, "merge") as action:
        into = ready(action, into, *TAKES_IN)
        song = ready(action, jam_song, *MERGEABLE)
        if song == into:
            raise SongNotReady(_("A song cannot be merged into itself. Choose another one."))
        action.after["merge"] = {"song": song.pk, "into": into.pk, "votes": unite(action, song, into)}
        events.songs_merged.send(None, song=song, into=into)
        action.change(song, status=Status.REMOVED, position=None, pinned=False)
        action.number(list(action.jam.songs.queue()))
        action.desk = True
        tell_who_suggested(song)
    return into


def unite(action: Action, song: JamSong, into: JamSong) -> int:
    """All that people have at a song goes over here: votes. Answers how many of those there were."""
    counted_at([song.pk, into.pk])  # holds both: who votes meanwhile finds one of them removed
    voters = voters_of(action.jam, song)
    with connection.cursor() as cursor:
        for statement in [UNITE] if connection.vendor == "postgresql" else LITE_UNITE:
            cursor.execute(statement, {"song": song.pk, "into": into.pk, "month": action.jam.month})
    action.counted.append(into.pk)
    tell_voters(action, voters)
    return len(voters)


def most_alike(song: JamSong, others: Iterable[JamSong]) -> list[JamSong]:
    """By how much their titles are like the song's, then their artists; those that are equally like it as they rank."""
    title = SequenceMatcher(b=song.song.folded_title, autojunk=False)
    artist = SequenceMatcher(b=song.song.folded_artist, autojunk=False)

    def likeness(other: JamSong) -> tuple[float, float, int, int]:
        title.set_seq1(other.song.folded_title)
        artist.set_seq1(other.song.folded_artist)
        return -title.ratio(), -artist.ratio(), -other.votes, other.pk

    return sorted(others, key=likeness)


def reopen_song(*, jam_song: JamSong, host: User) -> JamSong:
    """An encore: a played song is open again. Votes came back to their voters when it was played (product rule 3), so
    it begins without any; how its first round went stays in the audit log. Raises SongNotReady, SongBanned.
    """
    with acting(jam_song.jam, host, "encore") as action:
        song = ready(action, jam_song, Status.PLAYED)
        refuse_banned(action.jam.venue, song.song)
        action.before["counted"] = counted_at([song.pk])
        votes = Vote.objects.at(action.jam).filter(jam_song=song)
        action.before["votes"] = list(votes.order_by("pk").values_list("jam_song", "attendee", "created_at"))
        voters = voters_of(action.jam, song)
        votes.delete()
        action.after["counted"] = counted_at([song.pk])
        action.change(song, status=Status.OPEN, pinned=False, started_at=None, ended_at=None)
        tell_voters(action, voters)
    return song


def voters_of(jam: Jam, song: JamSong) -> list[int]:
    return list(Vote.objects.at(jam).filter(jam_song=song).values_list("attendee", flat=True))


def tell_voters(action: Action, voters: Iterable[int]) -> None:
    """Their phones look again at what they have voted for."""
    jam = action.jam
    transaction.on_commit(lambda: tell_attendees(jam, voters), robust=True)
