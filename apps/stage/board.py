"""What a room sees of its stage: the states of slots, in lists and in frames alike."""

from collections.abc import Iterable
from typing import Any

from apps.core.store import clock
from apps.jams.board import tell_attendee
from apps.jams.models import Attendee, Jam
from apps.live.changes import Change
from apps.live.streams import announce
from apps.stage.line_ups import line_ups
from apps.stage.models import Slot

State = dict[str, Any]
CHANGING = ("id", "jam_song", "instrument", "number", "required", "holder", "state", "waiting", "revision")


def publish_slots(
    jam: Jam, slots: Iterable[int], gone: Iterable[tuple[int, int]] = (), songs: Iterable[int] = ()
) -> None:
    """Tells the room how these slots stand now, and which are `gone`: ids and the revisions after their last, of
    which `songs`.

    Call it after the commit. Slots have a part of their own in frames, `slots`, each with its own revision: a song's
    state would be overtaken by votes, which say nothing of slots. How far their songs' line-ups are comes along.
    """
    at = clock()  # first: what is counted is at least as new
    rows = list(Slot.objects.filter(pk__in=set(slots)).shown(jam).with_holders().values(*CHANGING))
    changes = [Change({"removed": True}, revision, "slots", slot) for slot, revision in gone]
    changes += [change_of(row) for row in rows]
    songs = {row["jam_song"] for row in rows} | set(songs)
    changes += [Change(lineup, at, "line_ups", lineup["id"]) for lineup in line_ups(jam, songs)] if songs else []
    if changes:
        announce(jam.stream, *changes)


def change_of(row: State) -> Change:
    facts = {name: value for name, value in row.items() if name not in {"id", "revision"}}
    return Change(facts, row["revision"], "slots", row["id"])


def tell(people: Iterable[int]) -> None:
    """What these attendees have has changed: their phones look again."""
    for attendee in Attendee.objects.filter(pk__in=set(people)).select_related("jam").order_by("pk"):
        tell_attendee(attendee)
