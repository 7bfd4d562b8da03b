from typing import Any

from django.core.management.base import BaseCommand

from apps.insight.alerting import alerts


class Command(BaseCommand):
    help = "Raises and resolves alerts by what was measured in the last minutes. Run it every minute."

    def handle(self, *args: Any, **options: Any) -> None:
        for what, changed in alerts.evaluate()._asdict().items():
            for alert in changed:
                self.stdout.write(f"{what}: {alert}")
