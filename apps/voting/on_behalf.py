"""Votes that a host casts for people without a phone (product rule 10)."""

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.errors import DomainError
from apps.jams.actions import acting
from apps.jams.board import stamp
from apps.jams.errors import VotesOut
from apps.jams.models import Attendee, JamSong
from apps.voting import ballot
from apps.voting.operations import Tally, has_voted, refusal


class VotesThemselves(DomainError):
    code = "votes_themselves"
    message = _("They have a phone and vote by themselves. Hosts vote for people without one.")


def vote_for(*, jam_song: JamSong, attendee: Attendee, host: User, voted: bool) -> Tally:
    """Casts or takes back the vote of somebody without a phone. Said twice it is the same.

    Raises VotesThemselves, NotAHost, WrongStatus, and what `cast_vote` says no with.
    """
    with acting(jam_song.jam, host, "vote_for") as action:
        if attendee.has_phone:
            raise VotesThemselves
        row = (ballot.cast if voted else ballot.take_back)(jam_song.pk, ballot.Voter(attendee.pk))
        if row is None:
            raise refusal(jam_song, attendee)
        if voted and not row.changed and row.max_votes and not has_voted(jam_song, attendee):
            raise VotesOut
        if row.changed:
            action.counted.append(jam_song.pk)
            action.after["vote"] = {"song": jam_song.pk, "attendee": attendee.pk, "voted": voted}
    at = stamp(action.jam)
    return Tally(jam_song.pk, None if at else row.votes, voted, at or row.revision)
