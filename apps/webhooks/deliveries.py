"""How events arrive: each endpoint has a lane for each jam, which is emptied from the front. What does not get through
holds back what is behind it, until it does or is given up.

A worker takes a lane by saying until when it is busy with it, sends without a lock, and notes what came of it. Whoever
tells a lane something holds its row, and so does a worker that finds it empty: one of the two sees the other. Locks go
from the endpoint to its lanes.
"""

import logging
import random
import time
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.audit import record
from apps.tasks.enqueue import enqueue
from apps.webhooks.models import Delivery, Endpoint, Lane
from apps.webhooks.sending import Outcome, send

log = logging.getLogger(__name__)

WORK_SECONDS = 40  # that a task takes for one lane before others have their turn
MARGIN = 20  # seconds beyond the time limit, after which somebody who is busy counts as dead
FORGOTTEN = timedelta(minutes=2)
State = Delivery.State


class Job(NamedTuple):
    delivery: Delivery
    lease: datetime


def drain(*, lane: int) -> int:
    """Sends what waits there, until it is empty, something fails, or time is over. Says how much has arrived."""
    until, arrived, lease = time.monotonic() + WORK_SECONDS, 0, None
    while job := take(lane, lease):
        outcome = send(endpoint=job.delivery.endpoint, event=job.delivery.event, seconds=settings.WEBHOOK_SECONDS)
        lease = job.lease
        if not note(job, lane, outcome):
            break
        arrived += outcome.delivered
        if time.monotonic() > until:
            hand_on(lane, lease)
            break
    return arrived


@transaction.atomic
def take(pk: int, lease: datetime | None = None) -> Job | None:
    """What is to be sent next there, for whoever has the lane; None where there is nothing, or not yet."""
    lane, now = held(pk), timezone.now()
    if lane is None or lane.due_at is None:
        return None
    if lane.busy_until and lane.busy_until != lease and lane.busy_until > now:
        come_back(lane, lane.busy_until)
        return None
    if lane.due_at > now:
        return None  # who failed has said when somebody comes
    waiting = lane.deliveries.waiting().select_related("event", "endpoint")
    delivery = waiting.first()
    if delivery is None or not delivery.endpoint.enabled:
        waiting.update(state=State.FAILED, ended_at=now)
        leave(lane)
        return None
    until = now + timedelta(seconds=settings.WEBHOOK_SECONDS + MARGIN)
    leave(lane, due_at=now, busy_until=until)
    return Job(delivery, until)


@transaction.atomic
def note(job: Job, pk: int, outcome: Outcome) -> bool:
    """What came of it. Whether the next can be sent."""
    endpoint = Endpoint.objects.select_for_update(no_key=True).filter(pk=job.delivery.endpoint_id).first()
    lane = held(pk)
    delivery = Delivery.objects.select_for_update(no_key=True).filter(pk=job.delivery.pk).first()
    if endpoint is None or lane is None or delivery is None:  # deleted meanwhile
        return False
    outcome.attempt.delivery = delivery
    outcome.attempt.save()
    if delivery.state != State.WAITING and not outcome.delivered:  # given up meanwhile
        return lane.busy_until == job.lease
    delivery.tries += 1
    if outcome.delivered:
        end(delivery, State.DONE)
        Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=None)
    elif outcome.gone:
        end(delivery, State.FAILED)
        switch_off(endpoint, Endpoint.Off.GONE)
    elif has_failed_for_long(endpoint):
        end(delivery, State.FAILED)
        switch_off(endpoint, Endpoint.Off.FAILING)
    elif delivery.tries > len(settings.WEBHOOK_RETRIES):
        end(delivery, State.FAILED)
    else:
        delivery.save(update_fields=["tries"])
        wait(lane, max(pause(delivery.tries), outcome.wait))
        return False
    return lane.busy_until == job.lease


def has_failed_for_long(endpoint: Endpoint) -> bool:
    """Since its first failure nothing has arrived."""
    now = timezone.now()
    if endpoint.failing_since is None:
        Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=now)
        return False
    return now - endpoint.failing_since > timedelta(days=settings.WEBHOOK_DISABLE_DAYS)


def switch_off(endpoint: Endpoint, why: Endpoint.Off) -> None:
    """Not by hand: whoever made it is told. What waits is given up."""
    from apps.webhooks.tasks import tell_owner

    Endpoint.objects.filter(pk=endpoint.pk).update(enabled=False, disabled_reason=why)
    give_up_all(endpoint)
    record(actor=None, verb="webhook_off", about=endpoint, after={"why": str(why)})
    enqueue(tell_owner, endpoint=endpoint.pk)


def give_up_all(endpoint: Endpoint) -> None:
    endpoint.deliveries.filter(state=State.WAITING).update(state=State.FAILED, ended_at=timezone.now())


def end(delivery: Delivery, state: str) -> None:
    delivery.state, delivery.ended_at = state, timezone.now()
    delivery.save(update_fields=["state", "tries", "ended_at"])


# Lanes ------------------------------------------------------------------------------------------------


def held(pk: int) -> Lane | None:
    return Lane.objects.select_for_update(no_key=True).filter(pk=pk).first()


def leave(lane: Lane, *, due_at: datetime | None = None, busy_until: datetime | None = None) -> None:
    lane.due_at, lane.busy_until = due_at, busy_until
    lane.save(update_fields=["due_at", "busy_until"])


def wait(lane: Lane, seconds: float) -> None:
    at = timezone.now() + timedelta(seconds=seconds)
    leave(lane, due_at=at)
    come_back(lane, at)


def come_back(lane: Lane, at: datetime) -> None:
    from apps.webhooks.tasks import deliver

    enqueue(deliver, lane=lane.pk, due_at=at, about=f"jam:{lane.jam_id}")


@transaction.atomic
def hand_on(pk: int, lease: datetime) -> None:
    lane = held(pk)
    if lane and lane.busy_until == lease:
        wait(lane, 0)


def pause(tries: int) -> float:
    """Seconds until the next attempt, with up to a fifth more, so that not all come back at once."""
    return settings.WEBHOOK_RETRIES[tries - 1] * random.uniform(1, 1.2)  # noqa: S311 — no secret


def sweep() -> int:
    """Lanes whose task is lost have another. Says how many."""
    from apps.webhooks.tasks import deliver

    found = list(Lane.objects.forgotten(before=timezone.now() - FORGOTTEN)[:500])
    for lane in found:
        enqueue(deliver, lane=lane.pk, about=f"jam:{lane.jam_id}", key=f"lane:{lane.pk}")
    return len(found)
