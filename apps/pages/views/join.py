"""Join: from the code on the screen to the first vote in one tap."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.limited import refused
from apps.core.text import tidy_code
from apps.jams.attendees import join_jam
from apps.jams.door import CODE, state_of
from apps.jams.errors import RoomCodeNeeded, RoomCodeWrong
from apps.jams.identity import attendee_from, remember
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.performers import performer_from
from apps.pages.forms import JoinForm
from apps.pages.views.common import add_errors, page_with_form, see_other, telling
from apps.voting.operations import cast_vote


@page_with_form
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Whoever is in already is sent straight on. `song` in the form is voted for on the way in."""
    known = tidy_code(code)
    jam = Jam.objects.public().with_counts().with_door().filter(code=known).first()
    if jam is None:
        return unknown(request, known)
    if jam.status == Jam.Status.ENDED:
        messages.info(request, _("This night is over. Here is what was played."))
        return see_other(jam)
    attendee = attendee_from(request, jam)
    if attendee and attendee.state != Attendee.State.REMOVED:
        return see_other(jam, fragment=vote_on_the_way(request, jam, attendee))
    if attendee:
        return render(request, "pages/jam/removed.html", {"jam": jam}, status=403)
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            attendee, token = join_jam(jam=jam, performer=performer_from(request, jam.venue), **form.cleaned_data)
        except DomainError as error:
            return show(request, jam, form, error)
        response = see_other(jam, fragment=vote_on_the_way(request, jam, attendee))
        remember(response, jam, token)
        return response
    return show(request, jam, form)


def show(request: HttpRequest, jam: Jam, form: JoinForm, error: DomainError | None = None) -> HttpResponse:
    """The form with all that was typed. The room code comes with the QR code, or is asked for where one is needed."""
    wrong = isinstance(error, RoomCodeNeeded | RoomCodeWrong)
    if error and not wrong:
        add_errors(form, error)
    state = CODE if wrong else state_of(jam)
    # As it comes it is in the field already; one that was refused is typed anew.
    room_code = "" if wrong else tidy_code(request.POST.get("room_code") or request.GET.get("room", ""))
    context = {"jam": jam, "form": form, "door": state, "room_code": room_code, "refused": error if wrong else None}
    context |= {"song": request.POST.get("song", ""), "performer": performer_from(request, jam.venue)}
    status = error.status if error else 400 if form.errors else 200
    return render(request, "pages/join.html", context, status=status)


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
    """Counted, so that nobody tries all codes; who has the right one is not, whatever others behind the address do."""
    return refused(request, ("code",)) or render(request, "pages/unknown_code.html", {"code": code}, status=404)
