"""Songs and venues: what all jams share."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from apps.accounts.roles import Right
from apps.catalog.models import Song, Venue
from apps.catalog.operations import add_venue, change_venue
from apps.catalog.statistics import count_search, is_search
from apps.core.errors import ChangedMeanwhile, DomainError
from apps.jams.models import Jam
from apps.pages.filters import SongFilterForm
from apps.pages.forms import VenueForm
from apps.pages.views.common import add_errors, page_of, page_with_form, see_other
from apps.stage.models import Performance

PLAYS = 20


@require_safe
def songs(request: HttpRequest) -> HttpResponse:
    form = SongFilterForm(request.GET)
    page = page_of(request, form.songs(), size=30)
    if request.method == "GET" and is_search(request.GET):
        count_search(request.GET["search"], len(page))
    return render(request, "pages/songs.html", {"form": form, "page": page})


@require_safe
def song(request: HttpRequest, song: int) -> HttpResponse:
    found = get_object_or_404(Song.objects.listed(), pk=song)
    plays = Performance.objects.filter(song=found).public().with_shown_votes()
    page = page_of(request, plays.select_related("jam__venue"), size=PLAYS)
    return render(request, "pages/song.html", {"song": found, "page": page})


@require_safe
def venues(request: HttpRequest) -> HttpResponse:
    wanted = request.GET.get("search", "").strip()[:100]
    page = page_of(request, Venue.objects.search(wanted).in_order())
    return render(request, "pages/venues.html", {"page": page, "wanted": wanted})


@require_safe
def venue(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Venue, slug=slug)
    jams = found.jams.select_related("venue")
    context = {
        "venue": found,
        "coming": jams.filter(status__in=Jam.VOTING).order_by("starts_at", "pk")[:20],
        "past": jams.past().with_counts().with_most_wanted()[:10],
        "manages": found.lets(request.user, Right.CHANGE_VENUE),
    }
    return render(request, "pages/venue.html", context)


@login_required
@page_with_form
def venue_new(request: HttpRequest) -> HttpResponse:
    return venue_form(request, Venue())


@login_required
@page_with_form
def venue_edit(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Venue, slug=slug)
    if not found.lets(request.user, Right.CHANGE_VENUE):
        raise PermissionDenied
    return venue_form(request, found)


def venue_form(request: HttpRequest, found: Venue) -> HttpResponse:
    form = VenueForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_venue(request.user, found, form)
        except ChangedMeanwhile:
            found.refresh_from_db()
            form = form.renewed(found)
        except DomainError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return see_other(saved)
    context = {"form": form, "venue": found}
    return render(request, "pages/venue_form.html", context, status=form.status if form.errors else 200)


def save_venue(user: Any, found: Venue, form: VenueForm) -> Venue:
    if found.pk:
        return change_venue(venue=found, by=user, seen=form.still_as_seen, **form.cleaned_data)
    return add_venue(by=user, **form.cleaned_data)


@require_safe
@cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)
def accent(request: HttpRequest, colour: str) -> HttpResponse:
    """The one property that a venue sets, as a stylesheet of its own: nothing on a page is inline."""
    return HttpResponse(f":root {{ --venue-accent: #{colour}; }}\n", content_type="text/css")
