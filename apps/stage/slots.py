"""The slots of a jam's songs: made from the song's parts when it comes into the jam, then the host's to change."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.catalog.music import MAX_COUNT, MAX_PARTS, Part, tidy_parts
from apps.core.errors import Invalid
from apps.jams.models import Attendee, JamSong
from apps.stage.errors import TooManySlots
from apps.stage.models import SignUp, Slot
from apps.stage.operations import (
    check_limit,
    check_not_frozen,
    check_takes_sign_ups,
    current_slot,
    enter,
    hosting,
    stepping,
)


def make_slots(*, songs: Iterable[JamSong]) -> None:
    """In the transaction that brought them into the jam. What has slots already keeps those."""
    bare = JamSong.objects.filter(pk__in=[song.pk for song in songs]).exclude(
        Exists(Slot.objects.filter(jam_song=OuterRef("pk")))
    )
    rows = bare.order_by("pk").values_list("pk", "song__parts")
    Slot.objects.bulk_create([slot for jam_song, parts in rows for slot in slots_of(jam_song, parts)])


def slots_of(jam_song: int, parts: list[Part]) -> list[Slot]:
    return [
        Slot(jam_song_id=jam_song, instrument=part["instrument"], number=number, required=part["required"])
        for part in parts
        for number in range(1, part["count"] + 1)
    ]


def add_slot(*, jam_song: JamSong, instrument: str, host: User, required: bool = True) -> Slot:
    """One more of the instrument. Raises Invalid, TooManySlots, SignUpsFrozen."""
    instrument = tidy(instrument)
    with hosting(jam_song.jam, host, "add_slot") as (step, action):
        slot = next_slot(step.jam.songs.get(pk=jam_song.pk), instrument, required=required)
        check_not_frozen(slot)
        slot.save(force_insert=True)
        action.after["slot"] = {"song": jam_song.pk, "id": slot.pk, "instrument": f"{slot}", "required": required}
        step.slots.add(slot.pk)
    slot.refresh_from_db(fields=["revision"])
    return slot


def sign_up_suggester(*, jam_song: JamSong, attendee: Attendee, instrument: str) -> SignUp:
    """Who suggests a song plays it: they have the first free slot of the instrument, or one that is added for them. A
    song that waits for the host waits with it: nobody sees its slots until then.

    Raises Invalid, TooManySlots, SignUpsClosed, TooManySignUps.
    """
    instrument = tidy(instrument)
    with stepping(jam_song.jam_id) as step:
        check_takes_sign_ups(step.jam)
        check_limit(step.jam, attendee)
        slot = jam_song.slots.filter(instrument=instrument).unfilled().order_by("number").first()
        if slot is None:
            slot = next_slot(jam_song, instrument, required=True)
            slot.save(force_insert=True)
        return enter(step, slot, attendee)


def remove_slot(*, slot: Slot, host: User) -> None:
    """With its sign-ups; who had one hears of it. Raises SlotGone, SignUpsFrozen."""
    with hosting(slot.jam_song.jam, host, "remove_slot") as (step, action):
        found = current_slot(step.jam, slot)
        check_not_frozen(found)
        people = SignUp.objects.live().filter(slot=found).order_by("pk").values_list("attendee", flat=True)
        step.people.update(people)
        action.before["slot"] = {
            "song": found.jam_song_id, "instrument": f"{found}", "required": found.required, "attendees": list(people),
        }  # fmt: skip
        action.after["slot"] = {"removed": found.pk}
        step.gone.append((found.pk, found.revision + 1))
        step.songs.add(found.jam_song_id)
        found.delete()


def next_slot(jam_song: JamSong, instrument: str, *, required: bool) -> Slot:
    """One more of the instrument, not saved yet. Raises TooManySlots."""
    there = set(jam_song.slots.values_list("instrument", "number"))
    instruments = {name for name, _number in there} | {instrument}
    free = [number for number in range(1, MAX_COUNT + 1) if (instrument, number) not in there]
    if not free or len(instruments) > MAX_PARTS:
        raise TooManySlots
    return Slot(jam_song=jam_song, instrument=instrument, number=free[0], required=required)


def tidy(instrument: str) -> str:
    """As parts of songs are written."""
    try:
        [part] = tidy_parts([Part(instrument=instrument, count=1, required=True)])
    except ValueError as error:
        raise Invalid(fields={"instrument": [_("This %(reason)s.") % {"reason": error}]}) from error
    return part["instrument"]
