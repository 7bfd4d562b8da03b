"""What PostgreSQL says of itself, by the two commands that show it."""

import json
import threading
import time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.core import database
from apps.core.database import index_report, lock_waits, long_transactions, statements, without_values
from apps.core.tables import lines_of
from tests.factories import make_song

services = pytest.mark.services


def said(command, *args):
    out = StringIO()
    call_command(command, *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def extension(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        cursor.execute("SELECT pg_stat_statements_reset()")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_stat_statements")


@services
def test_a_statement_is_told_with_its_calls_rows_and_share(extension):
    make_song(title="Unmistakable")
    for _ in range(7):
        with connection.cursor() as cursor:
            cursor.execute("SELECT title FROM catalog_song WHERE title = 'Unmistakable'")

    row = next(row for row in statements() if row["query"].startswith("SELECT title FROM catalog_song WHERE title ="))

    assert (row["calls"], row["rows"], "Unmistakable" in row["query"]) == (7, 7, False)
    assert 0 < row["share"] < 100
    assert 0 < row["mean_ms"] <= row["max_ms"] <= row["total_ms"]
    assert 0 <= row["cache_hits"] <= 100
    assert "SELECT title FROM catalog_song" in said("query_report")
    assert len(json.loads(said("query_report", "--json", "--limit", "2"))["statements"]) == 2


@services
def test_without_the_extension_it_says_how_to_have_it(transactional_db):
    with pytest.raises(CommandError, match="CREATE EXTENSION pg_stat_statements"):
        said("query_report")


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["query_report", "index_report"])
def test_without_postgresql_it_says_so(command, monkeypatch):
    monkeypatch.setattr(connection, "vendor", "sqlite")

    with pytest.raises(CommandError, match="DATABASE_URL=postgresql://"):
        said(command)


@services
def test_who_waits_for_a_lock_is_told_with_whom_for(transactional_db):
    song = make_song()
    waiter = threading.Thread(target=lambda: (rename(song), connection.close()))

    with transaction.atomic():
        rename(song)
        waiter.start()
        waiting = eventually(lock_waits)
        open_since = long_transactions(seconds=0)
    waiter.join()

    assert 'UPDATE "catalog_song" SET "title" = …' in waiting[0]["query"]
    assert waiting[0]["blocked_by"] == [connection.connection.info.backend_pid]
    assert waiting[0]["pid"] in [row["pid"] for row in open_since]
    assert (lock_waits(), long_transactions()) == ([], [])


@pytest.mark.parametrize(
    ("ran", "shown"),
    [
        ("UPDATE a SET name = 'Sam O''Neil', n = 12.5 WHERE id = 7", "UPDATE a SET name = …, n = … WHERE id = …"),
        ('SELECT "t1"."a2" FROM t1 WHERE a = E\'x\' AND b = $1', 'SELECT "t1"."a2" FROM t1 WHERE a = E… AND b = $1'),
        ("INSERT INTO a VALUES ('Sam is cut of", "INSERT INTO a VALUES (…"),
    ],
)
def test_statements_that_run_are_told_without_their_values(ran, shown):
    assert without_values([{"query": ran, "pid": 1}]) == [{"query": shown, "pid": 1}]


def eventually(read):
    """Within a transaction PostgreSQL shows the same picture until it is told to forget it."""
    deadline = time.monotonic() + 10
    while not (found := read()) and time.monotonic() < deadline:
        query("SELECT pg_stat_clear_snapshot()")
    return found


def rename(song):
    type(song).objects.filter(pk=song.pk).update(title="Renamed")


@services
def test_indexes_are_told_with_what_they_are_used_for(transactional_db, monkeypatch):
    monkeypatch.setattr(database, "SMALL", 400)
    fill_songs(500)
    query("SELECT pg_stat_force_next_flush()")
    query("SELECT pg_stat_reset()")
    query("ANALYZE catalog_song")
    for number in range(90):
        query(f"SELECT 1 FROM catalog_song WHERE id = {number}")
    query("SELECT count(*) FROM catalog_song WHERE artist <> ''")
    query("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")

    report = index_report()

    assert next(row for row in report.indexes if row["index"] == "catalog_song_pkey")["scans"] >= 90
    assert "songs_by_year" in [row["index"] for row in report.unused]
    assert "one_song_per_title_and_artist" not in [row["index"] for row in report.unused]
    assert [row["table"] for row in report.whole] == ["catalog_song"]
    assert 90 < report.use < 100
    assert "catalog_song_pkey" in said("index_report", "--min-use", "90")
    assert json.loads(said("index_report", "--json"))["whole"] == ["catalog_song"]
    with pytest.raises(CommandError, match="99.9 % are wanted"):
        said("index_report", "--min-use", "99.9")


@services
def test_what_nobody_has_read_is_not_judged(transactional_db):
    query("SELECT pg_stat_reset()")

    assert index_report().use is None
    assert "Nothing has been read yet" in said("index_report", "--min-use", "95")


def test_tables_stand_in_columns():
    rows = [("songs", 12, 1.234), ("votes", 100_000, None)]

    assert lines_of(rows, ("table", "rows", "share")) == [
        "table    rows  share",
        "songs      12   1.23",
        "votes  100000      –",
    ]
    assert lines_of([], ("table",)) == ["none"]


def fill_songs(count):
    query(
        "INSERT INTO catalog_song (title, artist, key, style, tags, chord_sheet_url, parts, popularity, listed,"
        " times_played, folded_title, folded_artist, created_at)"
        f" SELECT n, n, '', '', '[]', '', '[]', 0, true, 0, n, n, now() FROM generate_series(1, {count}) n"
    )
    query("ANALYZE catalog_song")


def query(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
