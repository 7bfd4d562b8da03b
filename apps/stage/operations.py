"""Everything that changes sign-ups. All of it happens under the jam's lock, one after the other; votes do not wait."""

import contextlib
from collections.abc import Iterable, Iterator

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.jams.actions import Action, acting
from apps.jams.errors import SongNotReady, WasRemoved
from apps.jams.models import Attendee, Jam, JamSong
from apps.stage import board, events
from apps.stage.errors import (
    AlreadySignedUp,
    SignUpGone,
    SignUpsClosed,
    SignUpsFrozen,
    SlotGone,
    StillWaiting,
    TooManySignUps,
)
from apps.stage.models import SignUp, Slot
from apps.stage.performances import note_performance, take_back_performance

State = SignUp.State
FROZEN = (JamSong.Status.PLAYED, JamSong.Status.REMOVED)
ON_STAGE = (JamSong.Status.PLAYING, JamSong.Status.PLAYED)  # or they were
IN_THE_ROOM = (Attendee.State.ACTIVE, Attendee.State.AWAY)


class Step:
    """What one step changes: the slots that the room hears of, and the people who hear that it is about them."""

    def __init__(self, jam: Jam) -> None:
        self.jam = jam
        self.slots: set[int] = set()
        self.people: set[int] = set()
        self.gone: list[tuple[int, int]] = []
        self.songs: set[int] = set()  # of slots that are gone

    def end(self) -> None:
        """After the commit room and people are told."""
        if self.slots:
            Slot.objects.filter(pk__in=self.slots).update(revision=F("revision") + 1)
            events.slots_changed.send(None, jam=self.jam, slots=self.slots)
        jam, slots, gone, songs, people = self.jam, self.slots, self.gone, self.songs, self.people
        transaction.on_commit(lambda: board.publish_slots(jam, slots, gone, songs), robust=True)
        transaction.on_commit(lambda: board.tell(people), robust=True)


@contextlib.contextmanager
def stepping(jam: int) -> Iterator[Step]:
    """A performer's step. Raises JamGone."""
    with transaction.atomic():
        step = Step(Jam.objects.locked(jam))
        yield step
        step.end()


@contextlib.contextmanager
def hosting(jam: Jam, host: User, verb: str) -> Iterator[tuple[Step, Action]]:
    """A host's step, with all that a host's action is. Raises NotAHost, WrongStatus."""
    with acting(jam, host, verb) as action:
        step = Step(action.jam)
        yield step, action
        step.end()


# Performers -------------------------------------------------------------------------------------------


def sign_up(*, slot: Slot, attendee: Attendee) -> SignUp:
    """The first claim has the slot, the next ones wait in order. Said twice, it is the same sign-up.

    Raises SignUpsClosed, SignUpsFrozen, TooManySignUps, SlotGone, SongNotReady, WasRemoved.
    """
    with stepping(slot.jam_song.jam_id) as step:
        slot = current_slot(step.jam, slot)
        there = SignUp.objects.live().filter(slot=slot, attendee=attendee).first()
        if there:
            return there
        check_may_sign_up(step.jam, slot, attendee)
        check_limit(step.jam, attendee)
        return enter(step, slot, attendee)


def withdraw(*, sign_up: SignUp) -> SignUp:
    """The first in line has the slot then. Raises SignUpsFrozen."""
    with stepping(sign_up.slot.jam_song.jam_id) as step:
        found = current(sign_up)
        if found.is_live:
            check_not_frozen(found.slot)
            leave(step, [found])
    return found


def check_in(*, sign_up: SignUp) -> SignUp:
    """“I'm here.” Raises StillWaiting, SignUpGone, SignUpsFrozen."""
    with stepping(sign_up.slot.jam_song.jam_id) as step:
        return be_here(step, sign_up)


# Hosts ------------------------------------------------------------------------------------------------


def sign_up_for(*, slot: Slot, attendee: Attendee, host: User) -> SignUp:
    """A host signs somebody up, who may have no phone; the limit is for those who do it themselves."""
    with hosting(slot.jam_song.jam, host, "sign_up") as (step, action):
        slot = current_slot(step.jam, slot)
        found = SignUp.objects.live().filter(slot=slot, attendee=attendee).first()
        if found is None:
            check_may_sign_up(step.jam, slot, attendee)
            found = enter(step, slot, attendee)
            action.after[name_of(found)] = facts_of(found)
            step.people.add(attendee.pk)
    return found


def take_off(*, sign_up: SignUp, host: User) -> SignUp:
    """As if they had withdrawn. Raises SignUpsFrozen."""
    with hosting(sign_up.slot.jam_song.jam, host, "take_off") as (step, action):
        found = current(sign_up)
        if found.is_live:
            check_not_frozen(found.slot)
            action.before[name_of(found)] = facts_of(found)
            leave(step, [found])
            action.after[name_of(found)] = facts_of(found)
            step.people.add(found.attendee_id)
    return found


def check_in_for(*, sign_up: SignUp, host: User) -> SignUp:
    """The host has seen them. Raises StillWaiting, SignUpGone, SignUpsFrozen."""
    with hosting(sign_up.slot.jam_song.jam, host, "check_in") as (step, action):
        before = facts_of(current(sign_up))
        found = be_here(step, sign_up)
        if facts_of(found) != before:
            action.before[name_of(found)], action.after[name_of(found)] = before, facts_of(found)
            step.people.add(found.attendee_id)
    return found


def move_sign_up(*, sign_up: SignUp, slot: Slot, host: User) -> SignUp:
    """They have that slot now. Two who both have one swap; who had it and gets none in return waits for it.

    Raises SlotGone, SignUpGone, SignUpsFrozen, AlreadySignedUp.
    """
    with hosting(sign_up.slot.jam_song.jam, host, "move_sign_up") as (step, action):
        found, to = current(sign_up), current_slot(step.jam, slot)
        if not found.is_live:
            raise SignUpGone
        check_not_frozen(found.slot)
        check_not_frozen(to)
        holder = SignUp.objects.holding().filter(slot=to).first()
        if holder == found:
            return found
        moved = [found, *([holder] if holder else [])]
        action.before.update({name_of(one): facts_of(one) for one in moved})
        change_places(step, found, to, holder)
        action.after.update({name_of(one): facts_of(one) for one in moved})
        step.people |= {one.attendee_id for one in moved}
    return found


def change_places(step: Step, found: SignUp, to: Slot, holder: SignUp | None) -> None:
    old, held = found.slot, found.holds
    swap = bool(holder and held)
    check_not_signed_up(to, found)
    if holder and swap:
        check_not_signed_up(old, holder)
    back = holder.state if holder else ""
    if holder:
        change(step, holder, state=State.WAITING)  # first, since a slot has one holder at every moment
    change(step, found, slot=to, state=found.state if held else State.CLAIMED)
    if holder and swap:
        change(step, holder, slot=old, state=back)
    elif held:
        promote(step, [old.pk])


def check_not_signed_up(slot: Slot, who: SignUp) -> None:
    if SignUp.objects.live().filter(slot=slot, attendee=who.attendee_id).exclude(pk=who.pk).exists():
        raise AlreadySignedUp


# What follows from other things -----------------------------------------------------------------------


def withdraw_all(*, jam: Jam, people: Iterable[Attendee]) -> list[tuple[int, int, str]]:
    """Of those who have left or were taken off, in the transaction that did it. What was played is history; a name
    that has been erased is not shown there either. Answers what they had: id, attendee and state of each."""
    of_them = SignUp.objects.filter(attendee__in=[one.pk for one in people])
    step = Step(jam)
    live = list(of_them.live().order_by("pk"))
    had = [(one.pk, one.attendee_id, str(one.state)) for one in live]
    leave(step, live)
    step.slots.update(of_them.filter(state=State.PLAYED).values_list("slot", flat=True))
    step.end()
    return had


def unite_sign_ups(*, song: JamSong, into: JamSong) -> None:
    """Two songs have become one: for each instrument one line, by who signed up first. What the other song has no slot
    for gets one there, so that nobody loses a place. Who stands on stage stays there, and what was played is history:
    then who signed up for the other one has it no more."""
    step = Step(into.jam)
    if into.status in ON_STAGE:
        live = list(SignUp.objects.live().filter(slot__jam_song=song).order_by("pk"))
        leave(step, live)
        step.people.update(one.attendee_id for one in live)
    else:
        unite_lines(step, song, into)
    step.end()


def unite_lines(step: Step, song: JamSong, into: JamSong) -> None:
    there = {(slot.instrument, slot.number): slot for slot in Slot.objects.filter(jam_song=into)}
    for slot in Slot.objects.filter(jam_song=song).order_by("pk"):
        moving = list(SignUp.objects.live().filter(slot=slot))
        if not moving:
            continue
        to = there.get((slot.instrument, slot.number)) or Slot.objects.create(
            jam_song=into, instrument=slot.instrument, number=slot.number, required=slot.required
        )
        line_up(to, [*moving, *SignUp.objects.live().filter(slot=to)])
        step.slots |= {slot.pk, to.pk}
        step.people.update(to.sign_ups.exclude(state=State.WITHDRAWN).values_list("attendee", flat=True))


def line_up(slot: Slot, sign_ups: list[SignUp]) -> None:
    """The earliest of all these has the slot, the others wait; of one person the earliest counts."""
    first: dict[int, SignUp] = {}
    for one in sorted(sign_ups, key=lambda one: one.pk):
        first.setdefault(one.attendee_id, one)
    holder, *others = first.values()
    kept = [one.pk for one in first.values()]
    SignUp.objects.filter(pk__in={one.pk for one in sign_ups} - {*kept}).update(state=State.WITHDRAWN)
    SignUp.objects.filter(pk__in=[one.pk for one in others]).update(state=State.WAITING)
    SignUp.objects.filter(pk__in=kept).exclude(pk=holder.pk).update(slot=slot)
    SignUp.objects.filter(pk=holder.pk).update(slot=slot, state=holder.state if holder.holds else State.CLAIMED)


def follow_song(*, song: JamSong, before: str) -> None:
    """A song that has been played leaves its sign-ups as they were then; who held a slot has played. Where that is
    undone, or it is played again as an encore, they hold it again."""
    sign_ups = SignUp.objects.filter(slot__jam_song=song)
    step = Step(song.jam)
    if song.status == JamSong.Status.PLAYED:
        have_played(step, song)
    elif before == JamSong.Status.PLAYED:
        hold_again(step, song)
    if song.status in FROZEN or before in FROZEN:  # it comes to, or leaves, what they have out
        step.people.update(sign_ups.exclude(state=State.WITHDRAWN).values_list("attendee", flat=True))
    step.end()


def have_played(step: Step, song: JamSong) -> None:
    """Whom its performance names. Where an encore is undone that is the first round's, and who came after has not."""
    holding = list(SignUp.objects.holding().filter(slot__jam_song=song).select_related("slot").order_by("slot"))
    performance = note_performance(song=song, line_up=holding)
    if performance:
        named = {(part["instrument"], part["attendee"]) for part in performance.line_up}
        holding = [one for one in holding if (one.slot.instrument, one.attendee_id) in named]
    SignUp.objects.filter(pk__in=[one.pk for one in holding]).update(state=State.PLAYED)
    step.slots.update(one.slot_id for one in holding)


def hold_again(step: Step, song: JamSong) -> None:
    """Who played it, and is there still: where it plays on they are on stage, an encore asks them again."""
    plays_on = song.status == JamSong.Status.PLAYING
    if plays_on:
        take_back_performance(song=song)
    played = SignUp.objects.filter(slot__jam_song=song, state=State.PLAYED).select_related("attendee").order_by("pk")
    back = list({one.slot_id: one for one in played}.values())
    state = State.CHECKED_IN if plays_on else State.CLAIMED
    SignUp.objects.filter(pk__in=[one.pk for one in back]).update(state=state)
    step.slots.update(one.slot_id for one in back)
    for one in back:
        one.state = state
    leave(step, [one for one in back if one.attendee.state not in IN_THE_ROOM])


def show_name(*, attendee: Attendee) -> None:
    """Under their new name, wherever they hold or have held a slot."""
    held = SignUp.objects.filter(attendee=attendee, state__in=[*SignUp.HOLDING, State.PLAYED])
    if held.exists():  # most people hold none, and need not wait for a host
        with stepping(attendee.jam_id) as step:
            step.slots.update(held.values_list("slot", flat=True))


# Helpers ----------------------------------------------------------------------------------------------


def current_slot(jam: Jam, slot: Slot) -> Slot:
    """As it stands under the lock. Raises SlotGone, also for one of another jam."""
    found = Slot.objects.select_related("jam_song").filter(pk=slot.pk, jam_song__jam=jam).first()
    if found is None:
        raise SlotGone
    return found


def current(sign_up: SignUp) -> SignUp:
    """As it stands under the lock. Raises SlotGone."""
    found = SignUp.objects.select_related("slot__jam_song").filter(pk=sign_up.pk).first()
    if found is None:  # its slot was removed
        raise SlotGone
    return found


def check_may_sign_up(jam: Jam, slot: Slot, attendee: Attendee) -> None:
    attendee.refresh_from_db(fields=["state"])
    if attendee.state not in IN_THE_ROOM or attendee.jam_id != jam.pk:
        raise WasRemoved
    check_takes_sign_ups(jam)
    check_not_frozen(slot)
    if slot.jam_song.status == JamSong.Status.PENDING:
        raise SongNotReady(_("This song waits for the host. Sign up when it is in the jam."))


def check_takes_sign_ups(jam: Jam) -> None:
    if not jam.sign_ups:
        raise SignUpsClosed
    if not jam.takes_sign_ups:
        raise SignUpsClosed(_("The jam is not open for sign-ups now. Look at its status."))


def check_limit(jam: Jam, attendee: Attendee) -> None:
    if SignUp.objects.out(attendee).count() >= jam.max_sign_ups:
        raise TooManySignUps


def check_not_frozen(slot: Slot) -> None:
    if slot.jam_song.status in FROZEN:
        raise SignUpsFrozen


def enter(step: Step, slot: Slot, attendee: Attendee) -> SignUp:
    taken = SignUp.objects.holding().filter(slot=slot).exists()
    step.slots.add(slot.pk)
    return SignUp.objects.create(slot=slot, attendee=attendee, state=State.WAITING if taken else State.CLAIMED)


def leave(step: Step, sign_ups: list[SignUp]) -> None:
    """All of them at once, so that nobody is promoted who leaves too."""
    left = [one.slot_id for one in sign_ups if one.holds]
    SignUp.objects.filter(pk__in=[one.pk for one in sign_ups]).update(state=State.WITHDRAWN)
    for one in sign_ups:
        one.state = State.WITHDRAWN
    step.slots.update(one.slot_id for one in sign_ups)
    promote(step, left)


def promote(step: Step, slots: list[int]) -> None:
    """The first in line has the slot now, and hears of it."""
    if not slots:
        return
    first: dict[int, SignUp] = {}
    for one in SignUp.objects.filter(slot__in=slots).line():
        first.setdefault(one.slot_id, one)
    SignUp.objects.filter(pk__in=[one.pk for one in first.values()]).update(state=State.CLAIMED)
    step.slots.update(first)
    step.people.update(one.attendee_id for one in first.values())


def be_here(step: Step, sign_up: SignUp) -> SignUp:
    found = current(sign_up)
    if not found.is_live:
        raise SignUpGone
    check_not_frozen(found.slot)
    if not found.holds:
        raise StillWaiting
    if found.state != State.CHECKED_IN:
        change(step, found, state=State.CHECKED_IN)
    return found


def change(step: Step, sign_up: SignUp, *, slot: Slot | None = None, state: str) -> None:
    step.slots |= {sign_up.slot_id, (slot or sign_up.slot).pk}
    sign_up.slot, sign_up.state = slot or sign_up.slot, state
    sign_up.save(update_fields=["slot", "state"])


def name_of(sign_up: SignUp) -> str:
    return f"sign_up {sign_up.pk}"


def facts_of(sign_up: SignUp) -> dict[str, int | str]:
    """For the audit log. Without the name: it is erased one day, the event stays."""
    return {"slot": sign_up.slot_id, "attendee": sign_up.attendee_id, "state": str(sign_up.state)}
