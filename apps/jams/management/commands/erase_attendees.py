from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from apps.jams.attendees import erase_due
from apps.jams.performers import erase_unused


class Command(BaseCommand):
    help = (
        "Erases names and secrets of attendees of jams that ended ATTENDEE_DAYS ago, and performers whom a venue "
        "remembers and who have not come for PERFORMER_DAYS. Run it every day."
    )

    def handle(self, **options: Any) -> None:
        erased, forgotten = erase_due(), erase_unused()
        text = ngettext(
            "%(n)d attendee of jams that ended %(days)d days ago erased.",
            "%(n)d attendees of jams that ended %(days)d days ago erased.",
            erased,
        )
        self.stdout.write(text % {"n": erased, "days": settings.ATTENDEE_DAYS})
        text = ngettext(
            "%(n)d performer who has not come for %(days)d days forgotten.",
            "%(n)d performers who have not come for %(days)d days forgotten.",
            forgotten,
        )
        self.stdout.write(text % {"n": forgotten, "days": settings.PERFORMER_DAYS})
