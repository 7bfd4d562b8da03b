"""What the page of a report on what is promised shows."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.insight.levels.sla import Sla
from apps.insight.overview.health import Timing
from apps.pages.figures import ms, n, percent
from apps.pages.verdict import class_name


def class_rows(found: Sla, before: Sla | None) -> list[dict[str, Any]]:
    was = {one.name: one for one in before.classes} if before else {}
    return [class_row(one, was.get(one.name)) for one in found.classes]


def class_row(one: Timing, before: Timing | None) -> dict[str, Any]:
    return {
        "name": class_name(one.name), "one": one, "count": n(one.count), "errors": n(one.errors),
        "p50": ms(one.p50), "p95": ms(one.p95), "p99": ms(one.p99), "before": ms(before.p95) if before else "",
        "target_p95": ms(one.target.p95), "target_p99": ms(one.target.p99), "within": percent(1 - one.over),
    }  # fmt: skip


def months_around(first: datetime) -> tuple[datetime, datetime | None]:
    """The month before, and the one after, unless that is still to come."""
    after = (first + timedelta(days=32)).replace(day=1)
    return (first - timedelta(days=1)).replace(day=1), after if after <= timezone.now() else None
