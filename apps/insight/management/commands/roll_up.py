from typing import Any

from django.core.management.base import BaseCommand

from apps.insight.measuring import rollups


class Command(BaseCommand):
    help = "Add what was measured up to hours and days, and erase what was kept long enough."

    def handle(self, *args: Any, **options: Any) -> None:
        written, erased = rollups.roll_up(), rollups.erase()
        self.stdout.write(f"{written} spans written, {erased} erased")
