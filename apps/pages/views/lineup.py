"""The console's line-up: who plays what, changed by the host. Each thing is a small page; scripts show it in a dialog
and send the same to the API."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import Invalid
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.people import add_person
from apps.pages.lineup import gigs_of, stage_of
from apps.pages.views.common import HostRequest, beside, find_hosted_jam, number_in, page_with_form, sheet, telling
from apps.stage.models import SignUp, Slot
from apps.stage.operations import check_in_for, move_sign_up, sign_up_for, take_off
from apps.stage.slots import add_slot, remove_slot


@login_required
@require_safe
def lineup(request: HostRequest, slug: str) -> HttpResponse:
    """All songs with their slots, for the script of the console."""
    jam = find_hosted_jam(request, slug)
    return render(request, "pages/console/lineup.html", {"jam": jam, "zone": jam.zone, "stage": stage_of(jam)})


@login_required
@page_with_form
def slot(request: HostRequest, slug: str, slot: int) -> HttpResponse:
    """Who has it, who waits, and whom the host puts on. POST: `do` is put_on or remove."""
    jam = find_hosted_jam(request, slug)
    wanted: Slot = get_object_or_404(Slot.objects.select_related("jam_song__jam"), jam_song__jam=jam, pk=slot)
    if request.method == "POST":
        with telling(request):
            change_slot(request, jam, wanted)
        return beside(jam, "lineup")
    gigs = gigs_of(jam)
    place = next((one for gig in gigs for one in gig.places if one.slot == wanted), None)
    if place is None:  # of a song that was played or removed
        raise Http404
    here = {one.attendee_id for one in [place.holder, *place.line] if one}
    people = Attendee.objects.filter(jam=jam).in_the_room().exclude(pk__in=here).order_by("display_name", "pk")
    # Its own song's slots first: people change places within a song.
    gigs.sort(key=lambda gig: gig.song.pk != wanted.jam_song_id)
    return sheet(request, "slot", {"jam": jam, "place": place, "gigs": gigs, "people": people})


def change_slot(request: HostRequest, jam: Jam, slot: Slot) -> None:
    if request.POST.get("do") == "remove":
        remove_slot(slot=slot, host=request.user)
        messages.success(request, _("The slot is gone."))
        return
    name = request.POST.get("display_name", "").strip()
    with transaction.atomic():  # nobody is added who cannot be put on
        if name:
            person = add_person(jam=jam, host=request.user, display_name=name)
        elif not (pk := number_in(request, "attendee")):
            raise Invalid(fields={"attendee": [_("Choose a person, or write a name.")]})
        else:
            person = get_object_or_404(Attendee.objects.select_related("jam"), jam=jam, pk=pk)
        signed_up = sign_up_for(slot=slot, attendee=person, host=request.user)
    text = _("%(name)s is on.") if signed_up.holds else _("%(name)s waits in line.")
    messages.success(request, text % {"name": person.display_name})


@login_required
@require_POST
def sign_up_act(request: HostRequest, slug: str, sign_up: int, action: str) -> HttpResponse:
    """`here`, `off`, or `move` to a `slot`: with their own slot, who waits for it gets it."""
    jam = find_hosted_jam(request, slug)
    found: SignUp = get_object_or_404(
        SignUp.objects.select_related("attendee", "slot__jam_song__jam"), slot__jam_song__jam=jam, pk=sign_up
    )
    with telling(request):
        if action == "here":
            check_in_for(sign_up=found, host=request.user)
        elif action == "off":
            take_off(sign_up=found, host=request.user)
        elif action == "move":
            slots = Slot.objects.select_related("jam_song__jam").filter(jam_song__jam=jam)
            to: Slot = get_object_or_404(slots, pk=number_in(request, "slot"))
            move_sign_up(sign_up=found, slot=to, host=request.user)
        else:
            raise Http404
    return beside(jam, "lineup")


@login_required
@page_with_form
def song_slots(request: HostRequest, slug: str, song: int) -> HttpResponse:
    """The slots of one song. POST adds one."""
    jam = find_hosted_jam(request, slug)
    jam_song = get_object_or_404(JamSong.objects.select_related("jam", "song"), jam=jam, pk=song)
    if request.method == "POST":
        with telling(request):
            instrument, required = request.POST.get("instrument", ""), "required" in request.POST
            made = add_slot(jam_song=jam_song, instrument=instrument, required=required, host=request.user)
            messages.success(request, _("Added: %(slot)s.") % {"slot": made})
        return beside(jam, "lineup")
    [gig] = gigs_of(jam, [jam_song.pk])
    context: dict[str, Any] = {"jam": jam, "gig": gig, "instruments": instruments_of(jam)}
    return sheet(request, "slots", context)


def instruments_of(jam: Jam) -> list[str]:
    """That this night's songs need."""
    slots = Slot.objects.filter(jam_song__jam=jam).order_by("instrument")
    return list(slots.values_list("instrument", flat=True).distinct())
