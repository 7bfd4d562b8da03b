"""What an attendee has in a jam."""

from typing import Any

from apps.core.compiled import GIVEN, Compiled
from apps.jams.models import Attendee, Jam, JamSong
from apps.voting.models import OUT, Vote

MOST_SUGGESTED = 100
VOTES = Compiled(lambda: Vote.objects.filter(attendee=GIVEN).order_by("pk").values_list("jam_song", "jam_song__status"))
SUGGESTED = Compiled(lambda: JamSong.objects.filter(suggested_by=GIVEN).select_related("song").order_by("-pk"))
STILL = Compiled(lambda: JamSong.objects.suggested_by_still(GIVEN).select_related("song").order_by("pk"))


def mine(attendee: Attendee) -> dict[str, Any]:
    """`{id, display_name, state, votes: [jam song ids], votes_left, suggestions_left, songs: [JamSong]}`."""
    votes, suggested = VOTES(attendee.pk, limit=None), SUGGESTED(attendee.pk, limit=MOST_SUGGESTED)
    jam, out = attendee.jam, sum(status in OUT for _song, status in votes)
    return {
        "id": attendee.pk,
        "display_name": attendee.display_name,
        "state": attendee.state,
        "instruments": attendee.instruments,
        "remembered": attendee.performer_id is not None,
        "votes": [song for song, _status in votes],
        "votes_left": None if jam.max_votes is None else max(0, jam.max_votes - out),
        "suggestions_left": suggestions_left(jam, attendee),
        "songs": suggested[::-1],
    }


def suggestions_left(jam: Jam, attendee: Attendee) -> int:
    return max(0, jam.max_suggestions - len(STILL(attendee.pk, limit=jam.max_suggestions)))


def votes_left(jam: Jam, attendee: Attendee) -> int | None:
    """None where there is no cap."""
    if jam.max_votes is None:
        return None
    return max(0, jam.max_votes - Vote.objects.out(attendee).count())
