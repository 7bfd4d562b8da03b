"""What hosts do with webhooks. `by` is the acting user; a secret is answered once, to whoever made it."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.catalog.models import Venue
from apps.core.errors import Invalid, NotThere
from apps.core.outbound import Refused, checked
from apps.core.text import clean
from apps.jams.models import Jam
from apps.webhooks import sending
from apps.webhooks.deliveries import State, come_back, give_up_all, held, leave
from apps.webhooks.errors import AddressRefused, NotYours, TooManyWebhooks, WebhookOff
from apps.webhooks.kinds import PING, Kind
from apps.webhooks.models import LONGEST_NAME, LONGEST_URL, Attempt, Delivery, Endpoint, Inbox
from apps.webhooks.outbox import make_event

MOST_HOURS = 7 * 24  # that an old secret can hold on


def add_endpoint(
    *, by: User, url: str, types: Collection[str], name: str = "", venue: Venue | None = None, jam: Jam | None = None
) -> tuple[Endpoint, str]:
    """Of a venue's jams, or of one jam. Raises NotYours, Invalid, TooManyWebhooks."""
    endpoint = Endpoint(venue=venue, jam=jam, made_by=by, language=get_language() or "en")
    if not endpoint.lets(by):
        raise NotYours
    set_fields(endpoint, {"url": url, "types": types, "name": name})
    text = endpoint.make_secret()
    with transaction.atomic():
        hold_owner(jam or venue)
        check_room(Endpoint.objects.of(venue=venue, jam=jam).count())
        endpoint.save()
        record(actor=by, verb="add_webhook", about=jam or venue, after=facts(endpoint))
    return endpoint, text


def change_endpoint(*, endpoint: Endpoint, by: User, **fields: Any) -> Endpoint:
    """`url`, `types`, `name`, `enabled`, as far as they are given. What is switched off gives up what waits. Raises
    NotYours, Invalid, NotThere."""
    with transaction.atomic():
        row = of(endpoint, by)
        before, url = facts(row), row.url
        set_fields(row, fields)
        if row.enabled != before["enabled"]:
            row.disabled_reason = "" if row.enabled else Endpoint.Off.HOST
            row.failing_since = None
            if not row.enabled:
                give_up_all(row)
        row.save(update_fields=["url", "types", "name", "enabled", "disabled_reason", "failing_since"])
        if facts(row) != before or row.url != url:
            record(actor=by, verb="change_webhook", about=row.jam or row.venue, before=before, after=facts(row))
    return row


def rotate_secret(*, endpoint: Endpoint, by: User, hours: int | None = None) -> str:
    """The new secret. For so many hours everything is signed with the old one too. Raises NotYours, Invalid."""
    until = overlap(hours)
    with transaction.atomic():
        row = of(endpoint, by)
        text = row.make_secret(old_until=until)
        row.save(update_fields=["secret", "old_secret", "old_secret_until"])
        record(actor=by, verb="rotate_webhook", about=row.jam or row.venue, after={"webhook": row.pk, "until": until})
    return text


def delete_endpoint(*, endpoint: Endpoint, by: User) -> None:
    """With its log. Raises NotYours, NotThere."""
    with transaction.atomic():
        row = of(endpoint, by)
        record(actor=by, verb="delete_webhook", about=row.jam or row.venue, before=facts(row))
        row.delete()


def ping(*, endpoint: Endpoint, by: User) -> Attempt:
    """Sends a `ping` at once, whether it is on or not. Raises NotYours."""
    if not endpoint.lets(by):
        raise NotYours
    event = make_event(PING, {"webhook": endpoint.pk})
    outcome = sending.send(endpoint=endpoint, event=event, seconds=settings.WEBHOOK_TEST_SECONDS)
    with transaction.atomic():
        if not Endpoint.objects.select_for_update(no_key=True).filter(pk=endpoint.pk).exists():
            raise NotThere
        state = State.DONE if outcome.delivered else State.FAILED
        outcome.attempt.delivery = Delivery.objects.create(
            event=event, endpoint=endpoint, state=state, tries=1, ended_at=timezone.now()
        )
        outcome.attempt.save()
        if outcome.delivered:
            Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=None)
    return outcome.attempt


def send_again(*, delivery: Delivery, by: User) -> Delivery:
    """Before what waits behind it, with the same id. Raises NotYours, WebhookOff, NotThere."""
    with transaction.atomic():
        endpoint = of(delivery.endpoint, by)
        if not endpoint.enabled:
            raise WebhookOff
        lane = held(delivery.lane_id) if delivery.lane_id else None
        if lane is None:  # a ping, which the test button sends
            raise NotThere
        row = Delivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
        row.state, row.tries, row.ended_at = State.WAITING, 0, None
        row.save(update_fields=["state", "tries", "ended_at"])
        now = timezone.now()
        leave(lane, due_at=now, busy_until=lane.busy_until)
        come_back(lane, now)
        record(actor=by, verb="send_again", about=endpoint.jam or endpoint.venue, after={"event": row.event.key})
    return row


# Helpers, also of inboxes.py --------------------------------------------------------------------------


def of(endpoint: Endpoint, by: User) -> Endpoint:
    """As it is now, held. Raises NotYours, NotThere."""
    row = Endpoint.objects.select_for_update(no_key=True, of=("self",)).with_owner().filter(pk=endpoint.pk).first()
    if row is None:
        raise NotThere
    if not row.lets(by):
        raise NotYours
    return row


def hold_owner(owner: Venue | Jam | None) -> None:
    """Two that are made at once must see each other. Raises NotThere."""
    rows: Any = Venue.objects if isinstance(owner, Venue) else Jam.objects
    if owner is None or not rows.select_for_update(no_key=True).filter(pk=owner.pk).exists():
        raise NotThere


def check_room(there: int) -> None:
    if there >= settings.MAX_WEBHOOKS:
        raise TooManyWebhooks(settings.MAX_WEBHOOKS)


def overlap(hours: int | None) -> Any:
    hours = settings.WEBHOOK_OVERLAP_HOURS if hours is None else hours
    if not 0 <= hours <= MOST_HOURS:
        raise Invalid(fields={"hours": [_("Write a number from 0 to %(n)d.") % {"n": MOST_HOURS}]})
    return timezone.now() + timedelta(hours=hours)


def set_fields(endpoint: Endpoint, fields: dict[str, Any]) -> None:
    if "name" in fields:
        endpoint.name = clean(fields["name"])[:LONGEST_NAME]
    if "url" in fields:
        endpoint.url = checked_url(fields["url"])
        endpoint.name = endpoint.name or host_of(endpoint.url)[:LONGEST_NAME]
    if "types" in fields:
        endpoint.types = checked_types(fields["types"])
    if "enabled" in fields:
        endpoint.enabled = fields["enabled"]


def checked_url(url: str) -> str:
    """Where its name leads to, each attempt looks up anew."""
    url = url.strip()
    try:
        checked(url, sending.PORTS)
    except Refused as error:
        raise AddressRefused from error
    if len(url) > LONGEST_URL or not url.isprintable():
        raise AddressRefused
    return url


def checked_types(types: Collection[str]) -> list[str]:
    known = [kind.value for kind in Kind if kind.value in types]
    if not known or set(types) - set(known):
        raise Invalid(fields={"types": [_("Choose at least one of the events that there are.")]})
    return known


def facts(row: Endpoint | Inbox) -> dict[str, Any]:
    """For the audit log: nothing of the secret, and of the address the host, since its path may be one, too."""
    said = {"webhook": row.pk, "name": row.name, "enabled": row.enabled}
    return said | {"host": host_of(row.url), "types": row.types} if isinstance(row, Endpoint) else said


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""
