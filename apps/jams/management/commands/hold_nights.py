from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from apps.jams.nights import hold_nights


class Command(BaseCommand):
    help = "Makes the jams of recurring nights that begin within NIGHTS_AHEAD_DAYS. Run it every day."

    def handle(self, **options: Any) -> None:
        for night in (made := hold_nights()):
            self.stdout.write(f"{night.starts_at.astimezone(night.zone):%Y-%m-%d %H:%M}  {night.slug}")
        text = ngettext(
            "%(n)d night made for the next %(days)d days.", "%(n)d nights made for the next %(days)d days.", len(made)
        )
        self.stdout.write(text % {"n": len(made), "days": settings.NIGHTS_AHEAD_DAYS})
