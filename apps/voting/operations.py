"""Whatever moves votes: casting, taking back, suggesting, leaving, removing somebody with their votes."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.catalog.library import check_stays, refuse_banned
from apps.catalog.models import Song
from apps.core.compiled import AND_GIVEN, GIVEN, Compiled
from apps.core.errors import DomainError
from apps.core.store import clock
from apps.jams import board, events
from apps.jams.actions import Action, acting
from apps.jams.attendees import ERASED
from apps.jams.errors import (
    AlreadyInJam,
    JamGone,
    SongFrozen,
    SuggestionsClosed,
    SuggestionsPaused,
    TooManySuggestions,
    VotesOut,
    VotingClosed,
    VotingPaused,
    WasRemoved,
)
from apps.jams.identity import see
from apps.jams.models import Attendee, Jam, JamSong, stream_of, voting_of
from apps.jams.performers import forget_performer
from apps.jams.queries import hashed
from apps.live.changes import Change
from apps.live.streams import announce, dismiss
from apps.voting import ballot
from apps.voting.meant import in_the_jam_as, meant
from apps.voting.models import Vote
from apps.voting.outcomes import COUNTED, UNCHANGED, count_vote, refused
from apps.voting.queries import suggestions_left, votes_left

JAM_COLUMNS = ("id", "slug", "status", "counts", "counts_top")
# Of the voter and the song: the voter's state and jam, how voting stands there, and the song's status.
WHY_NOT = Compiled(
    lambda: Attendee.objects.filter(pk=GIVEN).values_list(
        "state", "jam_id", "jam__status", "jam__voting_closes_at", "jam__voting_paused",
        Subquery(JamSong.objects.filter(pk=AND_GIVEN).values("status")),
    )
)  # fmt: skip


class Voided(NamedTuple):
    """How many people were taken off, and how many votes with them."""

    attendees: int
    votes: int


class Tally(NamedTuple):
    """`votes` as the room may see it: None where counts are hidden."""

    id: int
    votes: int | None
    voted: bool
    revision: int


def cast_vote(*, jam_song: JamSong, attendee: Attendee) -> Tally:
    """Counts once, however often it is said.

    Raises VotingClosed, VotingPaused, SongFrozen, VotesOut, WasRemoved.
    """
    row = ballot.cast(jam_song.pk, ballot.Voter(attendee.pk))
    if row is None:
        raise refused(refusal(jam_song, attendee))
    if not row.changed and row.max_votes and not has_voted(jam_song, attendee):
        raise refused(VotesOut())
    return told(jam_song.pk, row, voted=True)


def take_back_vote(*, jam_song: JamSong, attendee: Attendee) -> Tally:
    row = ballot.take_back(jam_song.pk, ballot.Voter(attendee.pk))
    if row is None:
        raise refused(refusal(jam_song, attendee))
    return told(jam_song.pk, row, voted=False)


def vote_by_secret(*, slug: str, song: int, secrets: Iterable[str], voted: bool) -> Tally | None:
    """The vote of whoever holds one of these secrets, in one statement. None: ask rows who it is and why not."""
    voter = ballot.Voter(holder=(slug, [hashed(secret) for secret in secrets]))
    row = (ballot.cast if voted else ballot.take_back)(song, voter)
    if row is None or (voted and row.max_votes and not row.changed):
        return None
    tally = told(song, row, voted=voted)
    see(row.attendee, row.last_seen)
    return tally


def has_voted(jam_song: JamSong, attendee: Attendee) -> bool:
    return Vote.objects.at(jam_song.jam).filter(jam_song=jam_song, attendee=attendee).exists()


def told(song: int, row: ballot.Row, *, voted: bool) -> Tally:
    """Tells the room, and answers what the voter may see. Also what has not changed: whoever says it again may do so
    because it was not told."""
    count_vote(COUNTED if row.changed else UNCHANGED)
    if row.waited:  # perhaps the host has hidden counts
        counts, top = Jam.objects.values_list("counts", "counts_top").get(pk=row.jam)
        row = row._replace(counts=counts, counts_top=top)
    if row.counts == Jam.Counts.LIVE:
        state = {"status": "open", "votes": row.votes, "counted_at": board.iso(row.counted_at), "pinned": row.pinned}
        announce(stream_of(row.slug), Change(state, row.revision, "songs", song))
        return Tally(song, row.votes, voted, row.revision)
    jam = Jam.from_db("default", JAM_COLUMNS, (row.jam, row.slug, row.status, row.counts, row.counts_top))
    at = clock()  # in place of the row's revision, which goes up with each vote
    board.publish_count(jam, song)
    return Tally(song, None, voted, at)


def refusal(jam_song: JamSong, attendee: Attendee) -> DomainError:
    """Why the vote was not taken, by the rows as they are now."""
    rows = WHY_NOT(attendee.pk, jam_song.pk, limit=None)
    if not rows:
        return JamGone()
    [(state, jam, status, closes_at, paused, song)] = rows
    if state not in (Attendee.State.ACTIVE, Attendee.State.AWAY) or jam != jam_song.jam_id:
        return WasRemoved()
    voting = voting_of(status, closes_at, paused=paused)
    if voting == "closed":
        return VotingClosed()
    if voting == "paused":
        return VotingPaused()
    if song is None:
        return SongFrozen(_("Not counted: this song is one with another now. Look for that one and vote for it."))
    if song == JamSong.Status.PLAYED:
        return SongFrozen(_("Not counted: this song has been played tonight. Vote for another one."))
    return SongFrozen()


# Suggestions ------------------------------------------------------------------------------------------


def suggest_song(
    *,
    jam: Jam,
    attendee: Attendee,
    song: Song | None = None,
    title: str = "",
    artist: str = "",
    instrument: str = "",
    insist: bool = False,
) -> JamSong:
    """Puts a song of the library, or a new one, into the jam, with the attendee's vote; with an `instrument` they are
    signed up for it as well, or nothing is done (apps/stage may say no to it).

    Where the host approves suggestions it waits first. A song that is known under a slightly other name is that one,
    unless they `insist` on theirs (apps/voting/meant.py). Raises SuggestionsClosed, SuggestionsPaused,
    TooManySuggestions, VotesOut, WasRemoved, Invalid, SongBanned, NotThere, NearSong with `near` to choose from, and
    AlreadyInJam with `jam_song` to vote for.
    """
    with transaction.atomic():
        # The jam first, as everywhere; then its own lock: two suggestions of one person at once must see each other.
        Jam.objects.locked(jam.pk)
        attendee = Attendee.objects.select_for_update(no_key=True).get(pk=attendee.pk)
        check_may_suggest(jam, attendee)
        if song is None:
            song = meant(jam=jam, title=title, artist=artist, insist=insist)
        elif not insist:
            song = in_the_jam_as(jam=jam, song=song)
        check_stays(song)
        refuse_banned(jam.venue, song)
        status = JamSong.Status.PENDING if jam.approve_suggestions else JamSong.Status.OPEN
        jam_song = place(JamSong(jam=jam, song=song, status=status, origin="suggestion", suggested_by=attendee))
        Vote.objects.create(jam_song=jam_song, attendee=attendee)
        events.songs_added.send(None, songs=[jam_song])
        if instrument:
            events.song_suggested.send(None, song=jam_song, attendee=attendee, instrument=instrument)
        told = [] if jam.approve_suggestions else [jam_song.pk]
        transaction.on_commit(lambda: board.publish(jam, told, desk=jam.approve_suggestions), robust=True)
    jam_song.refresh_from_db()
    return jam_song


def check_may_suggest(jam: Jam, attendee: Attendee) -> None:
    jam.refresh_from_db()
    if attendee.state not in (Attendee.State.ACTIVE, Attendee.State.AWAY):
        raise WasRemoved
    if not jam.takes_suggestions:
        raise SuggestionsClosed(_("This venue takes no suggestions. You can still vote."))
    if jam.suggestions == "closed":
        raise SuggestionsClosed
    if jam.suggestions == "paused":
        raise SuggestionsPaused
    if suggestions_left(jam, attendee) <= 0:
        raise TooManySuggestions
    if votes_left(jam, attendee) == 0:
        raise VotesOut


def place(jam_song: JamSong) -> JamSong:
    try:
        with transaction.atomic():
            jam_song.save()
    except IntegrityError as error:
        there = JamSong.objects.select_related("song").get(jam=jam_song.jam_id, song=jam_song.song_id)
        raise already(there) from error
    return jam_song


def already(there: JamSong) -> AlreadyInJam:
    title = {"title": there.song.title}
    if there.status == JamSong.Status.PLAYED and there.ended_at:
        played = timezone.localtime(there.ended_at, there.jam.zone)
        return AlreadyInJam(_("“%(title)s” was played at %(time)s.") % {**title, "time": f"{played:%H:%M}"})
    if there.status == JamSong.Status.REMOVED:
        return AlreadyInJam(_("The host has taken “%(title)s” off tonight. Suggest another song.") % title)
    if there.status == JamSong.Status.PENDING:
        return AlreadyInJam(_("“%(title)s” has been suggested already and waits for the host.") % title)
    message = _("“%(title)s” is in the jam already: vote for it there.") % title
    return AlreadyInJam(message, extra={"jam_song": there.pk})


# Leaving ----------------------------------------------------------------------------------------------


def remove_attendee(*, attendee: Attendee, host: User) -> None:
    """Takes somebody off the jam with all votes but those for what has been played, which is history."""
    with acting(attendee.jam, host, "remove_attendee", ended=True) as action:
        take_off(action, [lock(attendee)])


def void_attendees(*, jam: Jam, host: User, attendees: Iterable[int]) -> Voided:
    """Takes all of these off the jam in one step, as `remove_attendee` does with one.

    They are named one by one, so that nobody goes whom the host has not seen; who has gone already is passed over.
    """
    with acting(jam, host, "void", ended=True) as action:
        here = Attendee.objects.filter(jam=jam, pk__in=set(attendees)).in_the_room()
        people = list(here.select_for_update().order_by("pk"))
        votes = take_off(action, people) if people else 0
    return Voided(len(people), votes)


def take_off(action: Action, people: list[Attendee]) -> int:
    """Answers how many votes went with them. What was theirs is noted for undo, without names: those are erased one
    day, the event stays."""
    ids = [one.pk for one in people]
    theirs = Vote.objects.at(action.jam).filter(attendee__in=ids)
    votes = theirs.exclude(jam_song__status=JamSong.Status.PLAYED)
    cast = list(votes.order_by("jam_song", "attendee").values_list("jam_song", "attendee", "created_at"))
    songs = {song for song, _attendee, _at in cast}
    action.before |= {"attendees": {one.pk: one.state for one in people}, "votes": cast, "counted": counted_at(songs)}
    theirs.filter(jam_song__in=songs).delete()
    Attendee.objects.filter(pk__in=ids).update(state=Attendee.State.REMOVED)
    action.after |= {"void": {"attendees": ids, "votes": len(cast)}, "counted": counted_at(songs)}
    action.counted += songs
    jam = action.jam
    events.people_gone.send(None, jam=jam, people=people, noted=action.before)
    transaction.on_commit(lambda: after_leaving(jam, people), robust=True)
    return len(cast)


def counted_at(songs: Iterable[int]) -> dict[int, datetime]:
    """When these songs' counts changed last, which ranks those of one count. They are held until the commit."""
    rows = JamSong.objects.filter(pk__in=songs).select_for_update(no_key=True).order_by("pk")
    return dict(rows.values_list("pk", "counted_at"))


def leave_jam(*, attendee: Attendee) -> None:
    """The attendee is erased at once: votes are taken back, name and secret are gone, also what the venue remembers.

    Who was taken off the jam stays so, or leaving would be the way back in: the hash of their secret goes with the
    others of the night.
    """
    with transaction.atomic():
        # The jam first: whoever takes many songs' counts in one go does it alone.
        jam = Jam.objects.locked(attendee.jam_id)
        locked = lock(attendee)
        songs = withdraw(jam, locked)
        if locked.performer:
            forget_performer(performer=locked.performer)
        gone = ERASED | {"state": Attendee.State.LEFT}
        if locked.state == Attendee.State.REMOVED:
            gone |= {"state": locked.state, "secret_hash": locked.secret_hash}
        Attendee.objects.filter(pk=attendee.pk).update(**gone)
        events.people_gone.send(None, jam=jam, people=[locked], noted={})
        transaction.on_commit(lambda: board.publish(jam, counted=songs), robust=True)
        transaction.on_commit(lambda: after_leaving(jam, [attendee]), robust=True)
    attendee.refresh_from_db()


def lock(attendee: Attendee) -> Attendee:
    """Waits for votes of the attendee that are under way; later ones find the attendee gone."""
    return Attendee.objects.select_for_update().get(pk=attendee.pk)


def withdraw(jam: Jam, attendee: Attendee) -> list[int]:
    """Deletes the attendee's votes but those for what has been played; answers the jam songs."""
    votes = Vote.objects.at(jam)
    songs = list(votes.to_take_back(attendee).values_list("jam_song", flat=True))
    votes.filter(attendee=attendee, jam_song__in=songs).delete()
    return songs


def after_leaving(jam: Jam, people: Iterable[Attendee]) -> None:
    board.publish_people(jam)
    dismiss(jam.stream, *(attendee.address for attendee in people))
