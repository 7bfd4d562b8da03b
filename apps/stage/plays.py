"""How often songs were played and when last, counted again from performances. Jams keep these counts as they play; here
one sees that they do."""

from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, DateTimeField, F, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from apps.catalog.models import LibrarySong, Song
from apps.catalog.queries import FIRST_DAY
from apps.core.store import retire_after_commit
from apps.stage.models import Performance


class Plays(NamedTuple):
    """A row whose counts differ from its performances."""

    kind: type[Song] | type[LibrarySong]
    pk: int
    name: str
    counted: int
    played: int

    def __str__(self) -> str:
        return f"{self.name}: counted {self.counted}, performances {self.played}"


def wrong_plays() -> list[Plays]:
    """Songs, and songs of venues. Two statements, so that what is being played meanwhile makes no difference."""
    songs = [
        Plays(Song, *row) for row in differing(Song.objects.all()).values_list("pk", "title", "times_played", "played")
    ]
    rows = differing(LibrarySong.objects.annotate(of=F("venue__name"))).order_by("pk")
    names = rows.values_list("pk", "of", "song__title", "times_played", "played")
    return songs + [Plays(LibrarySong, pk, f"{venue}: {title}", *counts) for pk, venue, title, *counts in names]


def differing(rows: QuerySet[Any]) -> QuerySet[Any]:
    counted = with_plays(rows).annotate(last=or_never("last_played"), last_seen=or_never("played_last"))
    return counted.exclude(times_played=F("played"), last=F("last_seen")).order_by("pk")


def or_never(moment: str) -> Coalesce:
    """Two that are not known are equal."""
    return Coalesce(F(moment), Value(FIRST_DAY, DateTimeField()))


def with_plays(rows: QuerySet[Any]) -> QuerySet[Any]:
    """`played` and `played_last`, of rows of songs or of venues' songs."""
    here = {"song": OuterRef("song"), "jam__venue": OuterRef("venue")}
    plays = Performance.objects.filter(**here if rows.model is LibrarySong else {"song": OuterRef("pk")})
    of_it = plays.order_by().values("song")
    return rows.annotate(
        played=Coalesce(Subquery(of_it.annotate(n=Count("pk")).values("n")), 0),
        played_last=Subquery(of_it.annotate(at=Max("ended_at")).values("at")),
    )


def recount_plays(wrong: Plays) -> None:
    """Counts again under the row's lock, where whoever finishes the song counts too."""
    with transaction.atomic():
        rows: QuerySet[Any] = wrong.kind._default_manager.filter(pk=wrong.pk)
        list(rows.select_for_update(no_key=True).order_by("pk"))
        for row in with_plays(rows):
            rows.update(times_played=row.played, last_played=row.played_last)
        retire_after_commit("songs")
