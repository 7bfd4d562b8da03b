"""Profiles, for staff: of the processes of a kind, and of a request (apps/insight/profiling/asking.py)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from apps.core.errors import DomainError
from apps.insight.profiling.profiles import KINDS, Profile, begin, collapsed, find, functions, latest
from apps.pages.forms import InHouseStyle
from apps.pages.views.common import HostRequest, add_errors, page_with_form, see_other

LOOK_AGAIN = "2"  # seconds, while one is taken
MOST_ROWS = 100
USUAL_SECONDS = 10


class ProfileForm(InHouseStyle, forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Processes"), choices=[(kind, kind) for kind in KINDS])
    seconds = forms.IntegerField(label=gettext_lazy("Seconds"), min_value=1, initial=USUAL_SECONDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = int(settings.PROFILE_SECONDS)
        self.fields["seconds"] = forms.IntegerField(
            label=gettext_lazy("Seconds"), min_value=1, max_value=most, initial=min(USUAL_SECONDS, most)
        )
        self.dress()


def for_staff(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @login_required
    @wraps(view)
    def seen(request: HostRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return seen


@for_staff
@page_with_form
def profiles(request: HostRequest) -> HttpResponse:
    """What is kept. POST takes one of all processes of a `kind`, for `seconds`."""
    form = ProfileForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return see_other("pages:profile", begin(form.cleaned_data["kind"], form.cleaned_data["seconds"]))
        except DomainError as error:
            add_errors(form, error)
    minutes = max(1, settings.PROFILE_KEEP_SECONDS // 60)
    context = {"form": form, "profiles": latest(), "minutes": minutes}
    return render(request, "pages/insight/profiles.html", context, status=400 if form.errors else 200)


@for_staff
@require_safe
def profile(request: HostRequest, profile: int) -> HttpResponse:
    found = kept(profile)
    seconds = sum((found.stacks or {}).values())
    context = {"profile": found, "seconds": seconds, "rows": shown(found, seconds)}
    response = render(request, "pages/insight/profile.html", context)
    if not found.parts and not found.is_over:
        response["Refresh"] = LOOK_AGAIN
    return response


@for_staff
@require_safe
def profile_stacks(request: HostRequest, profile: int) -> HttpResponse:
    response = HttpResponse(collapsed(kept(profile)), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="profile-{profile}.txt"'
    return response


def kept(pk: int) -> Profile:
    found = find(pk)
    if found is None:
        raise Http404
    return found


def shown(profile: Profile, seconds: float) -> list[dict[str, Any]]:
    return [
        {
            "module": row.module,
            "function": row.function,
            "self_ms": row.self_seconds * 1000,
            "total_ms": row.total_seconds * 1000,
            "share": 100 * row.self_seconds / seconds,
        }
        for row in functions(profile)[:MOST_ROWS]
    ]
