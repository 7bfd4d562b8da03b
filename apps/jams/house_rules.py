"""What a venue allows its jams (apps/catalog/flags.py): how jams begin with it, keep to it and follow it.

Locks go from the venue to the jam: a jam that is made meanwhile waits, and then knows.
"""

from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.roles import Right
from apps.catalog.flags import FLAGS, VENUES_ALONE, is_looser, stricter
from apps.catalog.models import Venue
from apps.core.errors import Invalid
from apps.jams.actions import acting, look_again_at_counts
from apps.jams.errors import JamGone
from apps.jams.models import Jam


def first_values(venue: Venue) -> dict[str, Any]:
    """With what a jam begins of which its host says nothing: as the venue has it, where it has it."""
    return {name: value for name in FLAGS if (value := getattr(venue, name)) is not None}


def check_allowed(venue: Venue, fields: dict[str, Any]) -> None:
    """Raises Invalid for each field that is looser than the venue allows."""
    limits = {name: getattr(venue, name) for name in FLAGS if name in fields}
    looser = [name for name, limit in limits.items() if is_looser(name, fields[name], limit)]
    if looser:
        raise Invalid(fields={name: [refusal(name, venue)] for name in looser})


def refusal(name: str, venue: Venue) -> str:
    """What the venue allows at most, in words."""
    if name == "approve_suggestions":
        return _("%(venue)s wants suggestions approved in all its jams.") % {"venue": venue.name}
    if name == "sign_ups":
        return _("At %(venue)s performers do not sign up.") % {"venue": venue.name}
    if name == "counts":
        allowed = {"venue": venue.name, "counts": venue.get_counts_display()}
        return _("At %(venue)s counts are %(counts)s.") % allowed
    return _("%(venue)s allows at most %(most)d.") % {"venue": venue.name, "most": getattr(venue, name)}


def rules_of(venue: int) -> Venue:
    """The venue as it is now, held until the commit: it becomes no stricter before a new jam is there to follow."""
    return Venue.objects.select_for_update(no_key=True).get(pk=venue)


def as_strict(jam: Jam, venue: Venue) -> dict[str, Any]:
    """The jam's values, as strict as its venue."""
    wanted = {name: stricter(name, getattr(jam, name), getattr(venue, name)) for name in FLAGS}
    return wanted | {VENUES_ALONE: getattr(venue, VENUES_ALONE)}


def follow_venue(*, venue: Venue, by: User) -> None:
    """All its jams but those that have ended, in one transaction with the venue; each room is told."""
    rules = rules_of(venue.pk)
    for jam in Jam.objects.filter(venue=venue).exclude(status=Jam.Status.ENDED).order_by("pk"):
        with suppress(JamGone), acting(jam, by, "follow_venue", right=Right.CHANGE_JAM, ended=True) as action:
            action.change(action.jam, **as_strict(action.jam, rules))
            look_again_at_counts(action)
