"""One's own account: what there is to change, and where one is logged in."""

import re

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import User
from apps.accounts.operations import end_other_sessions, end_session
from apps.pages.views.common import HostRequest, page_with_form, see_other

# Looked for in this order: each browser also claims to be those below.
BROWSERS = {
    "Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox", "FxiOS": "Firefox",
    "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS X": "Mac",
    "CrOS": "Chrome OS", "Linux": "Linux",
}  # fmt: skip


@login_required
@require_safe
def account(request: HostRequest) -> HttpResponse:
    context = {"sessions": sessions_of(request.user).count()}
    return render(request, "pages/account.html", context)


@login_required
@page_with_form
def sessions(request: HostRequest) -> HttpResponse:
    """Where I am logged in; the form ends all but this one."""
    here = request.session.session_key or ""
    if request.method == "POST":
        ended = end_other_sessions(user=request.user, keep=here, by=request.user)
        text = ngettext("%(n)d other session is ended.", "%(n)d other sessions are ended.", ended)
        messages.success(request, text % {"n": ended})
        return see_other("pages:sessions")
    rows = [
        {"row": row, "device": device_of(row.user_agent), "here": row.session_key == here}
        for row in sessions_of(request.user).order_by("-created_at", "-pk")[:100]
    ]
    return render(request, "pages/sessions.html", {"sessions": rows})


@login_required
@require_POST
def session_end(request: HostRequest, session: int) -> HttpResponse:
    row = get_object_or_404(sessions_of(request.user).select_related("user"), pk=session)
    if row.session_key == request.session.session_key:
        messages.info(request, _("That is this session. Log out to end it."))
    else:
        end_session(session=row, by=request.user)
        messages.success(request, _("That session is ended."))
    return see_other("pages:sessions")


def sessions_of(user: User) -> QuerySet[UserSession]:
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return UserSession.objects.filter(user=user, session_key__in=alive)


def device_of(user_agent: str) -> str:
    """'Firefox, Android'; '' for what is neither."""
    found = [
        next((name for word, name in known.items() if re.search(rf"\b{word}\b", user_agent)), "")
        for known in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(name for name in found if name)
