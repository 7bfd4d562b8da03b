"""Recurring nights: a jam is the template of those that come after it. What is made is a jam like any other."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.accounts.roles import Right
from apps.core.errors import DomainError, Invalid
from apps.jams.actions import check_right
from apps.jams.models import Jam, JamHost, Recurrence
from apps.jams.operations import duplicate_jam, open_jam
from apps.jams.rules import occurrences

log = logging.getLogger(__name__)


def repeat_jam(*, jam: Jam, host: User, rule: str, until: date | None = None, opens: bool = False) -> list[Jam]:
    """From now on the jam comes again by the rule, in place of the one it had. Answers the nights that this made.

    Raises NotAHost, Invalid.
    """
    with transaction.atomic():
        locked = Jam.objects.locked(jam.pk)
        check_right(locked, host, Right.DUPLICATE)
        before = Recurrence.objects.filter(jam=locked).first()
        made_until = max(locked.starts_at, before.made_until if before else locked.starts_at)
        new = Recurrence(jam=locked, rule=rule, until=until, opens=opens, made_until=made_until)
        check(new)
        Recurrence.objects.update_or_create(
            jam=locked, defaults={"rule": rule, "until": until, "opens": opens, "made_until": made_until}
        )
        record(actor=host, verb="repeat", about=locked, before=facts(before), after=facts(new))
    return hold_nights(jam=jam)


def end_repeating(*, jam: Jam, host: User) -> None:
    """No more nights come; those that were made stay."""
    with transaction.atomic():
        locked = Jam.objects.locked(jam.pk)
        check_right(locked, host, Right.DUPLICATE)
        recurrence = Recurrence.objects.filter(jam=locked).first()
        if recurrence:
            recurrence.delete()
            record(actor=host, verb="end_repeating", about=locked, before=facts(recurrence))


def hold_nights(*, jam: Jam | None = None) -> list[Jam]:
    """Makes the jams of the next NIGHTS_AHEAD_DAYS, each once; what a host has deleted does not come back."""
    due = Recurrence.objects.order_by("pk")
    due = due.filter(jam=jam) if jam else due
    return [night for pk in due.values_list("pk", flat=True) for night in hold(pk)]


def hold(pk: int) -> list[Jam]:
    """The nights of one recurrence. One that cannot be made is told and does not keep others from being made."""
    made = []
    with transaction.atomic():
        found = Recurrence.objects.select_for_update(of=["self"]).select_related("jam__venue").filter(pk=pk)
        for recurrence in found:
            hosts = list(recurrence.jam.jamhost_set.filter(user__is_active=True).select_related("user").order_by("pk"))
            owner = next((row.user for row in hosts if row.role == JamHost.Role.OWNER), None)
            if owner is None:
                log.warning("jam %s has no owner to hold its next nights", recurrence.jam.slug)
                continue
            for starts_at in coming(recurrence, timezone.now() + timedelta(days=settings.NIGHTS_AHEAD_DAYS)):
                try:
                    with transaction.atomic():
                        made.append(held(recurrence, owner, hosts, starts_at))
                except DomainError as error:
                    log.warning("jam %s, night of %s: %s", recurrence.jam.slug, starts_at, error)
                recurrence.made_until = starts_at
            recurrence.save(update_fields=["made_until"])
    return made


def held(recurrence: Recurrence, owner: User, hosts: list[JamHost], starts_at: datetime) -> Jam:
    night = duplicate_jam(jam=recurrence.jam, host=owner, starts_at=starts_at)
    others = [JamHost(jam=night, user=row.user, role=row.role) for row in hosts if row.user != owner]
    JamHost.objects.bulk_create(others)
    return open_jam(jam=night, host=owner) if recurrence.opens else night


def coming(recurrence: Recurrence, end: datetime) -> list[datetime]:
    """When the nights begin that are still to be made, up to `end`."""
    return list(takewhile(lambda at: at <= end, starts(recurrence)))


def next_dates(recurrence: Recurrence, number: int) -> list[datetime]:
    """When the next nights begin, made already or not."""
    return list(islice(starts(recurrence, after=timezone.now()), number))


def starts(recurrence: Recurrence, *, after: datetime | None = None) -> Iterator[datetime]:
    jam = recurrence.jam
    after = after or max(recurrence.made_until, timezone.now())
    return occurrences(
        recurrence.rule, first=jam.starts_at, after=max(after, jam.starts_at), zone=jam.zone, until=recurrence.until
    )


def check(recurrence: Recurrence) -> None:
    try:
        recurrence.clean_fields(exclude=["jam"])
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from None
    if recurrence.until and recurrence.until < timezone.now().date():
        raise Invalid(fields={"until": [_("This date is past. Leave it empty, or choose a later one.")]})
    if not next_dates(recurrence, 1):
        raise Invalid(fields={"until": [_("No night comes before this date. Choose a later one.")]})


def facts(recurrence: Recurrence | None) -> dict[str, Any]:
    if recurrence is None:
        return {}
    return {"recurrence": {"rule": recurrence.rule, "until": recurrence.until, "opens": recurrence.opens}}
