"""Hot reads without the framework: what the views of api.py answer to a request without parameters, to the byte."""

from django.conf import settings
from django.http import HttpRequest

from apps.catalog.models import Song, Venue
from apps.catalog.serializers import SONG_COLUMNS, VENUE_COLUMNS, song_output, venue_output
from apps.core.cached import Output
from apps.core.compiled import Compiled, with_total
from apps.core.formats import LONGEST, first_page
from apps.core.paging import Cursors, with_keys

SONGS = Compiled(lambda: with_keys(Song.objects.listed().in_order().values(*SONG_COLUMNS)))
VENUES = Compiled(lambda: with_total(Venue.objects.in_order()).values(*VENUE_COLUMNS, "total"))


def songs(request: HttpRequest) -> Output:
    size = min(settings.PAGE_SIZE, settings.MAX_PAGE_SIZE)
    cursors = Cursors(f"{request.scheme}://{request.get_host()}{request.path}")
    rows = cursors.page(SONGS(limit=size + 1), size)
    return Output(cursors.envelope([song_output(row) for row in rows]))


def venues(request: HttpRequest) -> Output:
    page, rows = first_page(request, VENUES)
    page["results"] = [venue_output(row, longest=LONGEST) for row in rows]
    return Output(page)
