from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from apps.jams.attendees import erase_due


class Command(BaseCommand):
    help = "Erases names and secrets of attendees of jams that ended ATTENDEE_DAYS ago. Run it every day."

    def handle(self, **options: Any) -> None:
        erased = erase_due()
        text = ngettext(
            "%(n)d attendee of jams that ended %(days)d days ago erased.",
            "%(n)d attendees of jams that ended %(days)d days ago erased.",
            erased,
        )
        self.stdout.write(text % {"n": erased, "days": settings.ATTENDEE_DAYS})
