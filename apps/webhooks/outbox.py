"""How an event comes to be: a row in the transaction in which it happens, and a delivery for each endpoint that is to
hear it. What is rolled back is told to nobody."""

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import F
from django.utils import timezone

from apps.jams.models import Jam
from apps.tasks.enqueue import enqueue
from apps.webhooks.models import Delivery, Endpoint, Event, Feed, Lane

Facts = dict[str, Any]


def tell(*, jam: Jam, kind: str, facts: Callable[[], Facts]) -> Event | None:
    """`facts` are asked for where somebody is to hear them; where there are none, nothing is told. Nor is anything of a
    draft. Call it in a transaction."""
    endpoints = [] if jam.status == Jam.Status.DRAFT else Endpoint.objects.wanting(jam, kind)
    told = facts() if endpoints else {}
    if not told:
        return None
    revision = next_revision(jam)
    data = {"jam": jam.slug, "venue": jam.venue.slug, "revision": revision, **told}
    event = make_event(kind, data, jam=jam, revision=revision)
    put_on_lanes(event, jam, endpoints)
    return event


def make_event(kind: str, data: Facts, *, jam: Jam | None = None, revision: int = 0) -> Event:
    now = timezone.now()
    payload = {"type": kind, "timestamp": now.isoformat().replace("+00:00", "Z"), "data": data}
    key = f"msg_{secrets.token_hex(16)}"
    return Event.objects.create(key=key, jam=jam, type=kind, revision=revision, payload=payload, created_at=now)


def next_revision(jam: Jam) -> int:
    """Held until the commit: what is told later has a higher one, and is committed later."""
    Feed.objects.bulk_create([Feed(jam=jam)], ignore_conflicts=True)
    Feed.objects.filter(jam=jam).update(revision=F("revision") + 1)
    return Feed.objects.values_list("revision", flat=True).get(jam=jam)


def put_on_lanes(event: Event, jam: Jam, endpoints: Iterable[Endpoint]) -> None:
    """A lane that has something to send already has somebody who comes for it: see deliveries.py."""
    from apps.webhooks.tasks import deliver

    pks = [endpoint.pk for endpoint in endpoints]
    Lane.objects.bulk_create([Lane(endpoint_id=pk, jam=jam) for pk in pks], ignore_conflicts=True)
    lanes = list(Lane.objects.select_for_update(no_key=True).filter(jam=jam, endpoint__in=pks).order_by("pk"))
    Delivery.objects.bulk_create(
        Delivery(event=event, endpoint_id=lane.endpoint_id, lane=lane, revision=event.revision) for lane in lanes
    )
    idle = [lane for lane in lanes if lane.due_at is None]
    Lane.objects.filter(pk__in=[lane.pk for lane in idle]).update(due_at=timezone.now())
    for lane in idle:
        enqueue(deliver, lane=lane.pk, about=f"jam:{jam.pk}")
