from typing import Any

from django.core.management.base import BaseCommand

from apps.insight import findings
from apps.insight.alerting import alerts
from apps.insight.measuring import rollups


class Command(BaseCommand):
    help = "Add what was measured up to hours and days, and erase what was kept long enough."

    def handle(self, *args: Any, **options: Any) -> None:
        written, erased = rollups.roll_up(), rollups.erase() + alerts.erase() + findings.erase()
        self.stdout.write(f"{written} spans written, {erased} rows erased")
