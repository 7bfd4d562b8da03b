from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from apps.webhooks.upkeep import erase_webhooks


class Command(BaseCommand):
    help = "Erases events of webhooks, with the log of their attempts, WEBHOOK_DAYS later. Run it every day."

    def handle(self, **options: Any) -> None:
        erased = sum(erase_webhooks().values())
        text = ngettext(
            "%(n)d event that is older than %(days)d days erased.",
            "%(n)d events that are older than %(days)d days erased.",
            erased,
        )
        self.stdout.write(text % {"n": erased, "days": settings.WEBHOOK_DAYS})
