"""What was measured, by spans of time."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Rollup(models.Model):
    """A minute of a process, or an hour or a day of all of them. `facts`: see measuring/facts.py."""

    class Span(models.IntegerChoices):
        MINUTE = 60, _("minute")
        HOUR = 3_600, _("hour")
        DAY = 86_400, _("day")

    span = models.PositiveIntegerField(choices=Span)  # seconds
    at = models.DateTimeField()  # its beginning
    release = models.CharField(max_length=40, blank=True, default="")
    process = models.CharField(max_length=60, blank=True, default="")  # "web-host-1234"; none: all
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("rollup")
        verbose_name_plural = _("rollups")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["span", "at", "release", "process"], name="one_rollup_a_span"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.process or self.get_span_display()}"


class Finding(models.Model):
    """Something that costs time, seen in what was measured: open until it is not seen any more."""

    class Kind(models.TextChoices):
        N_PLUS_ONE = "n_plus_one", _("a query for each row")
        SLOW_STATEMENT = "slow_statement", _("a slow statement")
        MISSING_INDEX = "missing_index", _("a missing index")
        LOCK_WAITS = "lock_waits", _("waits for locks")
        POOL_EXHAUSTED = "pool_exhausted", _("waits for a connection")
        LOOP_LATE = "loop_late", _("a late event loop")
        MEMORY_GROWTH = "memory_growth", _("memory that grows")
        CACHE_HITS = "cache_hits", _("few hits of the cache")
        CACHE_SLOW = "cache_slow", _("a slow cache")
        LARGE_PAYLOAD = "large_payload", _("large answers")
        SLOW_TEMPLATE = "slow_template", _("slow rendering")
        ERRORS = "errors", _("errors")
        DISK_FULL = "disk_full", _("a full disk")
        SLOWER_RELEASE = "slower_release", _("slower since a release")

    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=300)  # an endpoint, the beginning of a statement, a process
    evidence = models.JSONField(default=dict)  # figures, by the kind: see findings/
    saved = models.FloatField(default=0)  # seconds of waiting an hour that mending it would save
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=models.Q(closed_at=None), name="one_open_finding"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"


class Alert(models.Model):
    """Raised once while its condition holds; acknowledged by staff, resolved when the condition is gone."""

    class Severity(models.TextChoices):
        PAGE = "page", _("urgent")  # wakes somebody
        TICKET = "ticket", _("can wait")  # can wait for the morning

    name = models.CharField(max_length=60)  # as in prometheus/rules.py: docs/runbook.md has it
    subject = models.CharField(max_length=120, blank=True, default="")
    severity = models.CharField(max_length=6, choices=Severity)
    evidence = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["name", "subject"], condition=models.Q(resolved_at=None), name="one_open_alert"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject}".strip()
