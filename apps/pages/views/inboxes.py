"""An inbox of a venue: what came in, and what became of it."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from apps.pages.views.common import HostRequest, page_of, page_with_form, see_other, telling
from apps.pages.views.webhooks import secret_page
from apps.pages.webhook_forms import RotationForm
from apps.webhooks.inboxes import change_inbox, delete_inbox, rotate_inbox
from apps.webhooks.kinds import Told
from apps.webhooks.models import Inbox


@login_required
@page_with_form
def inbox(request: HostRequest, inbox: int) -> HttpResponse:
    """POST: `do` is rotate, on or off."""
    found = find(request, inbox)
    deed = request.POST.get("do", "") if request.method == "POST" else None
    rotation = RotationForm(request.POST if deed == "rotate" else None)
    if deed == "rotate" and rotation.is_valid():
        secret = rotate_inbox(inbox=found, by=request.user, **rotation.cleaned_data)
        return secret_page(request, found, secret)
    if deed in {"on", "off"}:
        with telling(request):
            change_inbox(inbox=found, by=request.user, enabled=deed == "on")
        return see_other("pages:inbox", found.pk)
    if deed is not None and not rotation.is_bound:
        raise Http404
    context = {
        "venue": found.venue,
        "inbox": found,
        "actor": found.actor,
        "kinds": Told.choices,
        "zone": ZoneInfo(found.venue.time_zone),
        "rotation": rotation,
        "page": page_of(request, found.received.log()),
    }
    return render(request, "pages/webhooks/inbox.html", context, status=400 if rotation.errors else 200)


@login_required
@page_with_form
def inbox_delete(request: HostRequest, inbox: int) -> HttpResponse:
    """Asks first."""
    found = find(request, inbox)
    if request.method != "POST":
        context = {"thing": found, "back": "pages:inbox", "venue": found.venue}
        return render(request, "pages/webhooks/delete.html", context)
    with telling(request):
        delete_inbox(inbox=found, by=request.user)
        messages.success(request, _("Deleted."))
    return see_other("pages:venue_webhooks", found.venue.slug)


def find(request: HostRequest, pk: int) -> Any:
    found = get_object_or_404(Inbox.objects.select_related("venue", "made_by"), pk=pk)
    if not found.lets(request.user):
        raise PermissionDenied
    return found
