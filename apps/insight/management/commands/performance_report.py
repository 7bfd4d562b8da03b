from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.formats import dumps
from apps.insight.reporting.performance import performance
from apps.insight.reporting.reports import mail_performance
from apps.insight.reporting.words import performance_text


class Command(BaseCommand):
    help = "How yesterday went, against what is promised and the day before."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--mail", action="store_true", help="mail it to REPORT_EMAILS instead")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["mail"]:
            if not mail_performance():
                raise CommandError(_("REPORT_EMAILS names nobody."))
            return
        report = performance(timezone.now())
        self.stdout.write(dumps(report.as_dict()).decode() if options["json"] else performance_text(report))
