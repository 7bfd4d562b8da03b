"""What a host does for people in the room: somebody without a phone comes in; and who is away keeps their places."""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.core.text import clean
from apps.jams.actions import acting
from apps.jams.attendees import named
from apps.jams.board import publish_people, tell_attendee
from apps.jams.errors import WasRemoved
from apps.jams.models import Attendee, Jam


def add_person(*, jam: Jam, host: User, display_name: str) -> Attendee:
    """Somebody without a phone, past the door: hosts act for them. A taken name gets a number behind it.

    Raises Invalid, NotAHost, WrongStatus.
    """
    if not clean(display_name):
        raise Invalid(fields={"display_name": [_("Write a name.")]})
    with acting(jam, host, "add_attendee") as action:
        attendee = named(Attendee(jam=action.jam), display_name)
        action.after["attendee"] = {"added": attendee.pk}  # without the name: it is erased one day, the event stays
        transaction.on_commit(lambda: publish_people(jam), robust=True)
    return attendee


def set_away(*, attendee: Attendee, away: bool) -> Attendee:
    """Away keeps every place, on stage and in line. Said twice it is the same. Raises WasRemoved."""
    if change_state(attendee, away):
        transaction.on_commit(lambda: tell_state(attendee), robust=True)
    return attendee


def set_away_for(*, attendee: Attendee, away: bool, host: User) -> Attendee:
    """A host has seen them go out, or come back. Raises NotAHost, WrongStatus, WasRemoved."""
    with acting(attendee.jam, host, "away") as action:
        if change_state(attendee, away):
            action.after["attendee"] = {"id": attendee.pk, "state": attendee.state}
            transaction.on_commit(lambda: tell_state(attendee), robust=True)
    return attendee


def change_state(attendee: Attendee, away: bool) -> bool:
    """Whether there was anything to change."""
    here = Attendee.objects.filter(pk=attendee.pk).in_the_room()
    state = Attendee.State.AWAY if away else Attendee.State.ACTIVE
    changed = bool(here.exclude(state=state).update(state=state))
    if not changed and not here.exists():
        raise WasRemoved
    attendee.state = state
    return changed


def tell_state(attendee: Attendee) -> None:
    """Hosts see it, and so does the phone, whoever said it."""
    publish_people(attendee.jam)
    tell_attendee(attendee)
