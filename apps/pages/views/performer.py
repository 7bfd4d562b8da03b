"""Being remembered at a venue: one asks for it, and can be forgotten any time."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.jams import performers
from apps.jams.identity import attendee_from
from apps.jams.models import Attendee, Jam
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
