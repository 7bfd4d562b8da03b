"""The console: everything a host does during the night. Each action is a form; scripts send the same to the API."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.roles import Right, may
from apps.catalog.library import marked, reasons
from apps.catalog.models import Song
from apps.catalog.operations import find_or_add_song
from apps.catalog.statistics import LONGEST_SEARCH, count_choice, count_search
from apps.core.errors import DomainError
from apps.jams import lineup, operations
from apps.jams.board import desk_of
from apps.jams.door import door_of, set_door
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.search import search as search_all
from apps.pages.board import board_of
from apps.pages.forms import MOST_LINES, songs_in
from apps.pages.lineup import people_with, stage_of
from apps.pages.set_list import planned_board
from apps.pages.templatetags.parts import SCRIPT_ICONS, clock, isolated
from apps.pages.undoing import last_deed
from apps.pages.views.common import HostRequest, beside, find_hosted_jam, page_with_form, see_other, telling
from apps.pages.views.kept import kept
from apps.pages.words import console_words, lost_in_words, strip_of
from apps.voting.clusters import NEWEST, clusters_of, described
from apps.voting.operations import remove_attendee, void_attendees
from apps.voting.songs import TAKES_IN, merge_songs, most_alike, reopen_song
from apps.voting.undo import undo

HITS = 8
SIDES = ("requests", "lineup", "people", "join")

# The steps of a night, and from where each can be taken.
STEPS = (
    ("open", Jam.Status.OPEN, {Jam.Status.DRAFT}),
    ("start", Jam.Status.LIVE, {Jam.Status.OPEN, Jam.Status.LAST_CALL}),
    ("last-call", Jam.Status.LAST_CALL, {Jam.Status.LIVE}),
    ("end", Jam.Status.ENDED, {Jam.Status.OPEN, Jam.Status.LIVE, Jam.Status.LAST_CALL}),
)


@login_required
@kept
@require_safe
def console(request: HostRequest, slug: str) -> HttpResponse:
    response = show(request, find_hosted_jam(request, slug))
    response.own = True  # type: ignore[attr-defined]
    return response


def show(request: HostRequest, jam: Jam, *, lines: str = "", status: int = 200) -> HttpResponse:
    """The console; `lines` are pasted songs that were refused, to be corrected."""
    desk, roles, banned = desk_of(jam), jam.roles_of(request.user), marked(jam.venue_id)
    board, filling = planned_board(jam, board_of(jam, desk["songs"]), request.GET)
    stage = stage_of(jam)
    starts = clock(jam.starts_at, jam.zone)
    context = {
        "jam": jam,
        "over": jam.status == Jam.Status.ENDED,
        "may_change": may(Right.CHANGE_JAM, roles),
        "may_ban": may(Right.CHANGE_VENUE, roles),
        "board": board,
        "desk": desk,
        "lines": lines,
        "zone": jam.zone,
        "steps": [(verb, status.label, status == jam.status, jam.status in before) for verb, status, before in STEPS],
        "side": side if (side := request.GET.get("side")) in SIDES else SIDES[0],
        "notes": {m.extra_tags: m for m in messages.get_messages(request) if m.extra_tags},
        "strip": strip_of(board, starts),
        "words": console_words(starts),
        "icons": {*SCRIPT_ICONS, "lock", "unlock"},
        "stage": stage,
        "people": people_with(desk["attendees"], stage),
        "asked": [asked(jam_song) for jam_song in desk["pending"]],
        "blank": {"id": 0, "votes": 0, "display_name": ""},
        "last": last_deed(jam, request.user),
        "data": {
            "slug": jam.slug,
            "venue": jam.venue.slug,
            "undo_seconds": settings.UNDO_SECONDS,
            "status": jam.status,
            "zone": jam.venue.time_zone,
            "songs": desk["songs"],
            **filling["data"],
            "banned": banned,
        },
        "filling": filling,
        **entrance(jam),
        **suspects(jam),
        **search(request, jam, board, banned),
    }
    return render(request, "pages/console/page.html", context, status=status)


def entrance(jam: Jam) -> dict[str, Any]:
    labels = {Jam.Door.AUTOMATIC: _("Open"), Jam.Door.CODE: _("Room code only"), Jam.Door.CLOSED: _("Closed")}
    return {"door": door_of(jam), "doors": labels.items()}


def suspects(jam: Jam) -> dict[str, Any]:
    return {"clusters": described(clusters_of(jam))}


def asked(jam_song: JamSong) -> dict[str, Any]:
    song = jam_song.song
    return {"id": jam_song.pk, "title": song.title, "artist": song.artist, "from": str(jam_song.suggested_by or "")}


def search(request: HostRequest, jam: Jam, board: dict[str, Any], banned: list[int]) -> dict[str, Any]:
    wanted = request.GET.get("find", "").strip()[:100]
    if not wanted:
        return {"wanted": ""}
    here = {song["song"] for song in board["songs"]}
    found = search_all(wanted, kinds=["songs"], limit=HITS)["songs"]
    if request.method == "GET":
        count_search(wanted, len(found), venue=jam.venue.slug)
    hits = [{"song": song, "here": song["id"] in here, "banned": song["id"] in banned} for song in found]
    return {"wanted": wanted, "hits": hits}


@login_required
@page_with_form
def act(request: HostRequest, slug: str, action: str) -> HttpResponse:
    """One action on the jam. Ending it cannot be undone, so a GET asks first."""
    jam = find_hosted_jam(request, slug)
    if request.method != "POST":
        if action != "end":
            raise Http404
        return render(request, "pages/console/end.html", {"jam": jam})
    with telling(request):
        if action == "undo":
            undo_deed(request, jam)
        elif action == "pause":
            operations.set_paused(jam=jam, host=request.user, **pauses(request))
        elif action == "start-next":
            lineup.start_next(jam=jam, host=request.user)
        elif action in operations.ACTIONS:
            operations.ACTIONS[action](jam=jam, host=request.user)
        else:
            raise Http404
    return see_other("pages:console", jam.slug)


def undo_deed(request: HostRequest, jam: Jam) -> None:
    """The one that the button named, and no other."""
    verb, _space, song = request.POST.get("undo", "").partition(" ")
    last = last_deed(jam, request.user)
    which = int(song) if song.isdecimal() and len(song) < 19 else None
    undone = undo(jam=jam, host=request.user, action=verb, song=which)
    if last:
        messages.success(request, _("Undone: %(what)s") % {"what": last["text"]})
    if lost := undone.sign_ups_lost:
        messages.warning(request, lost_in_words(lost))


def pauses(request: HostRequest) -> dict[str, bool]:
    return {name: request.POST[name] == "1" for name in ("voting", "suggestions") if name in request.POST}


@login_required
@require_POST
def song_act(request: HostRequest, slug: str, song: int, action: str) -> HttpResponse:
    jam = find_hosted_jam(request, slug)
    jam_song = get_object_or_404(JamSong.objects.select_related("jam__venue", "song"), jam=jam, pk=song)
    with telling(request):
        if action == "move":
            position = request.POST.get("position", "")
            if not position.isdecimal() or len(position) > 6:
                raise Http404
            lineup.move_song(jam_song=jam_song, host=request.user, position=int(position))
        elif action == "encore":
            reopen_song(jam_song=jam_song, host=request.user)
        elif action in lineup.SONG_ACTIONS:
            lineup.SONG_ACTIONS[action](jam_song=jam_song, host=request.user)
        else:
            raise Http404
    fragment = {"approve": "side", **dict.fromkeys(("move", "unqueue", "lock", "unlock"), "queue")}.get(action, "")
    return see_other("pages:console", jam.slug, fragment=fragment)


@login_required
@page_with_form
def merge(request: HostRequest, slug: str, song: int) -> HttpResponse:
    """Two songs that are one: a GET asks which the other is, the most similar first."""
    jam = find_hosted_jam(request, slug)
    jam_song = get_object_or_404(JamSong.objects.select_related("jam__venue", "song"), jam=jam, pk=song)
    others = jam.songs.filter(status__in=TAKES_IN).exclude(pk=jam_song.pk).select_related("song")
    if request.method != "POST":
        found = most_alike(jam_song, others)[: settings.BOARD_SIZE]
        return render(request, "pages/console/merge.html", {"jam": jam, "jam_song": jam_song, "others": found})
    chosen = request.POST.get("into", "")
    into = get_object_or_404(others, pk=int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0)
    with telling(request):
        merge_songs(jam_song=jam_song, into=into, host=request.user)
        text = _("%(one)s is merged into %(other)s, with its votes.")
        names = {"one": isolated(jam_song.song.title), "other": isolated(into.song.title)}
        messages.success(request, text % names)
    return see_other("pages:console", jam.slug)


@login_required
@require_POST
def add_songs(request: HostRequest, slug: str) -> HttpResponse:
    """One song of the library, or pasted lines of “Title - Artist”; what the jam has already is skipped."""
    jam = find_hosted_jam(request, slug)
    lines = request.POST.get("lines", "")
    pairs, odd = songs_in(lines)
    if len(pairs) + len(odd) > MOST_LINES:
        messages.error(request, too_many(len(pairs) + len(odd)), extra_tags="add")
        return show(request, jam, lines=lines, status=400)
    songs: list[Song] = []
    chosen = request.POST.get("song", "")
    if chosen.isdecimal() and len(chosen) < 19:
        songs += Song.objects.listed().filter(pk=chosen)
    for title, artist in pairs:
        try:
            songs.append(find_or_add_song(title=title, artist=artist))
        except DomainError:
            odd.append(f"{title} - {artist}")
    with telling(request, about="add"):
        added, skipped = lineup.add_songs(jam=jam, host=request.user, songs=songs) if songs else ([], [])
        if chosen and songs:
            count_choice(request.POST.get("found_by", "")[:LONGEST_SEARCH], songs[0], venue=jam.venue.slug)
        banned = reasons(jam.venue_id, skipped)
        text = account_of(len(added), len(skipped) - len(banned), odd, jam.venue.name if banned else "", len(banned))
        messages.success(request, text, extra_tags="add")
    return see_other("pages:console", jam.slug, fragment="add")


def too_many(count: int) -> str:
    text = _("These are %(count)d songs, and at most %(most)d come in at once. Nothing was added: send them in parts.")
    return text % {"count": count, "most": MOST_LINES}


def account_of(added: int, skipped: int, odd: list[str], venue: str, banned: int) -> str:
    parts = [ngettext("%(n)d song added.", "%(n)d songs added.", added) % {"n": added}]
    if skipped:
        parts.append(ngettext("%(n)d was there already.", "%(n)d were there already.", skipped) % {"n": skipped})
    if banned:
        text = ngettext("%(venue)s does not play %(n)d of them.", "%(venue)s does not play %(n)d of them.", banned)
        parts.append(text % {"venue": venue, "n": banned})
    if odd:
        parts.append(_("Not understood: %(lines)s. Write “Title - Artist”.") % {"lines": "; ".join(odd[:5])})
    return " ".join(parts)


@login_required
@page_with_form
def attendee_remove(request: HostRequest, slug: str, attendee: int) -> HttpResponse:
    """Takes somebody off the jam with their votes. A GET asks first."""
    jam = find_hosted_jam(request, slug)
    person = get_object_or_404(Attendee.objects.in_the_room(), jam=jam, pk=attendee)
    if request.method != "POST":
        return render(request, "pages/console/remove.html", {"jam": jam, "person": person})
    name = person.display_name
    with telling(request):
        remove_attendee(attendee=person, host=request.user)
        messages.success(request, _("%(name)s is off the jam, with all votes.") % {"name": name})
    return beside(jam, "people")


@login_required
@page_with_form
def door(request: HostRequest, slug: str) -> HttpResponse:
    """How the door stands, for the script of the console. POST: how it shall stand."""
    jam = find_hosted_jam(request, slug)
    if request.method != "POST":
        return render(request, "pages/console/door.html", {"jam": jam, **entrance(jam)})
    if request.POST.get("door") not in Jam.Door.values:
        raise Http404
    with telling(request):
        set_door(jam=jam, host=request.user, door=request.POST["door"])
    return beside(jam, "join")


@login_required
@require_safe
def clusters(request: HostRequest, slug: str) -> HttpResponse:
    """People who vote alike, for the script of the console."""
    jam = find_hosted_jam(request, slug)
    return render(request, "pages/console/clusters.html", {"jam": jam, "zone": jam.zone, **suspects(jam)})


@login_required
@require_POST
def void(request: HostRequest, slug: str) -> HttpResponse:
    """Takes those off the jam whom the page showed as a cluster, and nobody who has joined them since."""
    jam = find_hosted_jam(request, slug)
    ids = request.POST.get("attendees", "").split()
    if not all(pk.isdecimal() and len(pk) < 19 for pk in ids):
        raise Http404
    with telling(request):
        voided = void_attendees(jam=jam, host=request.user, attendees=map(int, ids[:NEWEST]))
        people = ngettext("%(n)d person is off the jam", "%(n)d people are off the jam", voided.attendees)
        votes = ngettext("with %(n)d vote.", "with %(n)d votes.", voided.votes)
        messages.success(request, f"{people % {'n': voided.attendees}}, {votes % {'n': voided.votes}}")
    return beside(jam, "people")
