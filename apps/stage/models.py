"""Who plays what: the slots of a jam's songs, the sign-ups for them, and what was played in the end."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Song
from apps.catalog.music import MAX_COUNT, MAX_INSTRUMENT
from apps.jams.models import Attendee, Jam, JamSong
from apps.stage import queries


class Slot(models.Model):
    """A place on stage: the second guitar of a song."""

    jam_song = models.ForeignKey(
        JamSong, models.CASCADE, related_name="slots", db_index=False, verbose_name=_("jam song")
    )
    instrument = models.CharField(_("instrument"), max_length=MAX_INSTRUMENT)
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    required = models.BooleanField(_("required"), default=True)
    revision = models.PositiveBigIntegerField(default=0, editable=False)

    objects = queries.SlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        constraints = [
            # In this order it also finds the slots of a song.
            models.UniqueConstraint(fields=["jam_song", "instrument", "number"], name="one_slot_per_number"),
            models.CheckConstraint(condition=Q(number__range=(1, MAX_COUNT)), name="slot_number"),
            models.CheckConstraint(condition=~Q(instrument=""), name="slot_has_an_instrument"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument} {self.number}" if self.number > 1 else self.instrument


class SignUp(models.Model):
    class State(models.TextChoices):
        CLAIMED = "claimed", _("Claimed")
        WAITING = "waiting", _("Waits in line")
        CHECKED_IN = "checked_in", _("Is here")
        PLAYED = "played", _("Played")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    HOLDING = (State.CLAIMED, State.CHECKED_IN)
    LIVE = (*HOLDING, State.WAITING)

    slot = models.ForeignKey(Slot, models.CASCADE, related_name="sign_ups", db_index=False, verbose_name=_("slot"))
    attendee = models.ForeignKey(
        Attendee, models.CASCADE, related_name="sign_ups", db_index=False, verbose_name=_("attendee")
    )
    state = models.CharField(_("state"), max_length=10, choices=State)
    created_at = models.DateTimeField(_("signed up"), default=timezone.now)

    objects = queries.SignUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-up")
        verbose_name_plural = _("sign-ups")
        constraints = [
            models.UniqueConstraint(
                fields=["slot"], condition=Q(state__in=["claimed", "checked_in"]), name="one_holder_per_slot"
            ),
            models.UniqueConstraint(
                fields=["slot", "attendee"],
                condition=Q(state__in=["claimed", "checked_in", "waiting"]),
                name="one_live_sign_up_per_slot",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["claimed", "waiting", "checked_in", "played", "withdrawn"]), name="sign_up_state"
            ),
        ]
        indexes = [
            models.Index(fields=["slot", "state", "id"], name="sign_ups_of_a_slot"),
            models.Index(fields=["attendee"], name="sign_ups_of_an_attendee"),
        ]

    def __str__(self) -> str:
        return f"{self.attendee}: {self.slot}"

    @property
    def holds(self) -> bool:
        return self.state in self.HOLDING

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE


class Performance(models.Model):
    """A song as it was played: written when it is over, and history from then on. An encore is another one."""

    jam = models.ForeignKey(Jam, models.CASCADE, related_name="performances", db_index=False, verbose_name=_("jam"))
    song = models.ForeignKey(Song, models.PROTECT, related_name="performances", db_index=False, verbose_name=_("song"))
    votes = models.PositiveIntegerField(_("votes"))
    line_up = models.JSONField(_("line-up"), default=list)  # [{"instrument": "bass", "attendee": 12}]: names are erased
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"))

    objects = queries.PerformanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("performance")
        verbose_name_plural = _("performances")
        constraints = [
            # In this order it also finds the performances of a night.
            models.UniqueConstraint(fields=["jam", "started_at", "song"], name="one_performance_per_start"),
            models.CheckConstraint(condition=Q(ended_at__gte=F("started_at")), name="performance_ends_after_it_starts"),
        ]
        indexes = [
            models.Index(fields=["song", "-started_at", "-id"], name="performances_of_a_song"),
            models.Index(fields=["-started_at", "-id"], name="performances_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.song}, {self.started_at:%Y-%m-%d}"
