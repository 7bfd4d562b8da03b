"""Votes. The counts are the database's own: see triggers.py. Where a vote is, partitions.py says."""

from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.times import NO_MONTH
from apps.jams.models import Attendee, Jam, JamSong


class VoteQuerySet(models.QuerySet["Vote"]):
    def at(self, *jams: Jam) -> Self:
        """Of the months of these nights: PostgreSQL looks into their partitions alone. Whose they are, say too."""
        return self.filter(month__in={jam.month for jam in jams})

    def out(self, attendee: Attendee) -> Self:
        """Votes that count to the cap: one comes back when its song is played or removed."""
        return self.filter(attendee=attendee, jam_song__status__in=["pending", "open", "queued", "playing"])

    def to_take_back(self, attendee: Attendee) -> Self:
        """All but those for what has been played, which is history; a removed song may come back with its votes."""
        return self.filter(attendee=attendee).exclude(jam_song__status=JamSong.Status.PLAYED)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        """Each in the month of its song."""
        votes = list(objs)
        songs = JamSong.objects.filter(pk__in={vote.jam_song_id for vote in votes})
        months = dict(songs.values_list("pk", "month"))
        for vote in votes:
            vote.month = months.get(vote.jam_song_id, NO_MONTH)
        return super().bulk_create(votes, *args, **options)


class Vote(models.Model):
    jam_song = models.ForeignKey(JamSong, models.CASCADE, related_name="vote_set", db_index=False)
    attendee = models.ForeignKey(Attendee, models.CASCADE, related_name="votes", db_index=False)
    month = models.DateField(db_default=NO_MONTH, editable=False)  # the song's, and the partition
    created_at = models.DateTimeField(_("cast"), default=timezone.now)

    objects = VoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [
            # In this order it also finds the votes of a song. On PostgreSQL it has the month too, as partitions
            # ask for; a foreign key holds that to the song's.
            models.UniqueConstraint(fields=["jam_song", "attendee"], name="one_vote_per_attendee")
        ]
        indexes = [models.Index(fields=["attendee"], name="votes_of_an_attendee")]

    def __str__(self) -> str:
        return f"{self.attendee_id} → {self.jam_song_id}"

    def save(self, **options: Any) -> None:
        if isinstance(self.month, DatabaseDefault):
            self.month = self.jam_song.month
        super().save(**options)
