"""Sign-ups that come from elsewhere: somebody without a phone of ours, whom a host adds and signs up."""

from typing import Any

from apps.accounts.models import User
from apps.jams.models import Attendee, Jam
from apps.jams.people import add_person
from apps.stage.models import SignUp, Slot
from apps.stage.operations import sign_up_for, take_off
from apps.webhooks.errors import NoSuchSignUp, NoSuchSlot
from apps.webhooks.models import Alias, Received
from apps.webhooks.said import Data, SignUpData, WithdrawalData, jam_of, valid

Of = Alias.Of
Result = dict[str, Any]


def create(received: Received, actor: User) -> Result:
    """Said again under the same name, it is the same sign-up."""
    data = valid(SignUpData, received.payload)
    jam = jam_of(received, data)
    there = called(received, jam, Of.SIGNUP, data["signup"])
    if there:
        return {"signup": there}
    slot = slot_of(jam, data)
    person = person_of(received, jam, data["performer"], actor)
    sign_up = sign_up_for(slot=slot, attendee=person, host=actor)
    call(received, jam, Of.SIGNUP, data["signup"], sign_up.pk)
    return {"signup": sign_up.pk, "slot": slot.pk, "state": str(sign_up.state)}


def withdraw(received: Received, actor: User) -> Result:
    data = valid(WithdrawalData, received.payload)
    jam = jam_of(received, data)
    pk = called(received, jam, Of.SIGNUP, data["signup"]) or 0
    sign_up = SignUp.objects.select_related("slot__jam_song__jam").filter(pk=pk).first()
    if sign_up is None:
        raise NoSuchSignUp
    return {"signup": take_off(sign_up=sign_up, host=actor).pk}


def slot_of(jam: Jam, data: Data) -> Slot:
    """The slot, or of the song's for the instrument the first that is free; where none is, the line of the first."""
    slots = Slot.objects.shown(jam).select_related("jam_song__jam")
    if "slot" in data:
        slot = slots.filter(pk=data["slot"]).first()
    else:
        of_song = slots.filter(jam_song=data.get("song"), instrument=data.get("instrument"))
        slot = of_song.unfilled().first() or of_song.first()
    if slot is None:
        raise NoSuchSlot
    return slot


def person_of(received: Received, jam: Jam, performer: Data, actor: User) -> Attendee:
    """Whoever they are is in the room once, under the name of the first time."""
    known = called(received, jam, Of.PERFORMER, performer["id"]) or 0
    there = Attendee.objects.filter(pk=known, jam=jam).in_the_room().first()
    if there:
        return there
    person = add_person(jam=jam, host=actor, display_name=performer["name"])
    call(received, jam, Of.PERFORMER, performer["id"], person.pk)
    return person


def called(received: Received, jam: Jam, of: str, theirs: str) -> int | None:
    rows = Alias.objects.filter(inbox=received.inbox_id, jam=jam, of=of, theirs=theirs)
    return rows.values_list("ours", flat=True).first()


def call(received: Received, jam: Jam, of: str, theirs: str, ours: int) -> None:
    Alias.objects.update_or_create(inbox_id=received.inbox_id, jam=jam, of=of, theirs=theirs, defaults={"ours": ours})
