"""Whether chord sheets are still there: looked at in the background, so that performers are sent to none that is gone.

Gone is what is not found (404, 410) or where nobody answers. A site that keeps programs out (401, 403, 429) or has a
bad day (5xx) may well show the sheet to a person.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.catalog.models import Song
from apps.core.outbound import Refused, Unreachable, status_of
from apps.core.store import retire

GONE = {404, 410}


class Look(NamedTuple):
    song: Song
    state: str
    status: int | None


def due() -> QuerySet[Song]:
    """What was never looked at first, then what was looked at longest ago."""
    now = timezone.now()
    again = Q(chord_sheet_checked_at__lt=now - timedelta(days=settings.CHORD_SHEET_DAYS))
    broken = Q(chord_sheet_found__in=Song.BROKEN) & Q(
        chord_sheet_checked_at__lt=now - timedelta(hours=settings.BROKEN_CHORD_SHEET_HOURS)
    )
    songs = Song.objects.exclude(chord_sheet_url="").filter(
        ~Q(chord_sheet_checked_url=F("chord_sheet_url")) | again | broken
    )
    return songs.order_by(F("chord_sheet_checked_at").asc(nulls_first=True), "pk")


def check_chord_sheets(*, ask: Callable[[str], int] = status_of) -> Iterator[Look]:
    """Looks at those that are due, one after the other, at most CHORD_SHEETS_A_RUN."""
    for song in due()[: settings.CHORD_SHEETS_A_RUN]:
        state, status = look(song.chord_sheet_url, ask)
        # Somebody may have changed the address meanwhile: what was found is kept with the one that was looked at.
        Song.objects.filter(pk=song.pk).update(
            chord_sheet_checked_url=song.chord_sheet_url,
            chord_sheet_found=state,
            chord_sheet_answer=status,
            chord_sheet_checked_at=timezone.now(),
        )
        if state != song.chord_sheet_state:
            retire("songs")
        yield Look(song, state, status)


def look(url: str, ask: Callable[[str], int]) -> tuple[str, int | None]:
    try:
        status = ask(url)
    except Refused:
        return Song.Sheet.REFUSED, None
    except Unreachable:
        return Song.Sheet.GONE, None
    return (Song.Sheet.GONE if status in GONE else Song.Sheet.OK), status
