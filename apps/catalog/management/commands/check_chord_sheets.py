from typing import Any

from django.core.management.base import BaseCommand

from apps.catalog.chord_sheets import check_chord_sheets
from apps.catalog.models import Song


class Command(BaseCommand):
    help = "Looks whether chord sheets are still there, as many a run as CHORD_SHEETS_A_RUN says. Run it hourly."

    def handle(self, **options: Any) -> None:
        looked, broken = 0, 0
        for song, state, status in check_chord_sheets():
            looked += 1
            if state in Song.BROKEN:
                broken += 1
                self.stdout.write(f"{state} {status or '-'} {song.pk} {song}: {song.chord_sheet_url}")
        self.stdout.write(f"{looked} chord sheets looked at, {broken} of them broken.")
