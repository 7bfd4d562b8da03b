"""What was played of two songs that are one was played of that one. Runs under the locks of apps/voting/merging.py."""

from django.db.models import Exists, OuterRef

from apps.catalog.models import Song
from apps.stage.models import Performance


def unite_performances(*, song: Song, into: Song) -> None:
    """One start of a night is one performance, whatever it was called."""
    same = Performance.objects.filter(jam=OuterRef("jam"), started_at=OuterRef("started_at"), song=into)
    Performance.objects.filter(Exists(same), song=song).delete()
    Performance.objects.filter(song=song).update(song=into)
