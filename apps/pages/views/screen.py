"""The big screen: the same for everybody, readable from ten metres."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.jams.models import first_closing
from apps.pages.board import board_of, most_wanted
from apps.pages.templatetags.parts import SCRIPT_ICONS, bare_host, clock
from apps.pages.views.common import find_jam
from apps.pages.words import screen_words, strip_of

ROWS = 8


@require_safe
def screen(request: HttpRequest, slug: str) -> HttpResponse:
    jam = find_jam(request, slug)
    board = board_of(jam)
    theme = request.GET.get("theme", "")
    starts = clock(jam.starts_at, jam.zone)
    context = {
        "jam": jam,
        "board": board,
        "rows": board["ranking"][:ROWS],
        "wanted": most_wanted(board["songs"]),
        "zone": jam.zone,
        "host": bare_host(settings.PUBLIC_URL),
        "blank": {"id": 0, "votes": 0},
        "theme": theme if theme in ("dark", "light") else "",
        "strip": strip_of(board, starts),
        "words": screen_words(starts),
        "icons": set(SCRIPT_ICONS),
        "data": {"slug": jam.slug, "status": jam.status, "most": ROWS, "zone": jam.venue.time_zone},
    }
    response = render(request, "pages/screen.html", context)
    response.stale_at = first_closing(jam.voting_closes_at)  # type: ignore[attr-defined]
    return response
