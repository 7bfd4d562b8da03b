"""Restoring: what must be so before anything is changed, then files, database, migrations; and what must not be left
of the time before."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from redis import Redis
from redis.exceptions import RedisError

from apps.core.backups import files
from apps.core.backups.events import restored
from apps.core.backups.kept import Backup, BackupError
from apps.core.backups.making import programs

MADE_BY_MIGRATE = {"django_migrations", "django_content_type", "auth_permission"}
PATIENCE = 10  # seconds


def restore(backup: Backup, *, replace: bool) -> None:
    """Nothing is changed unless all of it can be. Raises BackupError, OSError."""
    with instead(connection.settings_dict["NAME"]):
        check_fits(backup)
        if not replace and holds_data():
            raise BackupError("The database holds data. --replace restores in its place; what it holds is then gone.")
        check_redis()
        programs().check_alone()
        with files.unpacked(backup.files) as beside:
            programs().load(backup.database)
            files.put_in_place(beside)
        call_command("migrate", verbosity=0, interactive=False)


def verify(backup: Backup) -> str:
    """Restores into a database beside, which is dropped, and answers what a recount says. Raises CommandError too."""
    check_fits(backup)
    with programs().scratch() as name, instead(name):
        programs().load(backup.database)
        call_command("migrate", verbosity=0, interactive=False)
        return recounted()


def settle() -> str:
    """After the database is an earlier one, however that was done: answers and sessions from before are forgotten,
    open pages take its rows for newer than theirs. Answers what a recount says."""
    check_redis()
    restored.send(None)
    if settings.REDIS_URL:
        call_command("clear_cache", stdout=StringIO())  # the edge too
        redis().flushdb()
    return recounted()


def recounted() -> str:
    said = StringIO()
    call_command("recount", stdout=said)
    return said.getvalue().strip()


def check_fits(backup: Backup) -> None:
    if backup.vendor != connection.vendor:
        raise BackupError(f"It is of {backup.vendor}, and DATABASE_URL names a database of {connection.vendor}.")
    known = MigrationLoader(None).disk_migrations
    unknown = [
        f"{app}.{name}" for app, names in backup.migrations.items() for name in names if (app, name) not in known
    ]
    if unknown:
        raise BackupError(
            f"It was made by release {backup.release}, and this one ({settings.RELEASE}) does not know"
            f" {', '.join(unknown)}. Install that release or a newer one."
        )


def holds_data() -> bool:
    with connection.cursor() as cursor:
        for table in {*connection.introspection.table_names(cursor)} - MADE_BY_MIGRATE:
            cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608
            if cursor.fetchone():
                return True
    return False


def check_redis() -> None:
    try:
        if settings.REDIS_URL:
            redis().ping()
    except RedisError as error:
        raise BackupError("Redis does not answer. Start it first: what it holds of the time before must go.") from error


def redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE)


@contextmanager
def instead(name: str) -> Iterator[None]:
    """Whatever asks the database asks this one, by one connection and without a pool."""
    usual = connections["default"]
    other = connections.create_connection("default")
    options = {key: value for key, value in usual.settings_dict["OPTIONS"].items() if key != "pool"}
    other.settings_dict = {**usual.settings_dict, "NAME": name, "OPTIONS": options}
    usual.close()  # nobody else is connected
    connections["default"] = other
    try:
        yield
    finally:
        other.close()
        connections["default"] = usual
