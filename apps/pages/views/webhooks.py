"""Webhooks of a venue or a jam: where events go, how that went, and what to do about it."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.roles import Right
from apps.core.errors import DomainError
from apps.jams.models import Jam
from apps.pages.views.common import (
    HostRequest,
    SeeOther,
    add_errors,
    find_hosted_jam,
    number_in,
    page_of,
    page_with_form,
    see_other,
    telling,
)
from apps.pages.views.venue_library import managed
from apps.pages.webhook_forms import InboxForm, RotationForm, WebhookForm
from apps.webhooks import endpoints
from apps.webhooks.inboxes import add_inbox
from apps.webhooks.models import Attempt, Endpoint, Inbox


@login_required
@page_with_form
def venue_webhooks(request: HostRequest, slug: str) -> HttpResponse:
    """Those of all its jams, and its inboxes. POST makes one, and shows its secret this once."""
    venue = managed(request, slug)
    deed = request.POST.get("do", "add")
    inbox_form = InboxForm(request.POST if request.method == "POST" and deed == "add_inbox" else None)
    if inbox_form.is_bound and inbox_form.is_valid():
        try:
            inbox, secret = add_inbox(venue=venue, by=request.user, name=inbox_form.cleaned_data["inbox"])
        except DomainError as error:
            add_errors(inbox_form, error)
        else:
            return secret_page(request, inbox, secret)
    context = {"inbox_form": inbox_form, "inboxes": Inbox.objects.of(venue)}
    return listed(request, {"venue": venue}, deed == "add", context)


@login_required
@page_with_form
def jam_webhooks(request: HostRequest, slug: str) -> HttpResponse:
    jam = find_hosted_jam(request, slug, Right.CHANGE_JAM)
    return listed(request, {"jam": jam}, True, {"venue": jam.venue})


def listed(request: HostRequest, of: dict[str, Any], adding: bool, context: dict[str, Any]) -> HttpResponse:
    form = WebhookForm(request.POST if request.method == "POST" and adding else None)
    if form.is_bound and form.is_valid():
        try:
            endpoint, secret = endpoints.add_endpoint(by=request.user, **of, **form.cleaned_data)
        except DomainError as error:
            add_errors(form, error)
        else:
            return secret_page(request, endpoint, secret)
    context |= {**of, "form": form, "webhooks": Endpoint.objects.of(**of)}
    failed = form.errors or ("inbox_form" in context and context["inbox_form"].errors)
    return render(request, "pages/webhooks/list.html", context, status=400 if failed else 200)


@login_required
@page_with_form
def webhook(request: HostRequest, webhook: int) -> HttpResponse:
    """One of them, with its log. POST: `do` is save, rotate, on, off or again."""
    endpoint = find(request, webhook)
    deed = request.POST.get("do", "save") if request.method == "POST" else ""
    form = WebhookForm(request.POST if deed == "save" else None, endpoint=endpoint)
    rotation = RotationForm(request.POST if deed == "rotate" else None)
    if deed == "rotate" and rotation.is_valid():
        secret = endpoints.rotate_secret(endpoint=endpoint, by=request.user, **rotation.cleaned_data)
        return secret_page(request, endpoint, secret)
    if deed and (done := DEEDS.get(deed, not_there)(request, endpoint, form)):
        return done
    context = {
        **around(endpoint),
        "webhook": endpoint,
        "form": form,
        "rotation": rotation,
        "page": page_of(request, endpoint.deliveries.log()),
    }
    failed = form.errors or rotation.errors
    return render(request, "pages/webhooks/webhook.html", context, status=400 if failed else 200)


def save(request: HostRequest, endpoint: Endpoint, form: WebhookForm) -> SeeOther | None:
    if not form.is_valid():
        return None
    try:
        endpoints.change_endpoint(endpoint=endpoint, by=request.user, **form.cleaned_data)
    except DomainError as error:
        add_errors(form, error)
        return None
    messages.success(request, _("Saved."))
    return see_other("pages:webhook", endpoint.pk)


def switch(request: HostRequest, endpoint: Endpoint, form: WebhookForm) -> SeeOther:
    with telling(request):
        endpoints.change_endpoint(endpoint=endpoint, by=request.user, enabled=request.POST["do"] == "on")
    return see_other("pages:webhook", endpoint.pk)


def again(request: HostRequest, endpoint: Endpoint, form: WebhookForm) -> SeeOther:
    rows = endpoint.deliveries.select_related("event", "endpoint")
    delivery = get_object_or_404(rows, pk=number_in(request, "delivery"))
    with telling(request):
        endpoints.send_again(delivery=delivery, by=request.user)
        messages.success(request, _("It is sent again now. The log shows how it went."))
    return see_other("pages:webhook", endpoint.pk)


def not_there(request: HostRequest, endpoint: Endpoint, form: WebhookForm) -> SeeOther:
    raise Http404


def nothing(request: HostRequest, endpoint: Endpoint, form: WebhookForm) -> None:
    """The page says what is wrong."""


DEEDS: dict[str, Any] = {"save": save, "on": switch, "off": switch, "again": again, "rotate": nothing}


@login_required
@page_with_form
def webhook_delete(request: HostRequest, webhook: int) -> HttpResponse:
    """Asks first."""
    endpoint = find(request, webhook)
    if request.method != "POST":
        context = {"thing": endpoint, "back": "pages:webhook", **around(endpoint)}
        return render(request, "pages/webhooks/delete.html", context)
    with telling(request):
        endpoints.delete_endpoint(endpoint=endpoint, by=request.user)
        messages.success(request, _("Deleted."))
    if endpoint.jam:
        return see_other("pages:jam_webhooks", endpoint.jam.slug)
    return see_other("pages:venue_webhooks", around(endpoint)["venue"].slug)


@login_required
@require_POST
def webhook_test(request: HostRequest, webhook: int) -> HttpResponse:
    """Waits for the answer and shows it: an address of its own, since there is a limit of its own."""
    endpoint = find(request, webhook)
    with telling(request):
        tell_of(request, endpoints.ping(endpoint=endpoint, by=request.user))
    return see_other("pages:webhook", endpoint.pk)


def tell_of(request: HostRequest, attempt: Attempt) -> None:
    said = {"status": attempt.status, "ms": attempt.ms, "answer": attempt.answer[:100]}
    if not attempt.error:
        messages.success(request, _("It answered %(status)s after %(ms)d ms: %(answer)s") % said)
    elif attempt.status:
        messages.error(request, _("It answered %(status)s after %(ms)d ms: %(answer)s") % said)
    else:
        messages.error(request, attempt.get_error_display())


def find(request: HostRequest, pk: int) -> Endpoint:
    endpoint = get_object_or_404(Endpoint.objects.with_owner(), pk=pk)
    if not endpoint.lets(request.user):
        raise PermissionDenied
    return endpoint


def around(endpoint: Endpoint) -> dict[str, Any]:
    """What it is of, for the way back."""
    jam: Jam | None = endpoint.jam
    venue: Any = jam.venue if jam else endpoint.venue
    return {"jam": jam, "venue": venue, "zone": ZoneInfo(venue.time_zone)}


def secret_page(request: HostRequest, thing: Endpoint | Inbox, secret: str) -> HttpResponse:
    """The answer to the form alone shows it: it is on no page that can be asked for again."""
    context = {"thing": thing, "secret": secret, "is_inbox": isinstance(thing, Inbox)}
    return render(request, "pages/webhooks/secret.html", context)
