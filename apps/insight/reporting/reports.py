"""Reports that are mailed: of a day each morning, and of capacity each week."""

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from apps.insight.reporting.growth import capacity_report
from apps.insight.reporting.performance import performance
from apps.insight.reporting.words import capacity_subject, capacity_text, performance_subject, performance_text


def mail_performance() -> bool:
    """False: REPORT_EMAILS names nobody."""
    if not settings.REPORT_EMAILS:
        return False
    report = performance(timezone.now())
    send_mail(performance_subject(report), performance_text(report), None, settings.REPORT_EMAILS)
    return True


def mail_capacity() -> bool:
    """False: REPORT_EMAILS names nobody."""
    if not settings.REPORT_EMAILS:
        return False
    report = capacity_report(timezone.now())
    send_mail(capacity_subject(report), capacity_text(report), None, settings.REPORT_EMAILS)
    return True
