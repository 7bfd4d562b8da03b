from typing import TYPE_CHECKING, Any, Self

from django.db.models import QuerySet
from django.utils import timezone

if TYPE_CHECKING:
    from apps.reports.models import Report  # noqa: F401


class ReportQuerySet(QuerySet["Report"]):
    def of(self, user: Any) -> Self:
        """One's own that still hold, the last first."""
        return self.holding().filter(owner=user).select_related("task").order_by("-pk")

    def holding(self) -> Self:
        return self.filter(expires_at__gt=timezone.now())

    def expired(self) -> Self:
        return self.filter(expires_at__lte=timezone.now())
