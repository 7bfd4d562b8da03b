"""A jam as templates show it: made of the snapshot, so that a page and the API never differ."""

from collections.abc import Iterable
from typing import Any

from apps.jams.board import snapshot
from apps.jams.models import Jam
from apps.stage.models import Slot

State = dict[str, Any]
PLAYER = ("jam_song", "instrument", "holder")


def board_of(jam: Jam, counted: Iterable[State] = ()) -> State:
    """The snapshot with its songs by what they are doing: `playing`, `queue`, `ranking`, `played`.

    `counted` are states with counts that the room does not see, for its hosts.
    """
    venue = jam.venue
    state = snapshot(jam)
    jam.venue = venue  # reading the jam anew forgets it
    known = {song["id"]: song for song in counted}
    if known:
        state["songs"] = [known.get(song["id"], song) for song in state["songs"]]
        state["songs"].sort(key=rank)
    return state | sorted_out(state["songs"])


def rank(song: State) -> tuple[Any, ...]:
    return -song["pinned"], -(song["votes"] or 0), song["counted_at"] or "", song["id"]


def sorted_out(songs: Iterable[State]) -> State:
    by: dict[str, list[State]] = {"playing": [], "queued": [], "open": [], "played": []}
    for song in songs:
        by[song["status"]].append(song)
    counts = [song["votes"] or 0 for song in by["open"]]
    return {
        "playing": by["playing"][0] if by["playing"] else None,
        "queue": sorted(by["queued"], key=lambda song: (song["position"], song["id"])),
        "ranking": by["open"],
        "played": sorted(by["played"], key=lambda song: (song["ended_at"] or "", -song["id"]), reverse=True),
        "top": max([1, *counts]),
        "votes_cast": sum(song["votes"] or 0 for group in by.values() for song in group),
    }


def most_wanted(songs: Iterable[State]) -> State | None:
    """The song of the night with the most votes, whatever became of it."""
    voted = [song for song in songs if song["votes"]]
    return min(voted, key=lambda song: (-song["votes"], song["counted_at"], song["id"])) if voted else None


def players_of(jam: Jam, *songs: State | None) -> list[list[State]]:
    """Of each song those who play it, as the room may know them: `{holder, instrument}`, slot by slot."""
    wanted = [song["id"] for song in songs if song]
    slots = Slot.objects.shown(jam).filter(jam_song__in=wanted).with_holders()
    held = [slot for slot in slots.values(*PLAYER) if slot["holder"]] if wanted else []
    return [[slot for slot in held if song and slot["jam_song"] == song["id"]] for song in songs]
