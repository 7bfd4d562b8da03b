"""What is played, by the ranking (rule 4), the locks and the time; and the order that this alone gives."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from apps.stage.planning.plans import Candidate, LeftOut, Night, Reason


@dataclass(frozen=True)
class Choice:
    """`songs` by rank, without what is left out. `order` has their indexes in `songs` as the ranking and the locks
    place them, `fixed` the places that nothing may move to or from."""

    songs: tuple[Candidate, ...]
    order: tuple[int, ...]
    fixed: frozenset[int]
    left_out: tuple[LeftOut, ...]


def choose(candidates: Iterable[Candidate], night: Night) -> Choice:
    """Locked songs first, whatever the time: a host who overbooks a night means it. Then whatever still fits, best
    first, so that a long song does not end the night of the shorter ones behind it."""
    ranked = sorted(candidates, key=rank)
    places = {song: place for place, song in night.locked.items()}
    # The last song needs no changeover after it.
    left = None if night.seconds is None else night.seconds + night.changeover
    if left is not None:
        left -= sum(one.seconds + night.changeover for one in ranked if one.id in places)
    songs, left_out = [], []
    for one in ranked:
        if one.id in places:
            songs.append(one)
        elif night.playable_only and not one.playable:
            left_out.append(LeftOut(one.id, Reason("not_playable", {"missing": one.missing})))
        elif left is not None and one.seconds + night.changeover > left:
            needs, has = one.seconds, max(0, left - night.changeover)
            left_out.append(LeftOut(one.id, Reason("no_time", {"seconds": needs, "left": has})))
        else:
            songs.append(one)
            if left is not None:
                left -= one.seconds + night.changeover
    order, fixed = placed(songs, places)
    return Choice(tuple(songs), tuple(order), frozenset(fixed), tuple(left_out))


def rank(song: Candidate) -> tuple[bool, int, datetime, int]:
    return (not song.pinned, -song.votes, song.counted_at, song.id)


def placed(songs: list[Candidate], places: dict[int, int]) -> tuple[list[int], set[int]]:
    """Too few songs to reach a locked place: then the locked ones close up, in the order of their places."""
    free = [index for index, one in enumerate(songs) if one.id not in places]
    locked = sorted((places[one.id], index) for index, one in enumerate(songs) if one.id in places)
    order: list[int] = []
    fixed: set[int] = set()
    while free or locked:
        if locked and (locked[0][0] <= len(order) or not free):
            fixed.add(len(order))
            order.append(locked.pop(0)[1])
        else:
            order.append(free.pop(0))
    return order, fixed
