"""What an attendee has in a jam."""

from typing import Any

from apps.core.compiled import AND_GIVEN, GIVEN, Compiled
from apps.jams.models import Attendee, Jam, JamSong
from apps.voting.models import Vote

MOST_SUGGESTED = 100
# Planned each time, with its month at hand: a plan that is kept has all partitions in it.
VOTES = Compiled(
    lambda: Vote.objects.filter(attendee=GIVEN, month=AND_GIVEN).order_by("pk").values_list("jam_song", flat=True),
    prepared=False,
)
SUGGESTED = Compiled(lambda: JamSong.objects.filter(suggested_by=GIVEN).select_related("song").order_by("-pk"))
STILL = Compiled(lambda: JamSong.objects.suggested_by_still(GIVEN).select_related("song").order_by("pk"))


def mine(attendee: Attendee) -> dict[str, Any]:
    """`{id, display_name, state, votes: [jam song ids], votes_left, suggestions_left, songs: [JamSong]}`."""
    jam, suggested = attendee.jam, SUGGESTED(attendee.pk, limit=MOST_SUGGESTED)
    return {
        "id": attendee.pk,
        "display_name": attendee.display_name,
        "state": attendee.state,
        "instruments": attendee.instruments,
        "remembered": attendee.performer_id is not None,
        "votes": votes_of(attendee, jam),
        "votes_left": votes_left(jam, attendee),
        "suggestions_left": suggestions_left(jam, attendee),
        "songs": suggested[::-1],
    }


def votes_of(attendee: Attendee, jam: Jam) -> list[int]:
    """Jam songs, as they were voted for."""
    return VOTES(attendee.pk, jam.month, limit=None)


def suggestions_left(jam: Jam, attendee: Attendee) -> int:
    return jam.max_suggestions - len(STILL(attendee.pk, limit=jam.max_suggestions))


def votes_left(jam: Jam, attendee: Attendee) -> int | None:
    """None where there is no cap."""
    if jam.max_votes is None:
        return None
    return max(0, jam.max_votes - Vote.objects.at(jam).out(attendee).count())
