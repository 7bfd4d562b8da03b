"""What staff put right by hand: votes taken away, counts counted again. The database keeps the counts;
`differences` is how one sees that it does."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.jams import board
from apps.jams.actions import acting
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
    """One statement, so that votes that are being cast meanwhile make no difference. Of archived nights the counts are
    what there is."""
    here = Vote.objects.filter(jam_song=OuterRef("pk"), month=OuterRef("month"))
    votes = here.values("jam_song").annotate(n=Count("pk"))
    songs = JamSong.objects.annotate(rows=Coalesce(Subquery(votes.values("n")), 0)).exclude(votes=F("rows"))
    songs = songs.filter(jam__archived_at=None)
    fields = ("pk", "jam__slug", "song__title", "votes", "rows")
    return [Difference(*row) for row in songs.order_by("jam_id", "pk").values_list(*fields)]


def recount(*, jam_song: int) -> None:
    """Counts a song's votes again and tells the room."""
    with transaction.atomic():
        # Its own lock first: whoever votes meanwhile waits, and then counts on from here.
        row = JamSong.objects.select_for_update(no_key=True).get(pk=jam_song)
        votes = Vote.objects.filter(jam_song=row, month=row.month).count()
        JamSong.objects.filter(pk=row.pk).update(votes=votes, revision=F("revision") + 1)
        jam = Jam.objects.get(pk=row.jam_id)
        transaction.on_commit(lambda: board.publish(jam, counted=[row.pk]), robust=True)


def delete_votes(*, jam: Jam, host: User, votes: Iterable[Vote]) -> None:
    """Takes these votes of the jam away, whatever has become of their songs, and tells room and voters."""
    votes = list(votes)
    with acting(jam, host, "delete_votes", ended=True) as action:
        action.counted += {vote.jam_song_id for vote in votes}
        action.after["votes"] = [{"song": vote.jam_song_id, "attendee": vote.attendee_id} for vote in votes]
        Vote.objects.at(action.jam).filter(pk__in=[vote.pk for vote in votes], jam_song__jam=jam).delete()
        voters = {vote.attendee_id for vote in votes}
        transaction.on_commit(lambda: board.tell_attendees(jam, voters), robust=True)
