"""Who plays what tonight, and signing up for it; all of it works without a script."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import Case, F, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from apps.jams.identity import attendee_from
from apps.jams.models import Attendee, Jam, JamSong
from apps.pages.views.common import find_jam, see_other, telling
from apps.pages.views.jam import find_attendee, join_first
from apps.stage.models import SignUp, Slot
from apps.stage.operations import check_in, sign_up, withdraw

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
    songs = songs_of(jam, mine_of(attendee), notes)
    return render(request, "pages/jam/stage.html", {"jam": jam, "attendee": attendee, "songs": songs})


def mine_of(attendee: Attendee | None) -> dict[int, SignUp]:
    """My sign-ups by slot."""
    if attendee is None:
        return {}
    return {one.slot_id: one for one in SignUp.objects.live().filter(attendee=attendee).with_place().order_by("pk")}


def songs_of(jam: Jam, mine: dict[int, SignUp], notes: dict[str, str]) -> list[dict[str, Any]]:
    """What is still to be played: what plays, the set list, then by title, which tells nothing of hidden counts."""
    status = Case(When(jam_song__status="playing", then=0), When(jam_song__status="queued", then=1), default=2)
    rows = Slot.objects.shown(jam).exclude(jam_song__status=JamSong.Status.PLAYED).with_holders().with_playable()
    place = F("jam_song__position").asc(nulls_last=True)
    rows = rows.order_by(status, place, "jam_song__song__folded_title", "jam_song", "pk")
    slots = [
        row | {"mine": mine.get(row["id"]), "note": notes.get(f"slot-{row['id']}", "")}
        for row in rows.values(*COLUMNS)[:MOST_SLOTS]
    ]
    return [first_of(list(group)) for _song, group in groupby(slots, key=lambda slot: slot["jam_song"])]


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


@require_POST
def claim(request: HttpRequest, slug: str, slot: int) -> HttpResponse:
    """`do` is claim, withdraw or here; saying one of them twice changes nothing."""
    jam = find_jam(request, slug)
    attendee = find_attendee(request, jam)
    if attendee is None:
        return join_first(jam)
    slots = Slot.objects.shown(jam).select_related("jam_song__song")
    wanted: Slot = get_object_or_404(slots, pk=slot)
    about = f"slot-{wanted.pk}"
    with telling(request, about=about):
        act(request.POST.get("do", "claim"), wanted, attendee)
    return see_other("pages:stage", jam.slug, fragment=about)


def act(wanted: str, slot: Slot, attendee: Attendee) -> None:
    if wanted == "claim":
        sign_up(slot=slot, attendee=attendee)
        return
    mine = SignUp.objects.live().filter(slot=slot, attendee=attendee).select_related("slot__jam_song").first()
    if mine and wanted == "withdraw":
        withdraw(sign_up=mine)
    elif mine and wanted == "here":
        check_in(sign_up=mine)
