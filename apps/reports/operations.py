"""Reports as files: asked for, made by a task, mailed as a link, erased when they expire."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.formats import dumps
from apps.jams.events import report_ready
from apps.reports.errors import NotYourReport, ReportGone, ReportNotReady, TooManyKept, TooManyReports
from apps.reports.models import Report
from apps.reports.periods import ALL, Period
from apps.reports.reading import read_report
from apps.reports.subjects import OfJam, Subject, subject_of
from apps.reports.tables import as_csv
from apps.tasks.enqueue import enqueue

links = signing.Signer(salt="jamvote.report", sep=".")


def order_report(*, subject: Subject, by: User, period: Period = ALL, kind: str = Report.Format.CSV) -> Report:
    """A task makes it and mails a link to `by`. What is being made for them already is answered again.

    Raises NotYourReport, TooManyReports, TooManyKept.
    """
    from apps.reports.tasks import make_report as task

    if not subject.lets(by):
        raise NotYourReport
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)  # one after the other
        unfinished = Report.objects.of(by).filter(made_at=None, task__state__in=["waiting", "running"])
        what = {"about": subject.key, "since": period.since, "until": period.until, "format": kind}
        if same := unfinished.filter(**what).first():
            return same
        if unfinished.count() >= settings.MAX_REPORTS_AT_ONCE:
            raise TooManyReports
        if Report.objects.of(by).count() >= settings.MAX_REPORTS:
            raise TooManyKept(settings.MAX_REPORTS)
        expires_at = timezone.now() + timedelta(days=settings.REPORT_LINK_DAYS)
        said = {"name": subject.name[:100], "language": get_language() or "en", "expires_at": expires_at}
        report = Report.objects.create(owner=by, **what, **said)
        report.task = enqueue(task, report=report.pk, by=by, about=f"report:{report.pk}")
        report.save(update_fields=["task"])
    return report


def make_report(*, report: Report, told: Callable[[int, int], None] | None = None) -> None:
    """Writes its file, if there is none, and mails the link, once. Raises NotYourReport for whoever may no longer."""
    subject = subject_of(report.about)
    if subject is None:
        raise ReportGone
    if not may_read(report.owner, subject):
        raise NotYourReport
    if report.made_at is None:
        content = written(subject, report.period, report.format, report.owner, told=told)
        name = f"reports/{report.pk}.{report.format}"
        report.file.storage.delete(name)  # of an attempt that was killed, which nothing else would lead to
        report.file.save(name, ContentFile(content), save=False)
        report.made_at = timezone.now()
        with transaction.atomic():
            report.save(update_fields=["file", "made_at"])
            if isinstance(subject, OfJam):
                report_ready.send(None, jam=subject.jam, report=report.pk)
    if report.mailed_at is None:
        mail_link(report)
        report.mailed_at = timezone.now()
        report.save(update_fields=["mailed_at"])


def written(subject: Subject, period: Period, kind: str, by: User | None, *, names: bool = False, **how: Any) -> bytes:
    """The file. What is kept or passed on has no `names` of performers: those are erased after a while. `how`: see
    `read_report`."""
    found = read_report(subject, period=period, by=by, names=names, **how)
    return as_csv(found) if kind == Report.Format.CSV else dumps(found)


def mail_link(report: Report) -> None:
    with override(report.language):
        said = {"report": report, "link": f"{settings.PUBLIC_URL}/reports/link/{token_of(report)}"}
        text = render_to_string("reports/ready.txt", said)
        send_mail(_("Your report is ready: %(name)s") % {"name": report.name}, text, None, [report.owner.email])


def token_of(report: Report) -> str:
    """256 bits that nobody makes who has not SECRET_KEY; what it opens, and until when, the row says."""
    return links.sign(str(report.pk))


def report_by(token: str) -> Report:
    """For whoever has the link, until it expires or its owner may no longer read that. Raises ReportGone."""
    try:
        pk = links.unsign(token)
    except signing.BadSignature:
        raise ReportGone from None
    report = Report.objects.holding().select_related("owner", "task").filter(pk=pk).first()
    if report is None:
        raise ReportGone
    check_may_read(report)
    return report


def check_may_read(report: Report) -> None:
    """Raises ReportGone where its owner may no longer read what it is about, ReportNotReady while it is being made."""
    subject = subject_of(report.about)
    if subject is None or not may_read(report.owner, subject):
        raise ReportGone
    if not report.file:
        raise ReportNotReady


def may_read(owner: User, subject: Subject) -> bool:
    return owner.is_active and subject.lets(owner)


def erase_expired() -> int:
    """Says how many reports went; their files go with them."""
    _rows, gone = Report.objects.expired().delete()
    return gone.get("reports.Report", 0)
