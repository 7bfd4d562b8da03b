from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from apps.core.retries import erase_replies


class Command(BaseCommand):
    help = "Erases the replies that are kept for calls with an Idempotency-Key, IDEMPOTENCY_HOURS later. Run it hourly."

    def handle(self, **options: Any) -> None:
        erased = erase_replies()
        text = ngettext(
            "%(n)d reply that is older than %(hours)d hours erased.",
            "%(n)d replies that are older than %(hours)d hours erased.",
            erased,
        )
        self.stdout.write(text % {"n": erased, "hours": settings.IDEMPOTENCY_HOURS})
