"""Votes. The counts are the database's own: see triggers.py."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.jams.models import Attendee, JamSong

OUT = ("pending", "open", "queued", "playing")  # songs for which a vote counts to the cap


class VoteQuerySet(models.QuerySet["Vote"]):
    def out(self, attendee: Attendee) -> Self:
        """Votes that count to the cap: one comes back when its song is played or removed."""
        return self.filter(attendee=attendee, jam_song__status__in=OUT)

    def to_take_back(self, attendee: Attendee) -> Self:
        """All but those for what has been played, which is history; a removed song may come back with its votes."""
        return self.filter(attendee=attendee).exclude(jam_song__status=JamSong.Status.PLAYED)


class Vote(models.Model):
    jam_song = models.ForeignKey(JamSong, models.CASCADE, related_name="vote_set", db_index=False)
    attendee = models.ForeignKey(Attendee, models.CASCADE, related_name="votes", db_index=False)
    created_at = models.DateTimeField(_("cast"), default=timezone.now)

    objects = VoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [
            # In this order it also finds the votes of a song.
            models.UniqueConstraint(fields=["jam_song", "attendee"], name="one_vote_per_attendee")
        ]
        indexes = [models.Index(fields=["attendee"], name="votes_of_an_attendee")]

    def __str__(self) -> str:
        return f"{self.attendee_id} → {self.jam_song_id}"
