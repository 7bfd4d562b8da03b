import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.backups import restoring
from apps.core.backups.kept import Backup, BackupError, newest_in, read_backup

GONE = (
    "What was done since is gone. So is what was taken away since: passwords, sessions and tokens are as they were"
    " then, and who left or was erased is back until that is done again (revoke_tokens, erase_attendees)."
)


class Command(BaseCommand):
    help = (
        "Restores a backup into the database that DATABASE_URL names and the files into DATA_DIR, then recounts. "
        "Stop the servers first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", nargs="?", type=Path, metavar="BACKUP",
                            help="its folder: by default the newest in BACKUP_DIR")  # fmt: skip
        parser.add_argument("--replace", action="store_true", help="although the database holds data")
        parser.add_argument("--verify", action="store_true",
                            help="only try it, in a database beside that is dropped afterwards")  # fmt: skip

    def handle(self, *, backup: Path | None, replace: bool, verify: bool, **options: Any) -> None:
        begun = time.monotonic()
        try:
            found = read_backup(backup or newest_in(settings.BACKUP_DIR))
            if verify:
                said = restoring.verify(found)
                self.stdout.write(f"{told(found)} can be restored, in {time.monotonic() - begun:.1f} s.\n{said}")
                return
            restoring.restore(found, replace=replace)
            self.stdout.write(f"{told(found)} is restored, in {time.monotonic() - begun:.1f} s.\n{GONE}")
            self.stdout.write(restoring.settle())
        except BackupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error


def told(backup: Backup) -> str:
    return f"{backup.folder.name}, made {backup.made_at:%Y-%m-%d %H:%M:%S %Z} by release {backup.release},"
