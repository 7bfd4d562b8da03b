import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.core.backups.kept import BackupError, erase_old
from apps.core.backups.making import make_backup


class Command(BaseCommand):
    help = "Backs up the database and the files, while votes go on, and erases backups that are old enough."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.BACKUP_DIR, metavar="FOLDER",
                            help="where backups are kept: by default BACKUP_DIR")  # fmt: skip
        parser.add_argument("--days", type=int, default=settings.BACKUP_DAYS, help="how long (BACKUP_DAYS)")
        parser.add_argument("--keep", type=int, default=settings.BACKUP_KEEP,
                            help="so many of the newest are kept, however old they are (BACKUP_KEEP)")  # fmt: skip

    def handle(self, *, folder: Path, days: int, keep: int, **options: Any) -> None:
        if days < 1 or keep < 1:
            raise CommandError("--days and --keep take a number from 1 on.")
        now, begun = timezone.now(), time.monotonic()
        try:
            backup = make_backup(folder=folder, now=now)
        except BackupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or folder}: {error.strerror or error}. No backup was made.") from error
        try:
            erased = erase_old(folder, now=now, days=days, keep=keep)
        except OSError as error:
            raise CommandError(f"{backup.folder} was made, but {error.filename} stays: {error.strerror}.") from error
        took = time.monotonic() - begun
        self.stdout.write(f"{backup.folder}: {backup.bytes / 1e6:.1f} MB in {took:.1f} s, {erased} old ones erased.")
