from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from apps.catalog.import_runs import forget_old_imports


class Command(BaseCommand):
    help = "Erases files and reports of imports of songs, IMPORT_DAYS later; the songs stay. Run it every day."

    def handle(self, **options: Any) -> None:
        erased = forget_old_imports()
        text = ngettext(
            "%(n)d import that is older than %(days)d days erased.",
            "%(n)d imports that are older than %(days)d days erased.",
            erased,
        )
        self.stdout.write(text % {"n": erased, "days": settings.IMPORT_DAYS})
