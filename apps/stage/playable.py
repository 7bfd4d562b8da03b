"""What tonight's room can play: the open songs for which everybody that they require is there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from apps.jams.models import Attendee, Jam, JamSong
from apps.stage.models import Slot


class Playable(NamedTuple):
    """`people` have said what they play; `songs` are covered, `nearly` lack one person: by title, which tells nothing
    of counts that are hidden. Each is `{id, title, artist, missing}`."""

    people: int
    songs: list[dict[str, Any]]
    nearly: list[dict[str, Any]]


def playable_tonight(jam: Jam) -> Playable:
    """Who holds a slot of a song plays that one there; who is away plays nothing. Asks the database twice."""
    here = Attendee.objects.filter(jam=jam, state=Attendee.State.ACTIVE).exclude(instruments=[]).order_by("pk")
    plays: dict[int, list[str]] = dict(here.values_list("pk", "instruments"))
    found: dict[int, list[dict[str, Any]]] = {0: [], 1: []}
    for song, slots in required_slots(jam).items():
        holders = {slot["holder_id"] for slot in slots}
        free = [instruments for person, instruments in plays.items() if person not in holders]
        lacking = missing([slot["instrument"] for slot in slots if slot["holder_id"] is None], free)
        if len(lacking) < 2:
            first = slots[0]
            row = {"id": song, "title": first["jam_song__song__title"], "artist": first["jam_song__song__artist"]}
            found[len(lacking)].append(row | {"missing": lacking[0] if lacking else ""})
    return Playable(len(plays), found[0], found[1])


def required_slots(jam: Jam) -> Mapping[int, list[dict[str, Any]]]:
    """By open song; what nobody is required for is not known well enough to be said to be playable."""
    slots = Slot.objects.filter(jam_song__jam=jam, jam_song__status=JamSong.Status.OPEN, required=True).with_holder()
    columns = ("jam_song", "jam_song__song__title", "jam_song__song__artist", "instrument", "holder_id")
    songs: dict[int, list[dict[str, Any]]] = {}
    for row in slots.order_by("jam_song__song__folded_title", "jam_song", "pk").values(*columns):
        songs.setdefault(row["jam_song"], []).append(row)
    return songs


def missing(slots: Sequence[str], people: Iterable[Iterable[str]]) -> list[str]:
    """The instruments that nobody is left for, when as many slots as can be are given to people who play them, to each
    at most one.

    A maximum matching by augmenting paths (Berge 1957, Kuhn 1955): who is wanted twice takes over another slot if
    somebody else can take theirs. Where that fails for a slot it fails for good, so each is tried once.
    """
    players: dict[str, list[int]] = {}
    for person, instruments in enumerate(people):
        for instrument in instruments:
            players.setdefault(instrument, []).append(person)
    given: dict[int, int] = {}

    def give(slot: int, asked: set[int]) -> bool:
        for person in players.get(slots[slot], ()):
            if person not in asked:
                asked.add(person)
                if person not in given or give(given[person], asked):
                    given[person] = slot
                    return True
        return False

    return [instrument for slot, instrument in enumerate(slots) if not give(slot, set())]
