"""The night on paper (product rule 18): what a host needs to go on with when there is no power or network."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.jams.models import JamSong
from apps.pages.lineup import stage_of
from apps.pages.views.common import HostRequest, find_hosted_jam

NEXT_CANDIDATES = 12
EMPTY_ROWS = 6


@login_required
@require_safe
def paper(request: HostRequest, slug: str) -> HttpResponse:
    """The set list with times and line-ups, who comes next by votes, empty rows, and the code to join."""
    jam = find_hosted_jam(request, slug)
    stage = stage_of(jam)
    gigs = [*stage["gigs"], *stage["others"]]
    by_votes = sorted(
        (gig for gig in gigs if gig.song.status == JamSong.Status.OPEN),
        key=lambda gig: (not gig.song.pinned, -gig.song.votes, gig.song.counted_at, gig.song.pk),
    )
    context = {
        "jam": jam,
        "zone": jam.zone,
        "now": timezone.now(),
        "gigs": [gig for gig in gigs if gig.song.status != JamSong.Status.OPEN],
        "candidates": by_votes[:NEXT_CANDIDATES],
        "empty_rows": range(EMPTY_ROWS),
    }
    return render(request, "pages/print.html", context)
