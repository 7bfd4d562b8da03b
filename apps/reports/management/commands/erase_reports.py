from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from apps.reports.operations import erase_expired


class Command(BaseCommand):
    help = "Erases reports whose REPORT_LINK_DAYS are over, with their files. Run it every day."

    def handle(self, **options: Any) -> None:
        erased = erase_expired()
        self.stdout.write(ngettext("%(n)d report erased.", "%(n)d reports erased.", erased) % {"n": erased})
