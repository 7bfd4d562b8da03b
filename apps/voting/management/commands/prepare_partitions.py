from typing import Any

from django.core.management.base import BaseCommand

from apps.voting import partitions


class Command(BaseCommand):
    help = "Makes the partitions of votes of this month and the PARTITION_MONTHS_AHEAD after it. Run it every day."

    def handle(self, *args: Any, **options: Any) -> None:
        for name in partitions.prepare():
            self.stdout.write(f"made: {name}")
