"""A crowd (`manage.py crowd`) on the processes of production, once without cached reads and once with them.

hits     of public reads, as the web process counts them (`manage.py cache_stats`)
rows     that PostgreSQL read, by scans and through indexes (pg_stat_database: tup_returned and tup_fetched)
indexes  the share of reads of large tables that went by one (`manage.py index_report`)
SELECTs  as PostgreSQL counts them (pg_stat_statements), but not those that lock, as a part of a write, nor those that
         ask whether a connection lives

Simulated phones read less than real ones do: each fetches the snapshot when its socket opens and when it has missed
something, and asks for `me` once, at the end. No phone loads a page or a list. Most SELECTs belong to writes: each vote
and each joining looks up the jam, the person and the song, a row each, which nothing may answer from a copy.
"""

import json
import os
import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import psycopg
from redis import Redis

from loadtests.bench import Row
from loadtests.machine import LIVE, WEB, about, command, database_url, serve, set_up

HITS, FEWER, BY_INDEX = 90, 60, 95  # percent
SELECTS = """
SELECT query, sum(calls) FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid
WHERE d.datname = %s AND query ~* '^\\s*select' AND query !~* '(^\\s*select \\$?1$)|( for (no )?(key )?(share|update))'
GROUP BY query
"""
BOARD = re.compile("jams_jamsong.*CASE WHEN .*jams_jamsong.*ended_at", re.DOTALL)  # the songs of a snapshot


@dataclass(frozen=True)
class Evening:
    figures: dict[str, Any]  # what the crowd says of itself
    selects: Counter[str]  # by statement
    rows_read: int
    counts: dict[str, int]  # of cached reads, by what became of them
    stats: str
    by_index: float  # percent

    @property
    def votes(self) -> int:
        return self.figures["votes"] + self.figures["taken_back"]

    @property
    def selects_a_vote(self) -> float:
        return self.selects.total() / self.votes

    @property
    def boards(self) -> int:
        return sum(calls for statement, calls in self.selects.items() if BOARD.search(statement))


def run(*, short: bool) -> list[Row]:
    set_up()
    from django.core.management import call_command
    from django.db import connection

    call_command("seed_demo", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION pg_stat_statements")
    connection.close()
    attendees, seconds, rate = (60, 8, 30) if short else (300, 60, 100)
    print(f"{about()}; {attendees} attendees, {seconds} s, {rate} votes a second")
    words = ("--attendees", str(attendees), "--seconds", str(seconds), "--rate", str(rate))
    computed = evening("computed", 1, *words, CACHED_READS="false")
    cached = evening("cached", 2, *words, CACHED_READS="true")
    print(cached.stats)
    tell_statements(computed, cached)
    return rows(computed, cached)


def evening(name: str, number: int, *words: str, **env: str) -> Evening:
    """On a copy of the demo and an empty part of Redis."""
    with psycopg.connect(database_url("template1"), autocommit=True) as database:
        database.execute(f"CREATE DATABASE {name} TEMPLATE postgres")
    redis = f"{os.environ['REDIS_URL']}?db={number}"
    env |= {"DATABASE_URL": database_url(name), "REDIS_URL": redis, "CHANNEL_PREFIX": name}
    web, live = serve("jamvote.wsgi", *WEB, **env), serve("jamvote.asgi", *LIVE, **env)
    url = f"http://127.0.0.1:{web.port}"
    with psycopg.connect(database_url("postgres"), autocommit=True) as database:
        database.execute("SELECT pg_stat_statements_reset()")
        rows_before = rows_read(database, name)
        said = command("crowd", url, "--socket-url", f"http://127.0.0.1:{live.port}", *words, "--json", **env)
        selects = Counter({query: int(calls) for query, calls in database.execute(SELECTS, [name])})
        time.sleep(1.5)  # a backend tells its statistics once a second
        rows = rows_read(database, name) - rows_before
    if not said.stdout:
        raise RuntimeError(said.stderr)
    from apps.core.looking import EVERY

    time.sleep(EVERY + 0.5)  # a process tells that often what it has counted
    live.kill()
    web.kill()
    counts: Counter[str] = Counter()
    for what, count in Redis.from_url(redis).hgetall(f"{name}:cache:counts").items():
        _kind, _, became = what.decode().partition(" ")
        counts[became] += int(count)
    stats, indexes = command("cache_stats", **env).stdout, json.loads(command("index_report", "--json", **env).stdout)
    return Evening(json.loads(said.stdout), selects, rows, counts, stats, indexes["use"] or 0)


def rows_read(database: Any, name: str) -> int:
    """By sequential scans and through indexes, since the database was made."""
    found = database.execute("SELECT tup_returned + tup_fetched FROM pg_stat_database WHERE datname = %s", [name])
    return int(found.fetchone()[0])


def rows(computed: Evening, cached: Evening) -> list[Row]:
    hits = cached.counts["local"] + cached.counts["store"]
    asked = hits + cached.counts["miss"] + cached.counts["refused"]
    before, after = computed.selects_a_vote, cached.selects_a_vote  # a busy machine has fewer votes
    read = [one.rows_read / one.votes for one in (computed, cached)]
    votes = f"{cached.figures['votes_per_second']:.0f} votes/s, p95 {cached.figures['vote_p95']} ms"
    return [
        Row("hits", 100 * hits / asked, "%", least=HITS, note=f"{hits:,} of {asked:,} public reads"),
        Row(
            "fewer rows read", 100 * (1 - read[1] / read[0]), "%", least=FEWER,
            note=f"{read[1]:,.0f} a vote instead of {read[0]:,.0f}",
        ),
        Row("fewer SELECTs", 100 * (1 - after / before), "%", note=f"{after:.2f} a vote instead of {before:.2f}"),
        Row(
            "fewer snapshots computed", 100 * (1 - cached.boards / computed.boards), "%", least=FEWER,
            note=f"{cached.boards:,} instead of {computed.boards:,}",
        ),
        Row("reads by an index", cached.by_index, "%", least=BY_INDEX, note="of tables with 1,000 rows or more"),
        Row("errors of the crowd", sum(map(errors, (computed, cached))), "errors", most=0, note=votes),
    ]  # fmt: skip


def errors(one: Evening) -> int:
    return sum(one.figures["errors"].values())


def tell_statements(computed: Evening, cached: Evening) -> None:
    print("SELECTs, most of them first: computed, cached")
    for statement, calls in computed.selects.most_common(12):
        text = re.sub(r"SELECT .*? FROM", "SELECT … FROM", " ".join(statement.split()).replace('"', ""))
        print(f"{calls:>8,}{cached.selects[statement]:>8,}  {text[:110]}")
