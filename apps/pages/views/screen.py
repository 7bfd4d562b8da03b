"""The big screen: the same for everybody, readable from ten metres."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.pages.board import board_of, most_wanted
from apps.pages.templatetags.parts import clock
from apps.pages.views.common import find_jam, private
from apps.pages.words import screen_words

ROWS = 8


@require_GET
def screen(request: HttpRequest, slug: str) -> HttpResponse:
    jam = find_jam(request, slug)
    board = board_of(jam)
    theme = request.GET.get("theme", "")
    context = {
        "jam": jam,
        "board": board,
        "rows": board["ranking"][:ROWS],
        "wanted": most_wanted(board["songs"]),
        "zone": jam.zone,
        "theme": theme if theme in ("dark", "light") else "dark",
        "words": screen_words(clock(jam.starts_at, jam.zone)),
        "data": {"slug": jam.slug, "status": jam.status, "most": ROWS, "zone": jam.venue.time_zone},
    }
    return private(render(request, "pages/screen.html", context))
