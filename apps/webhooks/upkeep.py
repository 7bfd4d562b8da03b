"""What becomes of webhooks' logs, and what an owner is told by mail."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.accounts.models import User
from apps.webhooks.models import Alias, Endpoint, Event, PlayState, Received


def erase_webhooks() -> dict[str, int]:
    """Events of WEBHOOK_DAYS ago with their deliveries, what came in, and what inboxes call people of jams that ended
    then. Says how many."""
    before = timezone.now() - timedelta(days=settings.WEBHOOK_DAYS)
    sent = Event.objects.filter(created_at__lt=before).delete()[1].get("webhooks.Event", 0)
    came = Received.objects.filter(received_at__lt=before).delete()[0]
    for model in (Alias, PlayState):
        model._default_manager.filter(jam__ends_at__lt=before).delete()
    return {"sent": sent, "received": came}


def tell_owner(*, endpoint: Endpoint) -> bool:
    """That it was switched off, and why. Whether there is anybody to tell."""
    owner = endpoint.made_by
    if owner is None or not owner.is_active or endpoint.enabled or not endpoint.lets(owner):
        return False
    with override(endpoint.language):
        mail_owner(endpoint, owner)
    return True


def mail_owner(endpoint: Endpoint, owner: User) -> None:
    said = {"name": endpoint.name, "url": endpoint.url, "why": endpoint.get_disabled_reason_display()}
    address = f"{settings.PUBLIC_URL}/webhooks/{endpoint.pk}"
    text = _(
        "JamVote sends no more events to %(url)s: %(why)s.\n\n"
        "When it works again, test it and switch it on here:\n%(address)s"
    ) % (said | {"address": address})
    send_mail(_("A webhook was switched off: %(name)s") % said, text, None, [owner.email])
