"""A venue's own view of songs, for its managers: the list, one song, and a ban from the console of a jam."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.roles import Right
from apps.catalog.library import ban_song, change_library_song, unban_song
from apps.catalog.models import LibrarySong, Song, SongSearch, Venue
from apps.catalog.statistics import MOST_WANTED, period
from apps.core.errors import DomainError
from apps.jams.models import JamSong
from apps.pages.filters import PeriodForm
from apps.pages.forms import BanForm, LibrarySongForm
from apps.pages.templatetags.parts import isolated
from apps.pages.views.common import HostRequest, add_errors, find_hosted_jam, page_of, page_with_form, see_other

HITS = 20


def managed(request: HostRequest, slug: str) -> Venue:
    venue = get_object_or_404(Venue, slug=slug)
    if not venue.lets(request.user, Right.CHANGE_VENUE):
        raise PermissionDenied
    return venue


@login_required
@require_safe
def library(request: HostRequest, slug: str) -> HttpResponse:
    """What the venue says of songs; a search finds also those of which it says nothing yet."""
    venue = managed(request, slug)
    wanted, banned = request.GET.get("search", "").strip()[:100], request.GET.get("banned") == "1"
    rows = venue.library.telling().search(wanted).in_order()
    others = Song.objects.none()
    if wanted and not banned:
        others = Song.objects.listed().search(wanted).exclude(pk__in=rows.order_by().values("song"))
    context = {
        "venue": venue,
        "wanted": wanted,
        "banned": banned,
        "page": page_of(request, rows.banned() if banned else rows, size=30),
        "others": others.in_order("-popularity")[:HITS],
    }
    return render(request, "pages/venue_library.html", context)


@login_required
@require_safe
def wanted(request: HostRequest, slug: str) -> HttpResponse:
    """What people look for in the venue's jams and the library has not: of WANTED_DAYS, unless days are named."""
    venue = managed(request, slug)
    form = PeriodForm(request.GET)
    since, until = period(**form.days())
    rows = SongSearch.objects.wanted_at(venue, since, until)
    context = {"venue": venue, "form": form, "since": since, "until": until, "rows": rows[:MOST_WANTED]}
    return render(request, "pages/venue_wanted.html", context)


@login_required
@page_with_form
def song(request: HostRequest, slug: str, song: int) -> HttpResponse:
    """What the venue says of one song. POST: `do` is save, ban or unban."""
    venue = managed(request, slug)
    found = get_object_or_404(Song.objects.known_to(venue), pk=song)
    row = venue.library.filter(song=found).first() or LibrarySong(venue=venue, song=found)
    deed = request.POST.get("do", "save")
    form = LibrarySongForm(request.POST if request.method == "POST" and deed == "save" else None, instance=row)
    ban = BanForm(request.POST if request.method == "POST" and deed == "ban" else None)
    if request.method == "POST" and done(request, row, deed, form, ban):
        return see_other("pages:venue_library", venue.slug)
    context = {"venue": venue, "song": found, "row": row, "form": form, "ban": ban}
    context["sheet"] = dict(Song.Sheet.choices).get(found.chord_sheet_state, "")
    return render(request, "pages/venue_song.html", context, status=400 if form.errors or ban.errors else 200)


def done(request: HostRequest, row: LibrarySong, deed: str, form: LibrarySongForm, ban: BanForm) -> bool:
    of: dict[str, Any] = {"venue": row.venue, "song": row.song, "by": request.user}
    said = {"title": isolated(row.song.title)}
    asked = {"save": form, "ban": ban}.get(deed)
    if asked and not asked.is_valid():
        return False
    try:
        if deed == "save":
            change_library_song(**of, **form.cleaned_data)
            messages.success(request, _("Saved."))
        elif deed == "ban":
            ban_song(**of, **ban.cleaned_data)
            messages.success(request, _("%(title)s is not played here any more.") % said)
        elif deed == "unban":
            unban_song(**of)
            messages.success(request, _("%(title)s can be played here again.") % said)
        else:
            raise Http404
    except DomainError as error:
        add_errors(asked or form, error)
        return False
    return True


@login_required
@page_with_form
def ban(request: HostRequest, slug: str, song: int) -> HttpResponse:
    """From the console: a GET asks why."""
    jam = find_hosted_jam(request, slug)
    if not jam.lets(request.user, Right.CHANGE_VENUE):
        raise PermissionDenied
    jam_song = get_object_or_404(JamSong.objects.select_related("song"), jam=jam, pk=song)
    form = BanForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            ban_song(venue=jam.venue, song=jam_song.song, by=request.user, **form.cleaned_data)
        except DomainError as error:
            add_errors(form, error)
        else:
            said = {"title": isolated(jam_song.song.title), "venue": jam.venue.name}
            messages.success(request, _("%(title)s is not played at %(venue)s any more.") % said)
            return see_other("pages:console", jam.slug)
    context = {"jam": jam, "jam_song": jam_song, "form": form}
    return render(request, "pages/console/ban.html", context, status=400 if form.errors else 200)
