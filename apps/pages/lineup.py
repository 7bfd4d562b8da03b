"""The stage as its hosts see it: each song with its slots, who has them, and the lines behind them by name."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from apps.catalog.library import key_here
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.queries import RANK
from apps.stage.models import SignUp, Slot
from apps.stage.my_set import stage_order
from apps.stage.setlist import expected_starts

Status = JamSong.Status
ON_STAGE = (Status.PLAYING, Status.QUEUED, Status.OPEN)


@dataclass
class Place:
    """A slot, the sign-up that has it, and those that wait for it, the first first."""

    slot: Slot
    holder: SignUp | None = None
    line: list[SignUp] = field(default_factory=list)

    @property
    def missing(self) -> bool:
        return self.slot.required and not self.holder


@dataclass
class Gig:
    """A song with its places. `call`: now or next, when whoever plays is to be here; `at`: when it can be expected."""

    song: Any  # a jam song, with `key_here`
    call: str = ""
    at: datetime | None = None
    places: list[Place] = field(default_factory=list)

    @property
    def key(self) -> str:
        """As the venue plays it."""
        return str(self.song.key_here or self.song.song.key)

    @property
    def signed_up(self) -> bool:
        return any(place.holder or place.line for place in self.places)

    @property
    def missing(self) -> int:
        return sum(place.missing for place in self.places)


def stage_of(jam: Jam) -> dict[str, Any]:
    """`gigs`: what plays, the set list, and songs that somebody is signed up for; `others`: the songs beside those;
    `missing`: how many required slots of the set list are empty. Asks the database five times."""
    gigs = gigs_of(jam)
    staged = [gig for gig in gigs if gig.song.status != Status.OPEN]
    starts = expected_starts(jam)
    queue = [gig for gig in staged if gig.song.status == Status.QUEUED]
    for gig in queue:
        gig.at = starts.get(gig.song.pk)
    for gig in staged[: 1 + len(staged) - len(queue)]:
        gig.call = "next" if gig.song.status == Status.QUEUED else "now"
    open_songs = gigs[len(staged) :]
    return {
        "gigs": [*staged, *(gig for gig in open_songs if gig.signed_up)],
        "others": [gig for gig in open_songs if not gig.signed_up],
        "missing": sum(gig.missing for gig in queue),
    }


def gigs_of(jam: Jam, songs: Iterable[int] | None = None) -> list[Gig]:
    """In the order in which they are played, the open ones as they rank. Asks the database three times."""
    wanted = jam.songs.filter(status__in=ON_STAGE) if songs is None else jam.songs.filter(pk__in=songs)
    wanted = wanted.select_related("song").annotate(key_here=key_here("jam__venue", "song"))
    ordered = wanted.order_by(*stage_order(), *RANK)
    gigs = {song.pk: Gig(song) for song in ordered[: 2 * settings.BOARD_SIZE]}
    places: dict[int, Place] = {}
    for slot in Slot.objects.filter(jam_song__in=[*gigs]).order_by("jam_song", "pk"):
        slot.jam_song = gigs[slot.jam_song_id].song
        places[slot.pk] = Place(slot)
        gigs[slot.jam_song_id].places.append(places[slot.pk])
    live = SignUp.objects.live().filter(slot__jam_song__in=[*gigs])
    for sign_up in live.select_related("attendee").order_by("slot", "pk"):
        place = places[sign_up.slot_id]
        if sign_up.holds:
            place.holder = sign_up
        else:
            place.line.append(sign_up)
    return list(gigs.values())


def people_with(people: Iterable[Attendee], stage: dict[str, Any]) -> list[dict[str, Any]]:
    """Each with the `instruments` they are signed up for, the most frequent first, and for how many `songs`."""
    instruments: dict[int, Counter[str]] = {}
    songs: dict[int, set[int]] = {}
    for gig in stage["gigs"]:
        for place in gig.places:
            for one in [*([place.holder] if place.holder else []), *place.line]:
                instruments.setdefault(one.attendee_id, Counter())[place.slot.instrument] += 1
                songs.setdefault(one.attendee_id, set()).add(gig.song.pk)
    return [
        {
            "person": person,
            "instruments": [name for name, _count in instruments.get(person.pk, Counter()).most_common(2)],
            "songs": len(songs.get(person.pk, ())),
        }
        for person in people
    ]
