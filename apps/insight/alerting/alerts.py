"""Alerts of JamVote itself: raised once while a condition holds, resolved when it is gone, told each time.

Silences and routes are Alertmanager's (deploy/monitoring), which asks the same of Prometheus.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.core.errors import NotAllowed
from apps.insight.alerting.conditions import Holding, holding
from apps.insight.alerting.seen import seen_at
from apps.insight.alerting.thresholds import ALERTS
from apps.insight.alerting.words import Words, words
from apps.insight.models import Alert
from apps.tasks.enqueue import enqueue

log = logging.getLogger(__name__)

LATELY, MOST_SHOWN = timedelta(days=1), 50


class Changed(NamedTuple):
    raised: list[Alert]
    resolved: list[Alert]


class Shown(NamedTuple):
    alert: Alert
    words: Words


def evaluate(now: datetime | None = None) -> Changed:
    """Of the minutes that are over. Twice does no harm, nor do two at once."""
    now = now or timezone.now()
    return keep(holding(seen_at(now)), now)


@transaction.atomic
def keep(found: Iterable[Holding], now: datetime) -> Changed:
    held = {(one.name, one.subject): one for one in found}
    known = {(alert.name, alert.subject): alert for alert in Alert.objects.filter(resolved_at=None).order_by("pk")}
    raised = [alert for key, one in held.items() if key not in known and (alert := raise_alert(one, now))]
    for key in held.keys() & known.keys():
        known[key].evidence = held[key].evidence
        known[key].save(update_fields=["evidence"])
    resolved = [alert for key, alert in known.items() if key not in held and resolve(alert, now)]
    tell(Changed(raised, resolved))
    return Changed(raised, resolved)


def raise_alert(one: Holding, now: datetime) -> Alert | None:
    """None: another has just raised it."""
    said = {"severity": ALERTS[one.name].severity, "evidence": one.evidence, "raised_at": now}
    alert, new = Alert.objects.get_or_create(name=one.name, subject=one.subject, resolved_at=None, defaults=said)
    if new:
        log.warning("insight: alert %s is raised: %s", alert, alert.evidence)
    return alert if new else None


def resolve(alert: Alert, now: datetime) -> bool:
    """False: another has just resolved it."""
    alert.resolved_at = now
    done = bool(Alert.objects.filter(pk=alert.pk, resolved_at=None).update(resolved_at=now))
    if done:
        log.warning("insight: alert %s is resolved", alert)
    return done


def tell(changed: Changed) -> None:
    """By a task for each way, since each is tried again by itself."""
    from apps.insight import tasks

    if not any(changed):
        return
    raised, resolved = ([alert.pk for alert in alerts] for alerts in changed)
    if settings.ALERT_EMAILS:
        enqueue(tasks.mail_alerts, raised=raised, resolved=resolved)
    if settings.ALERT_WEBHOOK_URL:
        enqueue(tasks.post_alerts, raised=raised, resolved=resolved)


def acknowledge(*, alert: Alert, by: User) -> None:
    """Somebody looks after it: the first who says so. Raises NotAllowed for anybody but staff."""
    if not by.is_staff:
        raise NotAllowed
    with transaction.atomic():
        rows = Alert.objects.filter(pk=alert.pk, acknowledged_at=None)
        if rows.update(acknowledged_at=timezone.now(), acknowledged_by=by):
            record(actor=by, verb="acknowledge", about=alert, after={"alert": str(alert)})


def shown(now: datetime | None = None) -> list[Shown]:
    """Those that are open, what wakes somebody first, and then those that were resolved lately. One query."""
    since = (now or timezone.now()) - LATELY
    rows = Alert.objects.filter(Q(resolved_at=None) | Q(resolved_at__gte=since)).select_related("acknowledged_by")
    latest = rows.order_by(F("resolved_at").desc(nulls_first=True), "severity", "-raised_at", "-pk")[:MOST_SHOWN]
    return [Shown(alert, words(alert)) for alert in latest]


def erase(now: datetime | None = None) -> int:
    """Those that were resolved as long ago as days of measurements are kept."""
    before = (now or timezone.now()) - timedelta(days=settings.INSIGHT_DAYS[-1])
    return Alert.objects.filter(resolved_at__lt=before).delete()[0]
