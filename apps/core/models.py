"""What the plumbing itself keeps."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class KeptReply(models.Model):
    """A call that was made with an Idempotency-Key: that it runs, then what it was answered. See retries.py.

    Nothing here can be read without the caller's key: the table holds hashes and what is sealed.
    """

    key = models.CharField(_("caller and key, hashed"), max_length=64)
    call = models.CharField(_("what was asked, hashed"), max_length=64)
    reply = models.BinaryField(_("reply, sealed"), null=True)  # none while it runs
    begun_at = models.DateTimeField(_("begun"), default=timezone.now)

    class Meta:
        verbose_name = _("kept reply")
        verbose_name_plural = _("kept replies")
        constraints = [models.UniqueConstraint(fields=["key"], name="one_reply_per_key")]
        indexes = [models.Index(fields=["begun_at"], name="kept_replies_by_time")]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.begun_at:%H:%M}"


class BackfillRun(models.Model):
    """How far a backfill is: see backfills.py."""

    name = models.CharField(_("name"), max_length=40)
    rollback = models.BooleanField(_("takes back"), default=False)
    position = models.BigIntegerField(_("done up to"), default=0)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("backfill")
        verbose_name_plural = _("backfills")
        constraints = [models.UniqueConstraint(fields=["name"], name="one_run_per_backfill")]

    def __str__(self) -> str:
        return self.name
