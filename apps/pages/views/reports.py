"""Reports of a jam, a venue and a host: the page, its figures as files, and reports that are made in the background."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.catalog.models import Venue
from apps.core.errors import DomainError
from apps.pages.filters import PeriodForm
from apps.pages.report import ordered, presets, query_of, shown
from apps.pages.views.common import HostRequest, find_hosted_jam, page_of, page_with_form, see_other, sentence
from apps.reports.errors import ReportGone, ReportNotReady
from apps.reports.models import Report
from apps.reports.nights import Large
from apps.reports.operations import check_may_read, order_report, report_by, written
from apps.reports.periods import ALL, Period
from apps.reports.reading import read_report
from apps.reports.subjects import OfHost, OfJam, OfVenue, Subject, subject_of, today_at
from apps.reports.tasks import sum_up_nights
from apps.tasks.enqueue import enqueue

LOOK_AGAIN = "3"  # seconds until a page that waits looks again
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@login_required
@require_safe
def jam_report(request: HostRequest, slug: str, kind: str = "") -> HttpResponse:
    return answer(request, OfJam(find_hosted_jam(request, slug)), kind)


@login_required
@require_safe
def venue_report(request: HostRequest, slug: str, kind: str = "") -> HttpResponse:
    return answer(request, OfVenue(get_object_or_404(Venue, slug=slug)), kind)


@login_required
@require_safe
def host_report(request: HostRequest, kind: str = "") -> HttpResponse:
    """Of the nights that one hosts."""
    return answer(request, OfHost(request.user), kind)


def answer(request: HostRequest, subject: Subject, kind: str) -> HttpResponse:
    if not subject.lets(request.user):
        raise PermissionDenied
    form = PeriodForm(request.GET)
    period = ALL if isinstance(subject, OfJam) else ordered(Period(**form.days()))
    most = settings.REPORT_VOTES_AT_ONCE
    try:
        if kind:
            return file_of(subject, period, kind, written(subject, period, kind, request.user, most=most, names=True))
        report = read_report(subject, period=period, by=request.user, most=most)
    except Large as large:
        return wait(request, subject, period, form, large.nights)
    return render(request, "pages/report.html", context_of(subject, period, form) | shown(report))


def context_of(subject: Subject, period: Period, form: PeriodForm) -> dict[str, Any]:
    query = query_of(period)
    return {
        "subject": subject,
        "venue": None if isinstance(subject, OfHost) else subject.venue,
        "address": address_of(subject),
        "query": f"?{query}" if query else "",
        "period": period,
        "form": form,
        "presets": [] if isinstance(subject, OfJam) else presets(today_at(subject), period),
        "zone": subject.zone,
    }


def address_of(subject: Subject) -> str:
    if isinstance(subject, OfHost):
        return reverse("pages:host_report")
    return reverse(f"pages:{subject.kind}_report", args=[subject.slug])


def file_of(subject: Subject, period: Period, kind: str, content: bytes) -> HttpResponse:
    return attached(content, Report(name=subject.name, since=period.since, until=period.until, format=kind))


def attached(content: bytes, report: Report) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{report.file_name}"'}
    return HttpResponse(content, content_type=TYPES[report.format], headers=headers)


def wait(request: HostRequest, subject: Subject, period: Period, form: PeriodForm, nights: list[int]) -> HttpResponse:
    """So many votes are counted by a task, once; the page looks again until it is done."""
    key = f"report {subject.key} {period.since} {period.until}"
    task = enqueue(sum_up_nights, jams=nights, by=request.user, about=subject.key, key=key)
    context = context_of(subject, period, form) | {"task": task, "nights": len(nights)}
    response = render(request, "pages/report_wait.html", context, status=202)
    response["Refresh"] = LOOK_AGAIN
    return response


# In the background ------------------------------------------------------------------------------------


@login_required
@page_with_form
def reports(request: HostRequest) -> HttpResponse:
    """One's own that are kept. POST asks for one: `about` what, `since`, `until`, `format`."""
    if request.method != "POST":
        return render(request, "pages/reports.html", {"page": page_of(request, Report.objects.of(request.user))})
    subject, form = subject_of(request.POST.get("about", "")), PeriodForm(request.POST)
    kind = request.POST.get("format", Report.Format.CSV)
    if subject is None or kind not in Report.Format.values:
        raise Http404
    try:
        report = order_report(subject=subject, by=request.user, period=ordered(Period(**form.days())), kind=kind)
    except DomainError as error:
        messages.error(request, sentence(error))
        return see_other("pages:reports")
    messages.success(request, _("It is being made. You get a mail with a link as soon as it is ready."))
    return see_other(report)


@login_required
@require_safe
def report(request: HostRequest, report: int) -> HttpResponse:
    """How far it is; the page looks again until it is made."""
    found = get_object_or_404(Report.objects.of(request.user), pk=report)
    response = render(request, "pages/report_made.html", {"made": found})
    if found.state in {"waiting", "running"}:
        response["Refresh"] = LOOK_AGAIN
    return response


@login_required
@require_safe
def report_file(request: HostRequest, report: int) -> HttpResponse:
    found = get_object_or_404(Report.objects.of(request.user).select_related("owner", "task"), pk=report)
    try:
        check_may_read(found)
        return handed_out(found)
    except (ReportGone, ReportNotReady) as error:
        raise Http404(str(error.message)) from error


@require_safe
def report_link(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever was sent the link: it needs no log-in, names nobody, and ends with its days or its owner's right."""
    try:
        return handed_out(report_by(token))
    except ReportGone:
        return render(request, "pages/report_gone.html", status=410)
    except ReportNotReady as error:
        raise Http404(str(error.message)) from error


def handed_out(report: Report) -> HttpResponse:
    """Raises ReportGone where its file is lost."""
    try:
        with report.file.storage.open(str(report.file.name)) as file:
            return attached(file.read(), report)
    except FileNotFoundError:
        raise ReportGone from None
