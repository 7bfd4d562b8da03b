"""How often the pages of a jam are opened: counted here, written later (apps/core/write_behind.py)."""

from datetime import timedelta

from django.conf import settings

from apps.catalog.models import SongSearch, SongView
from apps.core.write_behind import Counted, add_up, today, write_behind
from apps.jams.models import Jam, JamView


def count_jam_page(slug: str) -> None:
    write_behind.add(write_views, slug, today(), JamView.Page.JAM.value)


def count_screen(slug: str) -> None:
    write_behind.add(write_views, slug, today(), JamView.Page.SCREEN.value)


def write_views(counted: Counted) -> None:
    """`(slug, day, page)` → times. What was counted of a jam that has gone, goes too."""
    found = dict(Jam.objects.filter(slug__in={slug for slug, _day, _page in counted}).values_list("slug", "pk"))
    rows = [(found[slug], day, page, times) for (slug, day, page), times in counted.items() if slug in found]
    add_up(JamView, rows, by=("jam", "day", "page"))


def erase_statistics() -> int:
    """Views and searches of days that are STATISTICS_DAYS ago; says how many rows went."""
    SongSearch.objects.filter(day__lt=today() - timedelta(days=1), times__lte=0, chosen=0, written_in=0).delete()
    before = today() - timedelta(days=settings.STATISTICS_DAYS)
    return sum(model.objects.filter(day__lt=before).delete()[0] for model in (JamView, SongView, SongSearch))
