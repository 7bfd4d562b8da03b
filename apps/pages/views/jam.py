"""The phone page of a jam: the ranking, one's own votes, suggestions; all of it works without a script."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.roles import Right
from apps.catalog.library import marked
from apps.catalog.statistics import count_choice, count_search
from apps.core.compiled import GIVEN, Compiled
from apps.jams import performers
from apps.jams.attendees import rename_attendee
from apps.jams.errors import AlreadyInJam
from apps.jams.identity import attendee_from, forget, move_token, moved, peek, remember
from apps.jams.models import Attendee, Jam, JamSong, first_closing
from apps.jams.search import search as search_all
from apps.pages.board import board_of, most_wanted
from apps.pages.forms import SuggestForm
from apps.pages.templatetags.parts import SCRIPT_ICONS, clock
from apps.pages.templatetags.rows import blank, votes_word
from apps.pages.views.common import SeeOther, find_jam, page_with_form, see_other, sentence, telling
from apps.pages.views.installed import worker_address
from apps.pages.views.kept import kept
from apps.pages.words import phone_words, strip_of
from apps.stage.line_ups import line_ups
from apps.stage.models import SignUp
from apps.stage.statistics import on_stage, statistics_of
from apps.voting.meant import NearSong, suggestions_near
from apps.voting.operations import cast_vote, leave_jam, suggest_song, take_back_vote
from apps.voting.queries import STILL, votes_of

HITS = 8
INSTRUMENTS = ("vocals", "guitar", "bass", "drums", "keys", "saxophone", "trumpet", "percussion", "violin")
MOST_STUDS = 9  # as many as static/js/studs.js draws
OUT = {"open", "queued", "playing"}
SIGN_UPS = Compiled(
    lambda: SignUp.objects.live().filter(attendee=GIVEN).select_related("slot__jam_song__song").order_by("pk")
)


@kept
@require_safe
def jam(request: HttpRequest, slug: str) -> HttpResponse:
    jam = find_jam(request, slug)
    attendee = attendee_from(request, jam)
    if attendee and attendee.state == Attendee.State.REMOVED:
        return render(request, "pages/jam/removed.html", {"jam": jam})
    board = board_of(jam)
    starts = clock(jam.starts_at, jam.zone)
    context: dict[str, Any] = {"jam": jam, "board": board, "attendee": attendee, "zone": jam.zone}
    context |= {"strip": strip_of(board, starts), "words": phone_words(starts)}
    context["notes"] = {m.extra_tags: str(m) for m in messages.get_messages(request) if m.extra_tags}
    if jam.status == Jam.Status.ENDED:
        return render(request, "pages/jam/ended.html", context | afterwards(request, jam, board))
    row = blank()
    context |= {"icons": set(SCRIPT_ICONS), "blank": row, "blanks": [row], "line_ups": studded(jam)}
    context["data"] = {
        "slug": jam.slug,
        "venue": jam.venue.slug,
        "status": jam.status,
        "voting": board["voting"],
        "zone": jam.venue.time_zone,
        "max_votes": jam.max_votes,
        "worker": worker_address(),
    }
    if attendee:
        context |= own(request, jam, attendee, board)
        context["data"] |= {
            "attendee": attendee.pk,
            "voted": sorted(context["voted"]),
            "sign_ups": told(SIGN_UPS(attendee.pk, limit=None)),
            "banned": context["banned"],
        }
    board["ranking"] = [row | marks(row, place, context) for place, row in enumerate(board["ranking"], start=1)]
    response = render(request, "pages/jam/page.html", context)
    response.own = bool(attendee) and jam.status != Jam.Status.DRAFT  # type: ignore[attr-defined]
    response.stale_at = first_closing(jam.voting_closes_at)  # type: ignore[attr-defined]
    return response


def marks(song: dict[str, Any], place: int, context: dict[str, Any]) -> dict[str, Any]:
    """What a row of the ranking shows besides the song: its place, whether it is mine, why a vote was refused."""
    note = context["notes"].get(f"song-{song['id']}", "")
    line_up = context["line_ups"].get(song["id"])
    mine, word = song["id"] in context.get("voted", ()), votes_word(song["votes"])
    return {"rank": place, "mine": mine, "note": note, "line_up": line_up, "votes_word": word}


def studded(jam: Jam) -> dict[int, dict[str, Any]]:
    """How far line-ups are, with a stud for each slot, by jam song."""
    if not jam.sign_ups:
        return {}
    return {
        row["id"]: row | {"studs": [place < row["filled"] for place in range(min(row["slots"], MOST_STUDS))]}
        for row in line_ups(jam)
    }


def afterwards(request: HttpRequest, jam: Jam, board: dict[str, Any]) -> dict[str, Any]:
    """What a night came to; who was on stage, for its hosts."""
    runs = jam.lets(request.user, Right.RUN)
    return {
        "runs": runs,
        "wanted": most_wanted(board["songs"]),
        "left": sorted(board["queue"] + board["ranking"], key=lambda song: -(song["votes"] or 0)),
        "facts": statistics_of(Jam.objects.filter(pk=jam.pk)),
        "on_stage": on_stage(jam) if runs else [],
    }


def own(request: HttpRequest, jam: Jam, attendee: Attendee, board: dict[str, Any]) -> dict[str, Any]:
    """What is this attendee's: votes, picks left, suggestions, and what the library has for their search."""
    voted = set(votes_of(attendee, jam))
    places = {song["id"]: place for place, song in enumerate(board["ranking"], start=1)}
    mine = [song | {"place": places.get(song["id"])} for song in board["songs"] if song["id"] in voted]
    mine = [song for song in mine if song["status"] in OUT]
    suggested = STILL(attendee.pk, limit=None)
    banned = marked(jam.venue_id)
    return {
        "voted": voted,
        "banned": banned,
        "mine": mine,
        "picks": [place < len(mine) for place in range(jam.max_votes or 0)],
        "picks_left": max(0, (jam.max_votes or 0) - len(mine)),
        "pending": [jam_song for jam_song in suggested if jam_song.status == JamSong.Status.PENDING],
        "suggestions_left": max(0, jam.max_suggestions - len(suggested)),
        "performer_days": settings.PERFORMER_DAYS,
        "instruments": list(dict.fromkeys([*attendee.instruments, *INSTRUMENTS])),
        **search(request, jam, board, banned),
        **near_what(request, jam, board, banned),
    }


def told(sign_ups: Iterable[SignUp]) -> list[dict[str, Any]]:
    """What somebody plays or waits for, as `…/signups` of the API says it: for static/js/notify.js."""
    return [
        {"id": one.pk, "jam_song": song.pk, "title": song.song.title, "instrument": one.slot.instrument,
         "state": one.state}
        for one in sign_ups for song in [one.slot.jam_song]
    ]  # fmt: skip


def near_what(request: HttpRequest, jam: Jam, board: dict[str, Any], banned: list[int]) -> dict[str, Any]:
    """What may be meant by the title and artist that were written in, for them to choose."""
    written = {name: request.GET.get(name, "")[:200] for name in ("title", "artist", "instrument")}
    if not (written["title"] and written["artist"]):
        return {}
    here = {song["song"]: song for song in board["songs"]}
    hits = []
    for one in suggestions_near(jam=jam, title=written["title"], artist=written["artist"]):
        song = one["song"]
        hits.append({"song": one | {"id": song}, "here": here.get(song), "banned": song in banned})
    return {"written": written, "near": hits}


def search(request: HttpRequest, jam: Jam, board: dict[str, Any], banned: list[int]) -> dict[str, Any]:
    wanted = request.GET.get("find", "").strip()[:100]
    if not wanted:
        return {"wanted": ""}
    here = {song["song"]: song for song in board["songs"]}
    found = search_all(wanted, kinds=["songs"], limit=HITS)["songs"]
    if request.method == "GET":
        count_search(wanted, len(found), venue=jam.venue.slug)
    hits = [{"song": song, "here": here.get(song["id"]), "banned": song["id"] in banned} for song in found]
    return {"wanted": wanted, "hits": hits}


def find_attendee(request: HttpRequest, jam: Jam) -> Attendee | None:
    attendee = attendee_from(request, jam)
    if attendee is None:
        messages.info(request, _("Join the jam first: one tap, no account."))
    return attendee


def join_first(jam: Jam) -> HttpResponse:
    return see_other("pages:join", jam.code)


@require_POST
def vote(request: HttpRequest, slug: str, song: int) -> HttpResponse:
    """`voted` is 1 to vote and 0 to take the vote back; saying either twice changes nothing."""
    jam = find_jam(request, slug)
    attendee = find_attendee(request, jam)
    if attendee is None:
        return join_first(jam)
    jam_song = get_object_or_404(JamSong.objects.public().select_related("jam__venue", "song"), jam=jam, pk=song)
    with telling(request, about=f"song-{song}"):
        if request.POST.get("voted") == "0":
            take_back_vote(jam_song=jam_song, attendee=attendee)
        else:
            cast_vote(jam_song=jam_song, attendee=attendee)
    return see_other(jam, fragment="me" if request.POST.get("to") == "me" else f"song-{song}")


@require_POST
def suggest(request: HttpRequest, slug: str) -> HttpResponse:
    jam = find_jam(request, slug)
    attendee = find_attendee(request, jam)
    if attendee is None:
        return join_first(jam)
    form = SuggestForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.first_error(), extra_tags="suggest")
        return see_other(jam, fragment="suggest")
    with telling(request, about="suggest"):
        try:
            jam_song = suggest_song(jam=jam, attendee=attendee, **form.wanted())
        except NearSong:
            names = ("title", "artist", "instrument")
            written = urlencode({name: form.cleaned_data[name] for name in names if form.cleaned_data[name]})
            return SeeOther(f"{resolve_url(jam)}?{written}#suggest")
        except AlreadyInJam as error:
            messages.error(request, sentence(error), extra_tags=place_of(error))
            return see_other(jam, fragment=place_of(error))
        count_choice(form.cleaned_data["found_by"], jam_song.song, venue=jam.venue.slug)
        title = {"title": jam_song.song.title}
        if jam_song.status == JamSong.Status.PENDING:
            said = _("“%(title)s” is with the host now. It comes in as soon as they say yes.") % title
        else:
            said = _("“%(title)s” is in, with your vote.") % title
        if form.cleaned_data["instrument"]:
            said += " " + _("You are signed up for it.")
        messages.success(request, said, extra_tags="suggest")
    return see_other(jam, fragment="suggest")


def place_of(error: AlreadyInJam) -> str:
    """Where on the page it is told: at the song that is there, to vote for."""
    return f"song-{error.extra['jam_song']}" if "jam_song" in error.extra else "suggest"


@require_POST
def me(request: HttpRequest, slug: str) -> HttpResponse:
    jam = find_jam(request, slug)
    attendee = find_attendee(request, jam)
    if attendee is None:
        return join_first(jam)
    with telling(request, about="me"):
        attendee = rename_attendee(attendee=attendee, display_name=request.POST.get("display_name", ""))
        messages.success(request, _("You vote as %(name)s now.") % {"name": attendee.display_name}, extra_tags="me")
    return see_other(jam, fragment="me")


@require_POST
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    jam = find_jam(request, slug)
    attendee = attendee_from(request, jam)
    response = see_other(jam)
    if attendee:
        with telling(request):
            leave_jam(attendee=attendee)
            response.headers["Clear-Site-Data"] = '"cache"'  # the page as it was
            messages.success(request, _("You have left. Your name and your votes are erased."))
            if attendee.state == Attendee.State.LEFT:  # who was taken off stays so with this browser
                forget(response, jam)
                performers.drop(response, jam.venue)
    return response


@page_with_form
def move(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows a code for the other phone; opened there with its token, it asks once and then brings the votes along."""
    jam = find_jam(request, slug)
    given = request.POST.get("token") or request.GET.get("token", "")
    if given:
        return bring_along(request, jam, given)
    token = move_token(request, jam)
    if token is None or attendee_from(request, jam) is None:
        messages.info(request, _("Open this page on the phone that you voted with."))
        return join_first(jam) if jam.status != Jam.Status.ENDED else see_other(jam)
    address = f"{settings.PUBLIC_URL}{reverse('pages:move', args=[jam.slug])}?token={token}"
    return render(request, "pages/jam/move.html", {"jam": jam, "address": address})


def bring_along(request: HttpRequest, jam: Jam, token: str) -> HttpResponse:
    """Looking at the link uses nothing up; saying yes does."""
    if request.method != "POST":
        attendee = peek(token, jam)
        if attendee is None:
            return too_old(request, jam)
        return render(request, "pages/jam/bring.html", {"jam": jam, "attendee": attendee, "token": token})
    found = moved(token, jam)
    if found is None:
        return too_old(request, jam)
    response = see_other(jam)
    remember(response, jam, found[1])
    return response


def too_old(request: HttpRequest, jam: Jam) -> HttpResponse:
    messages.error(request, _("This link is used up or too old. Make a new one on the phone that you voted with."))
    return join_first(jam)
