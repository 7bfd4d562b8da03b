"""A SQLite database by its online backup: https://sqlite.org/backup.html."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import OperationalError, connection

from apps.core.backups.kept import BackupError


def dump(to: Path) -> None:
    """As it is at one moment, while others write."""
    connection.ensure_connection()
    with closing(sqlite3.connect(to)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, which can be read where nothing may be written
        [[said]] = copy.execute("PRAGMA quick_check(1)").fetchall()
    if said != "ok":
        raise BackupError(f"The database is damaged, and was not backed up: {said}.")


def load(dump: Path) -> None:
    """In place of all that is there, in one transaction."""
    connection.ensure_connection()
    try:
        with closing(sqlite3.connect(f"file:{dump}?mode=ro", uri=True)) as copy:
            copy.backup(connection.connection)
    except sqlite3.Error as error:
        raise BackupError(f"{dump} cannot be restored: {error}.") from error
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")


def check_alone() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=DELETE")  # which takes that nobody else has it open
    except OperationalError as error:
        raise BackupError("Others have the database open. Stop the server, and whatever else uses it.") from error


@contextmanager
def scratch() -> Iterator[str]:
    """The name of an empty database, for as long."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"{folder}/verify.sqlite3"
