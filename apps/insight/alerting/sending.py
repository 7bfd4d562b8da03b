"""Alerts by mail, and to a webhook in the format of Alertmanager, version 4
(https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.addresses import is_public
from apps.core.formats import dumps
from apps.core.outbound import Refused, Unreachable, post
from apps.insight.alerting.words import words
from apps.insight.models import Alert
from apps.tasks.errors import Later

NEVER = "0001-01-01T00:00:00Z"  # as Alertmanager says that an alert has not ended
AGAIN = 60  # seconds until it is tried again
MOST_READ = 2_000  # bytes of an answer, which nobody reads
LABELS = {"SlowRequests": "class"}  # what Prometheus calls the subject; of all others it is an instance
# For tests, whose receivers are on this machine.
PORTS, PUBLIC = {"https": 443}, is_public


def called(raised: Iterable[int], resolved: Iterable[int]) -> tuple[list[Alert], list[Alert]]:
    """What was resolved before anybody could be told that it was raised is told as resolved alone."""
    rows = Alert.objects.order_by("severity", "raised_at", "pk")
    return list(rows.filter(pk__in=raised, resolved_at=None)), list(rows.filter(pk__in=resolved))


def mail(raised: Sequence[Alert], resolved: Sequence[Alert]) -> None:
    """One mail for all of them."""
    said = [*raised, *resolved]
    if not said:
        return
    first = words(said[0]).title
    subject = _("Alert: %(title)s") if raised else _("Resolved: %(title)s")
    more = ngettext(" and %(n)d more", " and %(n)d more", len(said) - 1) % {"n": len(said) - 1} if said[1:] else ""
    context = {
        "raised": [(alert, words(alert)) for alert in raised],
        "resolved": [(alert, words(alert)) for alert in resolved],
        "link": address(),
    }
    text = render_to_string("insight/alerts.txt", context)
    send_mail(subject % {"title": first} + more, text, None, settings.ALERT_EMAILS)
    note_sent(said)


def post_to_webhook(raised: Sequence[Alert], resolved: Sequence[Alert]) -> None:
    """Raises Later where it does not arrive."""
    said = [*raised, *resolved]
    if not said:
        return
    body, headers = dumps(payload(raised, resolved)), {"Content-Type": "application/json"}
    try:
        reply = post(
            settings.ALERT_WEBHOOK_URL, body, headers,
            seconds=settings.WEBHOOK_SECONDS, most=MOST_READ, public=PUBLIC, ports=PORTS,
        )  # fmt: skip
    # Nothing of the address, which may let in whoever has it, goes into the log.
    except Refused:
        raise Later(AGAIN, _("ALERT_WEBHOOK_URL is no public address.")) from None
    except Unreachable:
        raise Later(AGAIN, _("Nobody answers at ALERT_WEBHOOK_URL.")) from None
    if not 200 <= reply.status < 300:
        raise Later(AGAIN, _("ALERT_WEBHOOK_URL answers %(status)d.") % {"status": reply.status})
    note_sent(said)


def note_sent(alerts: Iterable[Alert]) -> None:
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(sent_at=timezone.now())


def payload(raised: Sequence[Alert], resolved: Sequence[Alert]) -> dict[str, Any]:
    alerts = [told(alert, "firing") for alert in raised] + [told(alert, "resolved") for alert in resolved]
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": "firing" if raised else "resolved",
        "receiver": "jamvote",
        "groupLabels": {},
        "commonLabels": common(alerts, "labels"),
        "commonAnnotations": common(alerts, "annotations"),
        "externalURL": settings.PUBLIC_URL,
        "alerts": alerts,
    }


def told(alert: Alert, status: str) -> dict[str, Any]:
    said = words(alert)
    labels = {"alertname": alert.name, "severity": alert.severity}
    if alert.subject:
        labels[LABELS.get(alert.name, "instance")] = alert.subject
    return {
        "status": status,
        "labels": labels,
        "annotations": {"summary": said.title, "description": f"{said.said} {said.do}", "runbook": said.runbook},
        "startsAt": alert.raised_at,
        "endsAt": alert.resolved_at if status == "resolved" else NEVER,
        "generatorURL": address(),
        "fingerprint": hashlib.sha256(dumps(sorted(labels.items()))).hexdigest()[:16],
    }


def common(alerts: Sequence[dict[str, Any]], what: str) -> dict[str, str]:
    first, *others = (alert[what] for alert in alerts)
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def address() -> str:
    return f"{settings.PUBLIC_URL}/insight"
