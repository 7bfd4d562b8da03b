"""What holds now, the worst first; and how it is kept: a row that is open as long as it holds."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.insight.findings import answers, indexes, releases, resources, statements
from apps.insight.findings.found import Found
from apps.insight.findings.window import Window, last_minutes
from apps.insight.models import Finding

log = logging.getLogger(__name__)

SUBJECT = 300
CALM = timedelta(minutes=2)  # that it must be gone before it is closed
LEAST = 1.0  # seconds an hour: less is not worth saying
OF_WINDOW = (
    statements.n_plus_one, statements.pool_exhausted, answers.slow_template, answers.large_payload, answers.cache_hits,
    answers.cache_slow, answers.errors, resources.loop_late, resources.disk_full,
)  # fmt: skip


def current(now: datetime | None = None) -> list[Found]:
    """Of the last minutes, by what mending them would save."""
    now = now or timezone.now()
    window = last_minutes(now)
    found = [one for look in OF_WINDOW for one in look(window)]
    found += [*of_statements(window), *resources.memory_growth(now), *releases.slower_release()]
    return sorted((one for one in found if one.saved >= LEAST), key=lambda one: -one.saved)


def of_statements(window: Window) -> list[Found]:
    """Each is said once: who waits for a lock is slow, and so is who has no index, but that is the reason."""
    waiting = list(statements.lock_waits(window))
    explained = {one.evidence["statement"] for one in waiting}
    slow = [one for one in statements.slow_statement(window) if one.subject not in explained]
    missing = list(indexes.missing_index(window, slow))
    explained |= {one.evidence["statement"] for one in missing}
    tables = {one.evidence["table"] for one in missing}
    slow = [one for one in slow if one.subject not in explained and not any(f'"{t}"' in one.subject for t in tables)]
    return [*waiting, *missing, *slow]


def keep(now: datetime | None = None) -> list[Finding]:
    """Opens what is new, refreshes what still holds, closes what has not been seen for CALM. Answers the open ones."""
    now = now or timezone.now()
    found = {(one.kind, one.subject[:SUBJECT]): one for one in reversed(current(now))}
    with transaction.atomic():
        known = {(row.kind, row.subject): row for row in Finding.objects.select_for_update().filter(closed_at=None)}
        for key, row in known.items():
            if one := found.pop(key, None):
                row.evidence, row.saved, row.seen_at = one.evidence, one.saved, now
            elif row.seen_at <= now - CALM:
                row.closed_at = now
        Finding.objects.bulk_update(known.values(), ["evidence", "saved", "seen_at", "closed_at"])
        new = [
            Finding(kind=kind, subject=subject, evidence=one.evidence, saved=one.saved, opened_at=now, seen_at=now)
            for (kind, subject), one in found.items()
        ]
        Finding.objects.bulk_create(new, ignore_conflicts=True)
    for row in new:
        log.warning("insight: found %s", row)
    return list(Finding.objects.filter(closed_at=None).order_by("-saved", "pk"))


def erase(now: datetime | None = None) -> int:
    """Those that were closed as long ago as days of measurements are kept."""
    before = (now or timezone.now()) - timedelta(days=settings.INSIGHT_DAYS[-1])
    return Finding.objects.filter(closed_at__lt=before).delete()[0]
