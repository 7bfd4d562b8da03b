"""What webhooks have done in the background."""

from django.conf import settings

from apps.tasks.declared import Result, task
from apps.webhooks import deliveries, handling, upkeep
from apps.webhooks.models import Endpoint


@task(attempts=10, soft=110, hard=120)
def deliver(*, lane: int) -> Result:
    return {"arrived": deliveries.drain(lane=lane)}


@task(attempts=50, backoff=1, longest=60, soft=50, hard=60)
def handle(*, received: int) -> Result:
    return {"handled": handling.handle_until(received=received)}


@task()
def tell_owner(*, endpoint: int) -> Result:
    row = Endpoint.objects.with_owner().select_related("made_by").filter(pk=endpoint).first()
    return {"told": bool(row and upkeep.tell_owner(endpoint=row))}


@task(queue="later")
def sweep() -> Result:
    return {"lanes": deliveries.sweep()}


@task(queue="later")
def erase_webhooks() -> Result:
    return {**upkeep.erase_webhooks(), "days": settings.WEBHOOK_DAYS}
