from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from apps.jams.statistics import erase_statistics


class Command(BaseCommand):
    help = "Erases how often pages were opened and what was searched for, STATISTICS_DAYS later. Run it every day."

    def handle(self, **options: Any) -> None:
        erased = erase_statistics()
        text = ngettext(
            "%(n)d count that is older than %(days)d days erased.",
            "%(n)d counts that are older than %(days)d days erased.",
            erased,
        )
        self.stdout.write(text % {"n": erased, "days": settings.STATISTICS_DAYS})
