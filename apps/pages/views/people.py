"""The console's people: who is in the room, and what a host does for each of them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.jams.board import MOST_PEOPLE
from apps.jams.models import Attendee, Jam
from apps.jams.people import add_person, set_away_for
from apps.pages.lineup import gigs_of, people_with, stage_of
from apps.pages.templatetags.parts import isolated
from apps.pages.views.common import HostRequest, beside, find_hosted_jam, number_in, page_with_form, sheet, telling
from apps.stage.models import SignUp, Slot
from apps.stage.operations import sign_up_for
from apps.voting.models import Vote
from apps.voting.on_behalf import vote_for


@login_required
@require_safe
def people(request: HostRequest, slug: str) -> HttpResponse:
    """Who is in the room, for the script of the console."""
    jam = find_hosted_jam(request, slug)
    here = Attendee.objects.filter(jam=jam).in_the_room().order_by("display_name", "pk")[:MOST_PEOPLE]
    return render(request, "pages/console/people.html", {"jam": jam, "people": people_with(here, stage_of(jam))})


@login_required
@page_with_form
def person_add(request: HostRequest, slug: str) -> HttpResponse:
    """Somebody without a phone."""
    jam = find_hosted_jam(request, slug)
    if request.method != "POST":
        return sheet(request, "add_person", {"jam": jam})
    with telling(request):
        person = add_person(jam=jam, host=request.user, display_name=request.POST.get("display_name", ""))
        messages.success(request, _("%(name)s is in.") % {"name": isolated(person.display_name)})
    return beside(jam, "people")


@login_required
@page_with_form
def person(request: HostRequest, slug: str, attendee: int) -> HttpResponse:
    """What somebody plays and, without a phone, votes for. POST: `do` is sign_up, vote, take_back, away or back."""
    jam = find_hosted_jam(request, slug)
    here = Attendee.objects.select_related("jam").in_the_room()
    found: Attendee = get_object_or_404(here, jam=jam, pk=attendee)
    if request.method == "POST":
        with telling(request):
            do_for(request, jam, found)
        return beside(jam, "people")
    return sheet(request, "of_person", {"jam": jam, "person": found, "gigs": gigs_of(jam), **theirs(found)})


def do_for(request: HostRequest, jam: Jam, person: Attendee) -> None:
    """Raises DomainError, Http404."""
    wanted = request.POST.get("do")
    if wanted in {"away", "back"}:
        set_away_for(attendee=person, away=wanted == "away", host=request.user)
    elif wanted in {"vote", "take_back"}:
        jam_song = get_object_or_404(jam.songs.select_related("jam", "song"), pk=number_in(request, "song"))
        vote_for(jam_song=jam_song, attendee=person, host=request.user, voted=wanted == "vote")
        text = _("Voted for %(title)s.") if wanted == "vote" else _("Vote for %(title)s taken back.")
        messages.success(request, text % {"title": isolated(jam_song.song.title)})
    elif wanted == "sign_up":
        slots = Slot.objects.select_related("jam_song__jam").filter(jam_song__jam=jam)
        slot: Slot = get_object_or_404(slots, pk=number_in(request, "slot"))
        sign_up_for(slot=slot, attendee=person, host=request.user)
    else:
        raise Http404


def theirs(person: Attendee) -> dict[str, Any]:
    """What they are signed up for. What they vote for is seen only where a host votes for them."""
    sign_ups = SignUp.objects.live().filter(attendee=person).select_related("slot__jam_song__song").with_place()
    votes = Vote.objects.none()
    if not person.has_phone:
        votes = Vote.objects.at(person.jam).to_take_back(person).select_related("jam_song__song").order_by("pk")
    return {"sign_ups": sign_ups.order_by("pk"), "votes": votes, "voted": [vote.jam_song_id for vote in votes]}
