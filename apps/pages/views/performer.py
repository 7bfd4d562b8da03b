"""Who plays goes out for a while, and comes back another night: being away, being remembered at a venue."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.jams import performers
from apps.jams.identity import attendee_from
from apps.jams.models import Attendee, Jam
from apps.jams.people import set_away
from apps.pages.views.common import find_jam, see_other, telling
from apps.pages.views.jam import find_attendee, join_first


@require_POST
def performer(request: HttpRequest, slug: str) -> HttpResponse:
    """`do` is remember or forget. Who is remembered may be forgotten without being in the jam."""
    jam = find_jam(request, slug)
    attendee = attendee_from(request, jam)
    if request.POST.get("do") == "forget":
        return forget_me(request, jam, attendee)
    if attendee is None:
        find_attendee(request, jam)
        return join_first(jam)
    response = see_other(jam, fragment="me")
    with telling(request, about="me"):
        found, token = performers.remember_performer(attendee=attendee)
        performers.keep(response, jam.venue, token)
        said = _("%(venue)s remembers you as %(name)s.") % {"venue": jam.venue.name, "name": found.name}
        messages.success(request, said, extra_tags="me")
    return response


def forget_me(request: HttpRequest, jam: Jam, attendee: Attendee | None) -> HttpResponse:
    found = (attendee and attendee.performer) or performers.performer_from(request, jam.venue)
    if found:
        performers.forget_performer(performer=found)
    messages.success(request, _("You are forgotten here."), extra_tags="me" if attendee else "")
    response = see_other(jam, fragment="me") if attendee else join_first(jam)
    performers.drop(response, jam.venue)
    return response


@require_POST
def away(request: HttpRequest, slug: str) -> HttpResponse:
    """`away` is 1 to step out and 0 to be back; saying either twice changes nothing."""
    jam = find_jam(request, slug)
    attendee = find_attendee(request, jam)
    if attendee is None:
        return join_first(jam)
    gone = request.POST.get("away") == "1"
    with telling(request, about="me"):
        set_away(attendee=attendee, away=gone)
        said = _("You are away. Your places are kept.") if gone else _("You are back.")
        messages.success(request, said, extra_tags="me")
    return see_other(jam, fragment="me")
