"""What somebody plays tonight, in the order in which it comes: on the page of the stage and over the API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Case, F, OrderBy, When

from apps.catalog.library import key_here
from apps.jams.models import Attendee, Jam
from apps.stage.models import SignUp
from apps.stage.setlist import expected_starts

ON_STAGE, IN_THE_SET_LIST = "playing", "queued"


def stage_order(jam_song: str = "") -> tuple[Case | OrderBy, ...]:
    """What plays, the set list, then all else. `jam_song` is the way to it from the rows that are ordered."""
    of = f"{jam_song}__" if jam_song else ""
    status = f"{of}status"
    step = Case(When(**{status: ON_STAGE}, then=0), When(**{status: IN_THE_SET_LIST}, then=1), default=2)
    return step, F(f"{of}position").asc(nulls_last=True)


def set_of(attendee: Attendee, expected: Mapping[int, datetime]) -> list[SignUp]:
    """Live sign-ups for what is to be played yet, each with its `place` in line and when it is `expected_at`: None for
    what plays, and for what is not on the set list yet. `key` is the venue's, where it has one of its own. `expected`
    is what `expected_starts` answers."""
    mine: Any = SignUp.objects.out(attendee).select_related("slot__jam_song__song").with_place()
    mine = mine.annotate(key_here=key_here("slot__jam_song__jam__venue", "slot__jam_song__song"))
    found = list(mine.order_by(*stage_order("slot__jam_song"), "slot__jam_song", "pk"))
    for sign_up in found:
        sign_up.expected_at = expected.get(sign_up.slot.jam_song_id)
        song = sign_up.slot.jam_song.song
        sign_up.key, sign_up.chords = sign_up.key_here or song.key, chords_of(song.chord_sheet)
    return found


def my_set(jam: Jam, attendee: Attendee) -> list[SignUp]:
    return set_of(attendee, expected_starts(jam))


def chords_of(url: str) -> str:
    """A link that a phone follows from a page of ours: over TLS only."""
    return url if url.startswith("https://") else ""
