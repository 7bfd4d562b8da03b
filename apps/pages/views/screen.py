"""The big screen: the same for everybody, readable from ten metres."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from apps.jams.door import door_of
from apps.jams.invitations import remember_screen, screen_of, sees_door
from apps.jams.models import Jam, first_closing
from apps.pages.board import board_of, most_wanted, players_of
from apps.pages.templatetags.parts import SCRIPT_ICONS, bare_host, clock
from apps.pages.views.common import see_other
from apps.pages.words import screen_words, strip_of

ROWS = 8
# The first one is for a projector in a dark room: nobody need choose it.
THEMES = {"dark": gettext_lazy("Dark"), "light": gettext_lazy("Light"), "contrast": gettext_lazy("High contrast")}


@require_safe
def screen(request: HttpRequest, slug: str) -> HttpResponse:
    """Who may see the room code has a page of their own; the one for everybody never holds it."""
    jam = find_jam_and_door(request, slug)
    context = what_is_on(jam, ROWS)
    context |= {
        "wanted": most_wanted(context["board"]["songs"]),
        "zone": jam.zone,
        "theme": theme_of(request),
        "themes": THEMES,
        "icons": set(SCRIPT_ICONS),
        **entrance(request, jam),
    }
    response = render(request, "pages/screen.html", context)
    response.stale_at = first_closing(jam.voting_closes_at)  # type: ignore[attr-defined]
    return response


def what_is_on(jam: Jam, most: int) -> dict[str, Any]:
    """What screen and overlay share: the strip, what comes next, who plays, the first `most` of the ranking."""
    board = board_of(jam)
    playing, following = players_of(jam, board["playing"], next(iter(board["queue"]), None))
    starts = clock(jam.starts_at, jam.zone)
    return {
        "jam": jam,
        "board": board,
        "playing": playing,
        "following": following,
        "rows": board["ranking"][:most],
        "blank": {"id": 0, "votes": 0},
        "strip": strip_of(board, starts),
        "words": screen_words(starts),
        "data": {"slug": jam.slug, "status": jam.status, "most": most, "zone": jam.venue.time_zone},
    }


def theme_of(request: HttpRequest) -> str:
    """The address says it, so that the bookmark of a projector keeps it; one that is not known is the first."""
    wish = request.GET.get("theme", "")
    return wish if wish in THEMES else next(iter(THEMES))


def find_jam_and_door(request: HttpRequest, slug: str) -> Jam:
    return get_object_or_404(Jam.objects.visible_to(request.user).with_door(), slug=slug)


def entrance(request: HttpRequest, jam: Jam) -> dict[str, Any]:
    """How one gets in: `door` for those who may see it, `join_url` with the room code where one is needed."""
    host = {"host": bare_host(settings.PUBLIC_URL)}
    if not sees_door(request.user, request.COOKIES, jam):
        return {"door": None, "join_url": jam.join_url, **host}
    door = door_of(jam)
    query = f"?room={door['room_code']}" if door["room_code"] else ""
    return {"door": door, "join_url": f"{jam.join_url}{query}", **host}


@require_safe
def screen_door(request: HttpRequest, slug: str) -> HttpResponse:
    """The part of the screen that changes with the room code, for its script."""
    jam = find_jam_and_door(request, slug)
    context = entrance(request, jam)
    if context["door"] is None:
        raise PermissionDenied
    return render(request, "pages/screen_door.html", context | {"jam": jam})


@require_safe
def display(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The link for the projector: this browser is the big screen from now on."""
    jam = screen_of(token, slug)
    if jam is None:
        return render(request, "pages/link_gone.html", status=404)
    response = see_other("pages:screen", jam.slug)
    remember_screen(response, jam, token)
    return response
