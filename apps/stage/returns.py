"""Sign-ups of people who were taken off by mistake come back with them."""

from collections import Counter
from collections.abc import Iterable

from apps.jams.models import Attendee, Jam
from apps.stage.models import SignUp
from apps.stage.operations import FROZEN, Step, change, promote

State = SignUp.State


def give_places_back(*, jam: Jam, people: Iterable[Attendee], places: Iterable[tuple[int, int, str]]) -> Counter[str]:
    """In the transaction that brings these people back. `places` is what `withdraw_all` answered.

    Who had a slot has it again, unless somebody has it by now: then they wait for it, where their id stands in line.
    Songs that are over stay as they are. Counts `sign_ups` that are as they were, and `sign_ups_lost`.
    """
    ids = {one.pk for one in people}
    states = {pk: state for pk, attendee, state in places if attendee in ids}
    gone = SignUp.objects.filter(pk__in=states, state=State.WITHDRAWN).exclude(slot__jam_song__status__in=FROZEN)
    there = list(gone.select_related("slot").order_by("pk"))
    slots = {one.slot_id for one in there}
    held = set(SignUp.objects.holding().filter(slot__in=slots).values_list("slot", flat=True))
    step, as_before = Step(jam), 0
    for one in there:
        was = states[one.pk]
        change(step, one, state=State.WAITING if one.slot_id in held else was)
        as_before += one.state == was
        held |= {one.slot_id} if one.holds else set()
        step.people.add(one.attendee_id)
    promote(step, sorted(slots - held))
    step.end()
    return Counter(sign_ups=as_before, sign_ups_lost=len(states) - as_before)
