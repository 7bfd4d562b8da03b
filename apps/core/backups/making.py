"""Making a backup: the database first, so that every file it speaks of is there when files are packed."""

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from apps.core.backups import files, postgresql, sqlite
from apps.core.backups.kept import DATABASE, FILES, STAMP, Backup, new_backup, read_backup


def make_backup(*, folder: Path, now: datetime) -> Backup:
    """While votes go on: what was committed before `now` is in it. Raises BackupError, OSError."""
    whole = folder / now.astimezone(UTC).strftime(STAMP)
    facts = {"made_at": now.isoformat(), "release": settings.RELEASE, "vendor": connection.vendor}
    with new_backup(whole, facts | {"migrations": migrations()}) as part:
        programs().dump(part / DATABASE)
        files.pack(part / FILES)
    return read_backup(whole)


def programs() -> ModuleType:
    return postgresql if connection.vendor == "postgresql" else sqlite


def migrations() -> dict[str, list[str]]:
    """Those that have been applied, by app."""
    found = defaultdict(list)
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        found[app].append(name)
    return found
