"""The overlay for a stream: the same for everybody, and nothing on it that may not leave the room."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.jams.models import Jam, first_closing
from apps.pages.templatetags.parts import bare_host
from apps.pages.views.common import find_jam
from apps.pages.views.screen import what_is_on

PARTS = ("now", "next", "top", "code")
USUAL = ("now", "next", "code")
TOP = 3


@require_safe
def overlay(request: HttpRequest, slug: str) -> HttpResponse:
    """`?show=now,top` chooses its parts. Whoever sets it up is told of one that does not exist."""
    jam = find_jam(request, slug)
    shown = [part.strip() for part in request.GET.get("show", "").split(",") if part.strip()] or list(USUAL)
    context: dict[str, Any] = {"jam": jam, "theme": "dark", "host": bare_host(settings.PUBLIC_URL)}
    if unknown := [part for part in shown if part not in PARTS]:
        context |= {"unknown": unknown[0][:40], "parts": ", ".join(PARTS)}
        return render(request, "pages/overlay.html", context, status=400)
    context |= what_is_on(jam, TOP)
    # Without its count a song is there in the order in which it was added: that is no ranking.
    context["rows"] = [song for song in context["rows"] if song["votes"] is not None]
    context["shown"] = shown if jam.status != Jam.Status.ENDED else ["now"]
    response = render(request, "pages/overlay.html", context)
    response.stale_at = first_closing(jam.voting_closes_at)  # type: ignore[attr-defined]
    return response
