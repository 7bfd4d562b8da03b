"""Who runs a jam, and the links that let somebody in: co-hosts and big screens."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.roles import Right
from apps.core.errors import DomainError
from apps.jams import invitations
from apps.jams.errors import AlreadyAHost, InvitationGone
from apps.jams.models import Invitation, Jam, JamHost
from apps.pages.views.common import HostRequest, find_hosted_jam, page_with_form, see_other, sentence, telling
from apps.pages.views.screen import THEMES


@login_required
@page_with_form
def hosts(request: HostRequest, slug: str) -> HttpResponse:
    """POST makes a link of the `role`, and shows it this once."""
    jam = find_hosted_jam(request, slug)
    if request.method != "POST":
        return show(request, jam)
    role = request.POST.get("role")
    if role not in Invitation.Role.values:
        raise Http404
    try:
        invitation, token = invitations.invite(jam=jam, host=request.user, role=role)
    except DomainError as error:
        messages.error(request, sentence(error))
        return show(request, jam, status=error.status)
    made = {"role": role, "address": invitations.address_of(invitation, token), "until": invitation.expires_at}
    return show(request, jam, made=made, status=201)


def show(request: HostRequest, jam: Jam, *, made: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    context = {
        "jam": jam,
        "zone": jam.zone,
        "hosts": JamHost.objects.filter(jam=jam).select_related("user").order_by("pk"),
        "out": jam.invitations.out(),
        "owns": jam.lets(request.user, Right.APPOINT),
        "made": made,
        "themes": THEMES,
    }
    return render(request, "pages/hosts.html", context, status=status)


@login_required
@require_POST
def host_remove(request: HostRequest, slug: str, jam_host: int) -> HttpResponse:
    jam = find_hosted_jam(request, slug)
    row = get_object_or_404(JamHost.objects.select_related("user"), jam=jam, pk=jam_host)
    with telling(request):
        invitations.remove_host(jam_host=row, by=request.user)
        messages.success(request, _("%(name)s is no longer a host of this jam.") % {"name": row.user.name})
    return see_other("pages:hosts", jam.slug) if jam.lets(request.user, Right.RUN) else see_other("pages:host")


@login_required
@require_POST
def take_back(request: HostRequest, slug: str, invitation: int) -> HttpResponse:
    jam = find_hosted_jam(request, slug)
    row = get_object_or_404(Invitation, jam=jam, pk=invitation)
    with telling(request):
        invitations.take_back(invitation=row, host=request.user)
        messages.success(request, _("The link is taken back: it opens nothing any more."))
    return see_other("pages:hosts", jam.slug)


@login_required
@page_with_form
def invitation(request: HostRequest, token: str) -> HttpResponse:
    """Looking at the link uses nothing up; saying yes does."""
    try:
        jam = invitations.jam_invited_to(token)
        if request.method != "POST":
            return render(request, "pages/invitation.html", {"jam": jam})
        jam = invitations.accept(token=token, user=request.user)
    except InvitationGone as gone:
        return render(request, "pages/link_gone.html", status=gone.status)
    except AlreadyAHost as error:
        messages.info(request, sentence(error))
    else:
        messages.success(request, _("You are a co-host of this jam now. This is its console."))
    return see_other("pages:console", jam.slug)
