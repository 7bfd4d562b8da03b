"""What managers do with inboxes, and how an event comes in. `by` is the acting user."""

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.catalog.models import Venue
from apps.core.errors import Invalid, NotThere
from apps.core.text import clean
from apps.tasks.enqueue import enqueue
from apps.webhooks.endpoints import check_room, facts, hold_owner, overlap
from apps.webhooks.errors import EventReused, InboxOff, NotYours
from apps.webhooks.models import LONGEST_NAME, Inbox, Received


class Said(NamedTuple):
    """What an event says of itself."""

    type: str
    happened_at: datetime
    data: dict[str, Any]


def add_inbox(*, venue: Venue, by: User, name: str) -> tuple[Inbox, str]:
    """What comes in is done as `by`. Raises NotYours, Invalid, TooManyWebhooks."""
    inbox = Inbox(venue=venue, made_by=by, name=checked_name(name), language=get_language() or "en")
    if not inbox.lets(by):
        raise NotYours
    text = inbox.make_secret()
    with transaction.atomic():
        hold_owner(venue)
        check_room(Inbox.objects.of(venue).count())
        inbox.save()
        record(actor=by, verb="add_inbox", about=venue, after=facts(inbox))
    return inbox, text


def change_inbox(*, inbox: Inbox, by: User, **fields: Any) -> Inbox:
    """`name`, `enabled`, as far as they are given. Raises NotYours, Invalid, NotThere."""
    with transaction.atomic():
        row = of(inbox, by)
        before = facts(row)
        if "name" in fields:
            row.name = checked_name(fields["name"])
        row.enabled = fields.get("enabled", row.enabled)
        row.save(update_fields=["name", "enabled"])
        if facts(row) != before:
            record(actor=by, verb="change_inbox", about=row.venue, before=before, after=facts(row))
    return row


def rotate_inbox(*, inbox: Inbox, by: User, hours: int | None = None) -> str:
    """The new secret; for so many hours the old one is taken too. From now on what comes in is done as `by`. Raises
    NotYours, Invalid."""
    until = overlap(hours)
    with transaction.atomic():
        row = of(inbox, by)
        text = row.make_secret(old_until=until)
        row.made_by, row.language = by, get_language() or "en"
        row.save(update_fields=["secret", "old_secret", "old_secret_until", "made_by", "language"])
        record(actor=by, verb="rotate_inbox", about=row.venue, after={"webhook": row.pk, "until": until})
    return text


def delete_inbox(*, inbox: Inbox, by: User) -> None:
    """With its log, and what waits in it. Raises NotYours, NotThere."""
    with transaction.atomic():
        row = of(inbox, by)
        record(actor=by, verb="delete_inbox", about=row.venue, before=facts(row))
        row.delete()


def accept(*, inbox: Inbox, event: str, said: Said, body: bytes) -> Received:
    """Written down with the task that does it; the same id again is the same event. Raises InboxOff, EventReused."""
    from apps.webhooks.tasks import handle

    if not inbox.enabled:
        raise InboxOff
    digest = hashlib.sha256(body).digest()
    try:
        with transaction.atomic():
            received = Received.objects.create(
                inbox=inbox, event=event, type=said.type, happened_at=said.happened_at, digest=digest, payload=said.data
            )
            enqueue(handle, received=received.pk)
    except IntegrityError:
        return known(inbox, event, digest)
    return received


def known(inbox: Inbox, event: str, digest: bytes) -> Received:
    there = Received.objects.filter(inbox=inbox, event=event).first()
    if there is None:  # the inbox was deleted just now
        raise NotThere
    if bytes(there.digest) != digest:
        raise EventReused
    return there


def of(inbox: Inbox, by: User) -> Inbox:
    """As it is now, held. Raises NotYours, NotThere."""
    rows = Inbox.objects.select_for_update(no_key=True, of=("self",)).select_related("venue")
    row = rows.filter(pk=inbox.pk).first()
    if row is None:
        raise NotThere
    if not row.lets(by):
        raise NotYours
    return row


def checked_name(name: str) -> str:
    name = clean(name)
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(fields={"name": [_("Give it a name of at most %(n)d letters.") % {"n": LONGEST_NAME}]})
    return name
