"""What an attendee has in a jam."""

from typing import Any

from apps.jams.models import Attendee, Jam, JamSong
from apps.voting.models import Vote

MOST_SUGGESTED = 100


def mine(attendee: Attendee) -> dict[str, Any]:
    """`{id, display_name, state, votes: [jam song ids], votes_left, suggestions_left, songs: [JamSong]}`."""
    suggested = JamSong.objects.filter(suggested_by=attendee).select_related("song").order_by("-pk")
    return {
        "id": attendee.pk,
        "display_name": attendee.display_name,
        "state": attendee.state,
        "instruments": attendee.instruments,
        "remembered": attendee.performer_id is not None,
        "votes": list(
            Vote.objects.at(attendee.jam).filter(attendee=attendee).order_by("pk").values_list("jam_song", flat=True)
        ),
        "votes_left": votes_left(attendee.jam, attendee),
        "suggestions_left": suggestions_left(attendee.jam, attendee),
        "songs": list(suggested[:MOST_SUGGESTED])[::-1],
    }


def suggestions_left(jam: Jam, attendee: Attendee) -> int:
    return max(0, jam.max_suggestions - JamSong.objects.suggested_by_still(attendee).count())


def votes_left(jam: Jam, attendee: Attendee) -> int | None:
    """None where there is no cap."""
    if jam.max_votes is None:
        return None
    return max(0, jam.max_votes - Vote.objects.at(jam).out(attendee).count())
