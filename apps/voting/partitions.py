"""Where votes are on PostgreSQL: a partition a month, by when the night begins, in UTC.

The month stands in the jam's row, its songs have it from there and votes from their song; triggers and a foreign key
of two columns hold them together, so that what is unique in a partition is so in all of them. They are of three kinds:

    voting_vote_2026_12     the votes of the nights of a month; made some months ahead
    voting_vote_other       of months that have none yet: there should be none, and `prepare` moves them
    voting_vote_before      the table of before there were partitions, month 1970-01-01: `manage.py backfill` empties it

SQLite has one table, and 1970-01-01 everywhere.
"""

# ruff: noqa: S608 — the names of tables are made here
from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.core.locks import briefly
from apps.core.times import NO_MONTH, month_of, next_month

TABLE, OTHER, BEFORE = "voting_vote", "voting_vote_other", "voting_vote_before"
BEFORE_RANGE = "FROM (MINVALUE) TO ('1970-01-02')"

# On jams and songs: nobody has to think of months. The jam's row is shared until the commit by the trigger before.
TRIGGERS = """
CREATE OR REPLACE FUNCTION voting_month_of_a_jam() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Hosts are told that such a night stays. By hand it may go, and its votes stay where they are.
    IF NOT EXISTS (SELECT FROM jams_jamsong WHERE jam_id = NEW.id AND votes > 0) THEN
        NEW.month := date_trunc('month', NEW.starts_at AT TIME ZONE 'UTC')::date;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER voting_jam_is_new BEFORE INSERT ON jams_jam
    FOR EACH ROW EXECUTE FUNCTION voting_month_of_a_jam();
CREATE OR REPLACE TRIGGER voting_jam_moves BEFORE UPDATE OF starts_at ON jams_jam
    FOR EACH ROW WHEN (OLD.month <> '1970-01-01') EXECUTE FUNCTION voting_month_of_a_jam();

CREATE OR REPLACE FUNCTION voting_month_of_a_song() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT month INTO NEW.month FROM jams_jam WHERE id = NEW.jam_id;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER voting_song_follows BEFORE INSERT OR UPDATE OF jam_id ON jams_jamsong
    FOR EACH ROW EXECUTE FUNCTION voting_month_of_a_song();

CREATE OR REPLACE FUNCTION voting_month_of_songs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE jams_jamsong SET month = NEW.month WHERE jam_id = NEW.id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER voting_songs_move AFTER UPDATE ON jams_jam
    FOR EACH ROW WHEN (OLD.month <> NEW.month) EXECUTE FUNCTION voting_month_of_songs();
"""
NO_TRIGGERS = """
DROP TRIGGER IF EXISTS voting_jam_is_new ON jams_jam;
DROP TRIGGER IF EXISTS voting_jam_moves ON jams_jam;
DROP TRIGGER IF EXISTS voting_songs_move ON jams_jam;
DROP TRIGGER IF EXISTS voting_song_follows ON jams_jamsong;
DROP FUNCTION IF EXISTS voting_month_of_a_jam, voting_month_of_a_song, voting_month_of_songs;
"""

# As votes take them, so that nobody waits in a ring: attendee, song, vote.
LOCK = f"LOCK TABLE jams_attendee, jams_jamsong, {TABLE} IN ACCESS EXCLUSIVE MODE"


def are_there() -> bool:
    return connection.vendor == "postgresql" and bool(names())


def names() -> set[str]:
    """Of all partitions, on PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s)", [TABLE])
        return {name for (name,) in cursor}


def name_of(month: date) -> str:
    return f"{TABLE}_{month:%Y_%m}"


def month_of_name(name: str) -> date | None:
    """None: it is of no month of its own."""
    try:
        return datetime.strptime(name, f"{TABLE}_%Y_%m").date()  # noqa: DTZ007 — a day
    except ValueError:
        return None


def holding(month: date) -> str:
    """The partition in which that month's votes are."""
    there = names()
    wanted = BEFORE if month == NO_MONTH else name_of(month)
    return wanted if wanted in there else OTHER


def prepare(months: Iterable[date] = ()) -> list[str]:
    """Makes the partitions of this month and PARTITION_MONTHS_AHEAD, of `months`, and of what waits in
    voting_vote_other. Answers which are new."""
    if not are_there():
        return []
    this = month_of(timezone.now())
    wanted = {next_month(this, ahead) for ahead in range(settings.PARTITION_MONTHS_AHEAD + 1)}
    wanted |= {*months, *months_in(OTHER)}
    there = names()
    new = [month for month in sorted(wanted) if name_of(month) not in there]
    for month in new:
        briefly(partial(make, month=month))
    return [name_of(month) for month in new]


def months_in(partition: str) -> list[date]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT month FROM {partition} WHERE month <> '1970-01-01'")
        return [month for (month,) in cursor]


def make(cursor: Any, month: date) -> None:
    """With what was waiting for it. Attached rather than made in place, so that votes of other months go on."""
    cursor.execute(f"LOCK TABLE {OTHER} IN ACCESS EXCLUSIVE MODE")  # two who make it come one after the other
    cursor.execute("SELECT to_regclass(%s)", [name_of(month)])
    if cursor.fetchone() == (None,):
        cursor.execute(f"CREATE TABLE {name_of(month)} (LIKE {TABLE} INCLUDING ALL)")
        attach(cursor, name_of(month), month, f"FROM ('{month}') TO ('{next_month(month)}')")


def make_before(cursor: Any) -> None:
    """Where there is none any more, to go back: splitting.py."""
    cursor.execute(f"LOCK TABLE {OTHER} IN ACCESS EXCLUSIVE MODE")
    cursor.execute(
        f"CREATE TABLE {BEFORE} (LIKE {TABLE} INCLUDING DEFAULTS, CONSTRAINT {BEFORE} CHECK (month = '{NO_MONTH}'),"
        f" CONSTRAINT {BEFORE}_pk PRIMARY KEY (id, month),"
        f" CONSTRAINT {BEFORE}_key UNIQUE (jam_song_id, attendee_id, month));"
        f" CREATE INDEX {BEFORE}_attendee ON {BEFORE} (attendee_id)"
    )
    attach(cursor, BEFORE, NO_MONTH, BEFORE_RANGE)


def attach(cursor: Any, name: str, month: date, bounds: str) -> None:
    """With the rows of that month out of OTHER, which is locked."""
    columns = "id, jam_song_id, attendee_id, month, created_at"
    # Straight from one partition to another: the triggers that count are the whole table's.
    cursor.execute(
        f"WITH gone AS (DELETE FROM {OTHER} WHERE month = %s RETURNING {columns})"
        f" INSERT INTO {name} ({columns}) SELECT {columns} FROM gone",
        [month],
    )
    cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES {bounds}")


def drop_before() -> None:
    """The table of before, when nothing is in it and no night has its votes there."""

    def dropped(cursor: Any) -> None:
        cursor.execute(LOCK)
        if not is_one(cursor, "SELECT FROM jams_jam WHERE month = '1970-01-01'"):
            cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {BEFORE}; DROP TABLE {BEFORE}")

    if BEFORE in names():
        with connection.cursor() as cursor:
            if is_one(cursor, f"SELECT FROM {BEFORE}"):
                return
        briefly(dropped)


def is_one(cursor: Any, query: str) -> bool:
    cursor.execute(f"SELECT EXISTS ({query})")
    return bool(cursor.fetchone()[0])
