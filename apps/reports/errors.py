from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError, NotAllowed, NotThere


class NotYourReport(NotAllowed):
    code = "not_your_report"
    message = _("Only whoever runs these nights may read how they went. Log in as one of them.")


class TooManyReports(DomainError):
    code = "too_many_reports"
    message = _("Several reports of yours are being made. Wait for one of them.")


class ReportGone(NotThere):
    code = "report_gone"
    message = _("This report is no longer kept. Ask for a new one.")


class ReportNotReady(DomainError):
    code = "report_not_ready"
    message = _("The report is still being made. Look at its state.")
