"""Home: tonight first, what comes, what was. And the list of all jams."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.text import tidy_code
from apps.jams.models import Jam, JamSong
from apps.pages.views.common import page_of, see_other

SHOWN = 5
MOST_TONIGHT = 20


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    tonight = list(Jam.objects.running().with_counts().select_related("venue")[:MOST_TONIGHT])
    coming = list(Jam.objects.upcoming().select_related("venue")[:SHOWN])
    past = Jam.objects.past().with_counts().with_most_wanted().select_related("venue")[:SHOWN]
    add_stage(tonight)
    return render(
        request,
        "pages/home.html",
        {"tonight": tonight, "lit": next(iter(tonight or coming), None), "coming": coming, "past": past},
    )


def add_stage(jams: list[Jam]) -> None:
    """`playing` and `up_next`, the titles, on each jam: one query for all."""
    rows = JamSong.objects.filter(jam__in=jams, status__in=["playing", "queued"])
    on_stage = rows.order_by("jam", "position", "pk").values_list("jam", "status", "song__title")
    for jam in jams:
        titles = {status: title for pk, status, title in reversed(on_stage) if pk == jam.pk}
        jam.playing, jam.up_next = titles.get("playing"), titles.get("queued")  # type: ignore[attr-defined]


@require_safe
def jams(request: HttpRequest) -> HttpResponse:
    past = request.GET.get("when") == "past"
    open_or_on = Jam.objects.filter(status__in=Jam.VOTING).order_by("starts_at", "pk")
    rows = Jam.objects.past().with_most_wanted() if past else open_or_on
    page = page_of(request, rows.with_counts().select_related("venue"))
    return render(request, "pages/jams.html", {"page": page, "past": past})


@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """The code as people type it: small letters, spaces and hyphens are fine."""
    code = tidy_code(request.POST.get("code", ""))
    if not code:
        messages.error(request, _("Type the six characters that stand on the screen."), extra_tags="code")
        return see_other("pages:home", fragment="code")
    return see_other("pages:join", code)
