"""Whether the counts are what the votes say. The database keeps them; this is how one sees that it does."""

from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from apps.jams import board
from apps.jams.models import Jam, JamSong
from apps.voting.models import Vote


class Difference(NamedTuple):
    jam_song: int
    jam: str
    title: str
    counted: int
    votes: int

    def __str__(self) -> str:
        return f"{self.jam}  {self.jam_song} {self.title}: counted {self.counted}, votes {self.votes}"


def differences() -> list[Difference]:
    """One statement, so that votes that are being cast meanwhile make no difference."""
    votes = Vote.objects.filter(jam_song=OuterRef("pk")).order_by().values("jam_song").annotate(n=Count("pk"))
    songs = JamSong.objects.annotate(rows=Coalesce(Subquery(votes.values("n")), 0)).exclude(votes=F("rows"))
    fields = ("pk", "jam__slug", "song__title", "votes", "rows")
    return [Difference(*row) for row in songs.order_by("jam_id", "pk").values_list(*fields)]


def recount(jam_song: int) -> None:
    """Counts a song's votes again and tells the room."""
    with transaction.atomic():
        # Its own lock first: whoever votes meanwhile waits, and then counts on from here.
        row = JamSong.objects.select_for_update(no_key=True).get(pk=jam_song)
        votes = Vote.objects.filter(jam_song=row).count()
        JamSong.objects.filter(pk=row.pk).update(votes=votes, revision=F("revision") + 1)
        jam = Jam.objects.get(pk=row.jam_id)
        transaction.on_commit(lambda: board.publish(jam, counted=[row.pk]), robust=True)
