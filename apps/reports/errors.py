from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import DomainError, NotAllowed, NotThere


class NotYourReport(NotAllowed):
    code = "not_your_report"
    message = gettext_lazy("Only whoever runs these nights may read how they went. Log in as one of them.")


class TooManyReports(DomainError):
    code = "too_many_reports"
    message = gettext_lazy("Several reports of yours are being made. Wait for one of them.")


class TooManyKept(DomainError):
    code = "too_many_reports"

    def __init__(self, most: int) -> None:
        super().__init__(_("%(n)d reports are kept for you. Wait until one of them expires.") % {"n": most})


class ReportGone(NotThere):
    code = "report_gone"
    message = gettext_lazy("This report is no longer kept. Ask for a new one.")


class ReportNotReady(DomainError):
    code = "report_not_ready"
    message = gettext_lazy("The report is still being made. Look at its state.")
