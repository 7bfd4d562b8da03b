"""Join: from the code on the screen to the first vote in one tap."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.jams.attendees import join_jam
from apps.jams.identity import attendee_from, remember
from apps.jams.models import Attendee, Jam, JamSong
from apps.pages.forms import JoinForm, tidy_code
from apps.pages.views.common import add_errors, page_with_form, see_other, telling
from apps.voting.operations import cast_vote


@page_with_form
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Whoever is in already is sent straight on. `song` in the form is voted for on the way in."""
    known = tidy_code(code)
    jam = Jam.objects.exclude(status=Jam.Status.DRAFT).with_counts().select_related("venue").filter(code=known).first()
    if jam is None:
        return unknown(request, known)
    if jam.status == Jam.Status.ENDED:
        messages.info(request, _("This night is over. Here is what was played."))
        return see_other(jam)
    attendee = attendee_from(request, jam)
    if attendee and attendee.state != Attendee.State.REMOVED:
        return see_other(jam, fragment=vote_on_the_way(request, jam, attendee))
    if attendee:
        return see_other(jam)
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            attendee, token = join_jam(jam=jam, display_name=form.cleaned_data["display_name"])
        except DomainError as error:
            add_errors(form, error)
        else:
            response = see_other(jam, fragment=vote_on_the_way(request, jam, attendee))
            remember(response, jam, token)
            return response
    return render(request, "pages/join.html", {"jam": jam, "form": form}, status=400 if form.errors else 200)


def vote_on_the_way(request: HttpRequest, jam: Jam, attendee: Attendee) -> str:
    """Casts the vote that the form carries, and answers where the page should stand."""
    wanted = request.POST.get("song", "")
    if not wanted.isdecimal() or len(wanted) > 18:
        return ""
    jam_song = JamSong.objects.public().select_related("jam", "song").filter(jam=jam, pk=wanted).first()
    if jam_song is None:
        return ""
    with telling(request, about=f"song-{jam_song.pk}"):
        cast_vote(jam_song=jam_song, attendee=attendee)
    return f"song-{jam_song.pk}"


def unknown(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "pages/unknown_code.html", {"code": code}, status=404)
