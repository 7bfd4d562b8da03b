from typing import Any

from django.core.management.base import BaseCommand

from apps.insight import findings
from apps.insight.alerting import alerts


class Command(BaseCommand):
    help = "Raises and resolves alerts, and finds what costs time, by the last minutes. Run it every minute."

    def handle(self, *args: Any, **options: Any) -> None:
        for what, changed in alerts.evaluate()._asdict().items():
            for alert in changed:
                self.stdout.write(f"{what}: {alert}")
        for one in findings.keep():
            self.stdout.write(f"found: {one}")
