"""A PostgreSQL database by its own client programs, which must be of its version or newer."""

import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import ProgrammingError, connection
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from apps.core.backups.kept import BackupError

EXTENSIONS = ("pg_trgm",)  # that JamVote needs; others are the administrator's
OF_A_VERSION = "/usr/lib/postgresql/{}/bin"  # where Debian has each version's programs
LOCK_SECONDS = 10  # that tables which somebody still reads are waited for
GONE_SECONDS = 1  # in which a connection that was closed is gone
# What is in the database, but for extensions: its tables, and functions of triggers.
EMPTY = f"""
SET LOCAL lock_timeout = '{LOCK_SECONDS}s';
SET LOCAL client_min_messages = warning;
DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT format('TABLE IF EXISTS %I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public'
        UNION ALL SELECT 'ROUTINE ' || p.oid::regprocedure FROM pg_proc p
        WHERE pronamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP EXECUTE 'DROP ' || one || ' CASCADE'; END LOOP;
END $$;
"""  # noqa: S608
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
"""  # PostgreSQL's own workers are nobody's; what kind another user's connection is, it may not tell us


def dump(to: Path) -> None:
    """As it is at one moment, while others write."""
    wanted = [f"--extension={name}" for name in EXTENSIONS]
    for_database(
        "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--no-comments", *wanted, f"--file={to}"
    )


def load(dump: Path) -> None:
    """In place of all that is there, in one transaction: all of it, or nothing is changed."""
    with tempfile.TemporaryDirectory() as folder:
        script = f"{folder}/restore.sql"  # whole before a line of it is run
        run([program("pg_restore"), "--no-owner", "--no-privileges", f"--file={script}", str(dump)], {})
        once = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--single-transaction"]
        for_database("psql", *once, f"--command={EMPTY}", f"--file={script}")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # or the first plans are made without knowing what is there


def check_alone() -> None:
    deadline = time.monotonic() + GONE_SECONDS
    while others := connected_beside():
        if time.monotonic() > deadline:
            raise BackupError(
                f"Others are connected to the database ({others}). Stop web, live, worker, beat and what else asks it."
            )
        time.sleep(0.05)


def connected_beside() -> int:
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        [others] = cursor.fetchone()
    return int(others)


@contextmanager
def scratch() -> Iterator[str]:
    """The name of an empty database, for as long."""
    name = f"jamvote_verify_{secrets.token_hex(4)}"
    try:
        execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    except ProgrammingError as error:
        raise BackupError(
            "The database's user may not make a database to try it in. As a superuser: ALTER ROLE … CREATEDB;"
            " or set DATABASE_URL to another cluster."
        ) from error
    try:
        yield name
    finally:
        execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


# The programs -----------------------------------------------------------------------------------------


def for_database(name: str, *options: str) -> None:
    """The password goes by the environment, where others do not see it. Raises BackupError."""
    understood = {option.keyword.decode() for option in Conninfo.get_defaults()}
    params = {key: value for key, value in connection.get_connection_params().items() if key in understood}
    password = params.pop("password", "")
    address = make_conninfo(**params | {"application_name": f"jamvote {name}"})
    run([program(name), f"--dbname={address}", *options], {"PGPASSWORD": password} if password else {})


def run(words: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(words, env=os.environ | env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "error" in line.lower()), done.stderr.strip())
        raise BackupError(f"{Path(words[0]).name} failed, and nothing was changed: {said}")


def program(name: str) -> str:
    """Raises BackupError where it is missing, or older than the server."""
    connection.ensure_connection()
    server = connection.connection.info.server_version // 10_000
    found = shutil.which(name, path=OF_A_VERSION.format(server)) or shutil.which(name)
    if not found:
        raise BackupError(
            f"{name} is missing. Install PostgreSQL's client programs of version {server} or newer"
            f" (Debian: postgresql-client-{server}), and have them in PATH."
        )
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    if version and int(version[1]) < server:
        raise BackupError(
            f"{found} is of PostgreSQL {version[1]}, and the server of {server}. Install the client programs of"
            f" {server} or newer (Debian: postgresql-client-{server}), and have them first in PATH."
        )
    return found
