"""Who plays what tonight, and signing up for it; all of it works without a script."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.catalog.music import MAX_PARTS
from apps.jams.attendees import set_instruments
from apps.jams.identity import attendee_from
from apps.jams.models import Attendee, Jam, JamSong
from apps.pages.templatetags import instruments as line_up
from apps.pages.templatetags.parts import SCRIPT_ICONS, clock
from apps.pages.views.common import find_jam, see_other, telling
from apps.pages.views.jam import find_attendee, join_first, told
from apps.pages.words import stage_words
from apps.stage.models import SignUp, Slot
from apps.stage.my_set import set_of, stage_order
from apps.stage.operations import check_in, sign_up, withdraw
from apps.stage.playable import playable_tonight
from apps.stage.setlist import expected_starts

MOST_SLOTS = 1000
COLUMNS = ("id", "jam_song", "jam_song__song__title", "jam_song__song__artist", "jam_song__status", "instrument",
           "number", "required", "holder", "state", "waiting", "playable")  # fmt: skip


@require_safe
def stage(request: HttpRequest, slug: str) -> HttpResponse:
    jam = find_jam(request, slug)
    attendee = attendee_from(request, jam)
    if attendee and attendee.state == Attendee.State.REMOVED:
        return render(request, "pages/jam/removed.html", {"jam": jam})
    notes = {m.extra_tags: str(m) for m in messages.get_messages(request) if m.extra_tags}
    expected = expected_starts(jam)
    room = None if jam.status == Jam.Status.ENDED else playable_tonight(jam)
    mine = set_of(attendee, expected) if attendee else []
    songs = []
    if room:
        songs = songs_of(jam, {one.slot_id: one for one in mine}, notes, takes=bool(attendee) and jam.takes_sign_ups)
    lacks = {song["id"]: song["missing"] for song in (*room.songs, *room.nearly)} if room else {}
    for song in songs:
        song |= {"expected_at": expected.get(song["id"]), "lacks": lacks.get(song["id"])}
    context: dict[str, Any] = {"jam": jam, "attendee": attendee, "notes": notes, "zone": jam.zone}
    context |= {"songs": songs, "mine": mine, "room": room, "instruments": instruments_of(songs, attendee)}
    context |= {"icons": {*SCRIPT_ICONS, *line_up.ICONS}, "words": stage_words(clock(jam.starts_at, jam.zone))}
    context["data"] = {"slug": jam.slug, "status": jam.status, "zone": jam.venue.time_zone}
    if attendee:
        context["data"] |= {"attendee": attendee.pk, "sign_ups": told(mine)}
    return render(request, "pages/jam/stage.html", context)


def songs_of(jam: Jam, mine: Mapping[int, SignUp], notes: dict[str, str], *, takes: bool) -> list[dict[str, Any]]:
    """What is still to be played: what plays, the set list, then by title, which tells nothing of hidden counts."""
    rows = Slot.objects.shown(jam).exclude(jam_song__status=JamSong.Status.PLAYED).with_holders().with_playable()
    rows = rows.order_by(*stage_order("jam_song"), "jam_song__song__folded_title", "jam_song", "pk")
    slots = [
        row
        | {"mine": mine.get(row["id"]), "note": notes.get(f"slot-{row['id']}", "")}
        | {"offered": takes and offered(row, mine)}
        for row in rows.values(*COLUMNS)[:MOST_SLOTS]
    ]
    return [first_of(list(group)) for _song, group in groupby(slots, key=lambda slot: slot["jam_song"])]


def offered(slot: dict[str, Any], mine: Mapping[int, SignUp]) -> bool:
    """Nobody waits any more for a song that is on."""
    over = slot["state"] and slot["jam_song__status"] == JamSong.Status.PLAYING
    return slot["id"] not in mine and not over


def first_of(slots: list[dict[str, Any]]) -> dict[str, Any]:
    first = slots[0]
    return {
        "id": first["jam_song"],
        "title": first["jam_song__song__title"],
        "artist": first["jam_song__song__artist"],
        "status": first["jam_song__status"],
        "playable": first["playable"],
        "slots": slots,
    }


def instruments_of(songs: list[dict[str, Any]], attendee: Attendee | None) -> list[dict[str, Any]]:
    """What one can say that one plays: what tonight's songs want most first, and what one has said before."""
    wanted: dict[str, int] = {}
    for slot in (slot for song in songs for slot in song["slots"]):
        wanted[slot["instrument"]] = wanted.get(slot["instrument"], 0) + 1
    plays = attendee.instruments if attendee else []
    names = sorted({*wanted, *plays}, key=lambda name: (-wanted.get(name, 0), name))
    return [{"name": name, "plays": name in plays} for name in names]


@require_POST
def claim(request: HttpRequest, slug: str, slot: int) -> HttpResponse:
    """`do` is claim, withdraw or here; saying one of them twice changes nothing."""
    jam = find_jam(request, slug)
    attendee = find_attendee(request, jam)
    if attendee is None:
        return join_first(jam)
    # What waits for the host has no slots for the room; whoever suggested it has theirs.
    mine = SignUp.objects.live().filter(slot=slot, slot__jam_song__jam=jam, attendee=attendee)
    sign_up_there = mine.select_related("slot__jam_song").first()
    wanted = sign_up_there.slot if sign_up_there else get_object_or_404(shown_slots(jam), pk=slot)
    about = f"slot-{wanted.pk}"
    with telling(request, about=about):
        act(request.POST.get("do", "claim"), wanted, attendee, sign_up_there)
    return see_other("pages:stage", jam.slug, fragment=about)


def shown_slots(jam: Jam) -> Any:
    return Slot.objects.shown(jam).select_related("jam_song")


def act(wanted: str, slot: Slot, attendee: Attendee, mine: SignUp | None) -> None:
    if wanted == "claim":
        sign_up(slot=slot, attendee=attendee)
    elif mine and wanted == "withdraw":
        withdraw(sign_up=mine)
    elif mine and wanted == "here":
        check_in(sign_up=mine)


@require_POST
def instruments(request: HttpRequest, slug: str) -> HttpResponse:
    """What they play: the ones that are ticked, and what is written in."""
    jam = find_jam(request, slug)
    attendee = find_attendee(request, jam)
    if attendee is None:
        return join_first(jam)
    names = [*request.POST.getlist("plays")[: 2 * MAX_PARTS], *request.POST.get("more", "")[:400].split(",")]
    with telling(request, about="plays"):
        set_instruments(attendee=attendee, instruments=names)
        messages.success(request, _("Noted. The room knows how many can play, not who."), extra_tags="plays")
    return see_other("pages:stage", jam.slug, fragment="plays")
