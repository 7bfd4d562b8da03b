"""Reads of tasks."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User

if TYPE_CHECKING:
    from apps.tasks.models import Task  # noqa: F401

UNFINISHED = ("waiting", "running")


class TaskQuerySet(models.QuerySet["Task"]):
    def unfinished(self) -> Self:
        return self.filter(state__in=UNFINISHED)

    def due(self, at: datetime | None = None) -> Self:
        """What is to be run now: also what runs no more, because its worker is gone."""
        return self.unfinished().filter(due_at__lte=at or timezone.now())

    def failed_lately(self) -> Self:
        """For good, within an hour."""
        return self.filter(state="failed", ended_at__gte=timezone.now() - timedelta(hours=1))

    def not_sent(self, *, since: datetime) -> Self:
        return self.filter(Q(sent_at=None) | Q(sent_at__lt=since))

    def held(self, *, attempt: int) -> Self:
        """Nothing, where another attempt has begun meanwhile."""
        return self.filter(state="running", attempts=attempt)

    def seen_by(self, user: Any) -> Self:
        """Staff see all, others what they asked for."""
        if not isinstance(user, User):
            return self.none()
        return self if user.is_staff else self.filter(by=user)

    def ended_before(self, *, done: datetime, by_clock: datetime, failed: datetime) -> Self:
        of_clock = Q(state="done", ended_at__lt=by_clock) & ~Q(slot="")
        return self.filter(of_clock | Q(state="done", ended_at__lt=done) | Q(state="failed", ended_at__lt=failed))
