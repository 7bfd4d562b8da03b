"""For hosts: one's own jams, and the forms for a jam."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.roles import Right
from apps.catalog.models import Venue
from apps.core.errors import ChangedMeanwhile, DomainError
from apps.jams.images import weights_of
from apps.jams.models import Jam
from apps.jams.operations import change_jam, create_jam, delete_jam, duplicate_jam
from apps.pages.forms import DuplicateForm, JamForm, in_zone
from apps.pages.views.common import (
    HostRequest,
    add_errors,
    find_hosted_jam,
    page_of,
    page_with_form,
    see_other,
    telling,
)


@login_required
@require_safe
def host(request: HostRequest) -> HttpResponse:
    """My jams: what is on and what comes first, then what was."""
    jams = Jam.objects.letting(request.user, Right.RUN).with_counts().select_related("venue")
    current = list(jams.exclude(status=Jam.Status.ENDED).order_by("starts_at", "pk")[:50])
    may_change = Jam.objects.letting(request.user, Right.CHANGE_JAM).filter(pk__in=[jam.pk for jam in current])
    context = {
        "current": current,
        "may_change": set(may_change.values_list("pk", flat=True)),
        "page": page_of(request, jams.past().with_most_wanted()),
        "venues": Venue.objects.letting(request.user, Right.CHANGE_VENUE).in_order()[:20],
    }
    return render(request, "pages/host.html", context)


@login_required
@page_with_form
def jam_new(request: HostRequest) -> HttpResponse:
    if not Venue.objects.letting(request.user, Right.HOLD_JAM).exists():
        messages.info(request, _("A jam needs a venue. Add yours first."))
        return see_other("pages:venue_new")
    return jam_form(request, Jam())


@login_required
@page_with_form
def jam_edit(request: HostRequest, slug: str) -> HttpResponse:
    return jam_form(request, find_hosted_jam(request, slug, Right.CHANGE_JAM))


def jam_form(request: HostRequest, jam: Jam) -> HttpResponse:
    post = request.method == "POST"
    form = JamForm(request.POST if post else None, request.FILES if post else None, instance=jam, user=request.user)
    if post and form.is_valid():
        try:
            saved = save_jam(request.user, jam, form)
        except ChangedMeanwhile:
            jam.refresh_from_db()
            form = form.renewed(jam)
        except DomainError as error:
            add_errors(form, error)
        else:
            messages.success(request, " ".join([_("Saved."), *weight_of_upload(form, saved)]))
            return see_other("pages:console", saved.slug)
    context = {"form": form, "jam": jam}
    return render(request, "pages/jam_form.html", context, status=form.status if form.errors else 200)


def weight_of_upload(form: JamForm, jam: Jam) -> list[str]:
    """How many bytes an image had, and what is loaded of it now."""
    upload = form.cleaned_data["background"]
    weights = weights_of(jam.background.name or "") if isinstance(upload, UploadedFile) else []
    if not weights:
        return []
    text = _("The image had %(before)s; a phone loads %(phone)s of it, a large screen %(screen)s.")
    sizes = {"before": upload.size, "phone": weights[0], "screen": weights[-1]}
    return [text % {name: filesizeformat(size) for name, size in sizes.items()}]


def save_jam(user: Any, jam: Jam, form: JamForm) -> Jam:
    if jam.pk:
        return change_jam(jam=jam, host=user, seen=form.still_as_seen, **form.values())
    return create_jam(host=user, **form.values())


@login_required
@page_with_form
def jam_duplicate(request: HostRequest, slug: str) -> HttpResponse:
    """The same night again, with the host's songs, without people and votes."""
    jam = find_hosted_jam(request, slug, Right.DUPLICATE)
    form = DuplicateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        starts_at = in_zone(form.cleaned_data["starts_at"], jam.zone)
        try:
            new = duplicate_jam(jam=jam, host=request.user, starts_at=starts_at)
        except DomainError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Here is the same night again. It is a draft: open it when it is ready."))
            return see_other("pages:console", new.slug)
    context = {"form": form, "jam": jam}
    return render(request, "pages/jam_duplicate.html", context, status=400 if form.errors else 200)


@login_required
@page_with_form
def jam_delete(request: HostRequest, slug: str) -> HttpResponse:
    """Asks first; a jam that people voted in stays."""
    jam = find_hosted_jam(request, slug, Right.DELETE_JAM)
    if request.method != "POST":
        return render(request, "pages/jam_delete.html", {"jam": jam})
    name = jam.name
    with telling(request):
        delete_jam(jam=jam, host=request.user)
        messages.success(request, _("“%(name)s” is deleted.") % {"name": name})
    return see_other("pages:host")
