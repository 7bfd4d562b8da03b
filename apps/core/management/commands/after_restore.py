from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.backups.kept import BackupError
from apps.core.backups.restoring import settle


class Command(BaseCommand):
    help = (
        "After PostgreSQL was restored by itself: empties Redis, has open pages take what is there for newer, and "
        "recounts. `restore` does so too."
    )

    def handle(self, **options: Any) -> None:
        try:
            self.stdout.write(settle())
        except BackupError as error:
            raise CommandError(str(error)) from error
