"""Votes of archived nights: in files of the private storage, out of the database, and back.

A file is lines of JSON, compressed: what it holds, then a line a vote: `[id, jam song, attendee, when it was cast]`. It
names nobody. Counts stay as they are, whatever is done here, since triggers count what is done to the whole table.
"""

# ruff: noqa: S608 — the names of tables are made in partitions.py
import gzip
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import Any, NamedTuple

import orjson
from django.core.files import File
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.locks import briefly
from apps.core.storage import private_storage
from apps.core.times import NO_MONTH
from apps.jams.models import Jam
from apps.voting import partitions, triggers
from apps.voting.models import Vote

FORMAT = 1
AT_ONCE = 10_000  # rows that one statement deletes or puts back


class NoArchive(DomainError):
    code = "no_archive"


class Restored(NamedTuple):
    """`lost`: votes of songs or people that are deleted by now."""

    nights: int
    votes: int
    lost: int


# Out --------------------------------------------------------------------------------------------------


def write(jams: Sequence[Jam]) -> tuple[str, int]:
    """The votes of these nights, of one month, as one file. Answers its name and how many there are."""
    votes = Vote.objects.at(*jams).filter(jam_song__jam__in=jams).order_by("pk")
    rows = list(votes.values_list("pk", "jam_song", "attendee", "created_at"))
    said = {"format": FORMAT, "jams": {str(jam.pk): jam.slug for jam in jams}, "votes": len(rows)}
    name = f"votes/{jams[0].starts_at:%Y-%m}/{jams[0].pk}-{jams[-1].pk}.jsonl.gz"
    storage = private_storage()
    with TemporaryFile() as file:
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
            for line in (said, *rows):
                packed.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        file.seek(0)
        storage.delete(name)  # of a run that was killed before it said so
        storage.save(name, File(file))
    with suppress(NotImplementedError):  # elsewhere than on this machine's disk
        on_disk(storage.path(name))
    read(name)
    return name, len(rows)


def on_disk(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def prune() -> tuple[list[str], int]:
    """What is archived: the partitions that were dropped, and how many votes were deleted from others."""
    dropped = [name for name in sorted(partitions.names()) if drop(name)] if partitions.are_there() else []
    votes = Vote.objects.filter(jam_song__jam=OuterRef("pk"), month=OuterRef("month"))
    left = Jam.objects.exclude(archived_at=None).filter(Exists(votes)).order_by("pk")
    return dropped, sum(delete(jam) for jam in left)


def drop(name: str) -> bool:
    """If nights with votes are in it, and all of them are archived. Answers whether it is gone."""
    month = partitions.month_of_name(name)
    if month is None:
        return False

    def dropped(cursor: Any) -> bool:
        cursor.execute(partitions.LOCK)
        if not all_archived(month):  # somebody has voted for a night of that month
            return False
        cursor.execute(f"ALTER TABLE {partitions.TABLE} DETACH PARTITION {name}; DROP TABLE {name}")
        return True

    with connection.cursor() as cursor:
        others = (
            f"SELECT FROM {name} v JOIN jams_jamsong s ON s.id = v.jam_song_id JOIN jams_jam j ON j.id = s.jam_id"
            " WHERE j.archived_at IS NULL"
        )
        return all_archived(month) and not partitions.is_one(cursor, others) and briefly(dropped)


def all_archived(month: date) -> bool:
    jams = Jam.objects.filter(month=month)
    with_votes = jams.filter(archived_at=None, songs__votes__gt=0)
    return jams.exclude(archived_at=None).exists() and not with_votes.exists()


def delete(jam: Jam) -> int:
    """A batch a transaction."""
    table, gone = table_of(jam.month), 0
    key = "ctid" if connection.vendor == "postgresql" else "id"
    statement = (
        f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE month = %s AND jam_song_id IN"
        f" (SELECT id FROM jams_jamsong WHERE jam_id = %s) LIMIT {AT_ONCE})"
    )
    while True:
        with uncounted() as cursor:
            cursor.execute(statement, [jam.month, jam.pk])
            gone += cursor.rowcount
            if cursor.rowcount < AT_ONCE:
                return gone


def table_of(month: date) -> str:
    """Where the votes of a month are: the partition itself, past the triggers of the whole table."""
    return partitions.holding(month) if partitions.are_there() else partitions.TABLE


@contextmanager
def uncounted() -> Iterator[Any]:
    """A transaction in which nothing is counted: on PostgreSQL because `table_of` is asked, on SQLite, which has one
    writer at a time, without the triggers."""
    with transaction.atomic(), connection.cursor() as cursor:
        lite = connection.vendor == "sqlite"
        for name in triggers.SQLITE if lite else ():
            cursor.execute(f"DROP TRIGGER {name}")
        yield cursor
        for name, body in triggers.SQLITE.items() if lite else ():
            cursor.execute(f"CREATE TRIGGER {name} {body}")


# And back ---------------------------------------------------------------------------------------------


def read(name: str) -> tuple[dict[str, Any], list[list[Any]]]:
    """What a file says of itself, and its votes. Raises NoArchive."""
    try:
        with private_storage().open(name) as file, gzip.GzipFile(fileobj=file) as packed:
            said, *rows = (orjson.loads(line) for line in packed)
    except FileNotFoundError as error:
        raise NoArchive(_("There is no %(name)s among the private files.") % {"name": name}) from error
    except (OSError, EOFError, ValueError) as error:
        raise NoArchive(_("%(name)s is no archive of votes, or it is damaged.") % {"name": name}) from error
    if said.get("format") != FORMAT or said["votes"] != len(rows):
        raise NoArchive(_("%(name)s is of another release, or it is damaged.") % {"name": name})
    return said, rows


def restore(name: str) -> Restored:
    """All of its nights have their votes again, as they were, or nothing is changed; one that is not archived any more
    is left as it is. Raises NoArchive."""
    said, rows = read(name)
    known = Jam.objects.exclude(archived_at=None).filter(pk__in=[int(pk) for pk in said["jams"]])
    partitions.prepare(known.exclude(month=NO_MONTH).values_list("month", flat=True))
    with transaction.atomic():
        jams = list(known.select_for_update(no_key=True).order_by("pk"))
        put = sum(put_back(jam, rows) for jam in jams)
        Jam.objects.filter(pk__in=[jam.pk for jam in jams]).update(archived_at=None)
    return Restored(len(jams), put, len(rows) - put)


def put_back(jam: Jam, rows: Sequence[Sequence[Any]]) -> int:
    songs = set(jam.songs.values_list("pk", flat=True))
    people = set(jam.attendees.values_list("pk", flat=True))
    votes = [
        (pk, song, attendee, jam.month, datetime.fromisoformat(at))
        for pk, song, attendee, at in rows
        if song in songs and attendee in people
    ]
    with uncounted() as cursor:
        cursor.executemany(
            f"INSERT INTO {table_of(jam.month)} (id, jam_song_id, attendee_id, month, created_at)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            votes,
        )
    return len(votes)
