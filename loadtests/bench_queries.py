"""The hot queries as the product builds them, in a database of 10 million votes: how long PostgreSQL lets us wait (way
there and back included), p95. And growth: what a night asks most, in turn, in databases of 10 thousand votes and
more.

The short form ends at 300 thousand votes; `GROWTH=10000,50000000` measures other sizes, as many as fit on the disk.
Votes are of their time: with them grow the nights, their songs and people, over three years, a partition a month.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from loadtests.bench import Row
from loadtests.machine import about, database_url, set_up

FEW, MANY, MANY_SHORT = 10_000, 10_000_000, 300_000
CURVE = (FEW, 100_000, 1_000_000, MANY)
SIZES = {"users": 1_000, "venues": 1_500, "songs": 50_000}
GROWING = {"jams": 50, "attendees": 501, "jam_songs": 2_000}  # with 10 thousand votes
SAME = 1.2
QUERY, AGGREGATE, FETCH = 50, 500, 100  # ms, p95


def run(*, short: bool) -> list[Row]:
    set_up()
    from django.db import connection

    connection.close()
    *smaller, most = sizes(short)
    with psycopg.connect(database_url("template1"), autocommit=True) as maker:
        for votes in smaller:
            maker.execute(f"CREATE DATABASE votes_{votes} TEMPLATE postgres")
    databases = [*(Database(f"votes_{votes}", votes) for votes in smaller), Database("postgres", most)]
    print(about())
    return [*hot(databases[-1], 200 if short else 1000), *growth(databases, 200 if short else 600)]


def sizes(short: bool) -> list[int]:
    """How many votes each database has, the fewest first."""
    if wanted := os.environ.get("GROWTH"):
        return sorted(map(int, wanted.split(",")))
    return [FEW, MANY_SHORT] if short else [*CURVE]


class Database:
    """Filled. Its connection stands in for the default one while something is measured in it."""

    def __init__(self, name: str, votes: int) -> None:
        from django.db import connections

        from tests.volume import fill

        self.connection = connections.create_connection("default")
        self.connection.settings_dict = {**self.connection.settings_dict, "NAME": name}
        self.votes, self.full_jams = votes, GROWING["jams"] * votes // FEW
        grown = {name: size * votes // FEW for name, size in GROWING.items()}
        self.use()
        begun = time.perf_counter()
        fill(**SIZES | grown, votes=votes, full_jams=self.full_jams)
        print(f"{votes:,} votes filled in {time.perf_counter() - begun:.0f} s", flush=True)

    def use(self) -> None:
        from django.db import connections

        connections["default"] = self.connection

    def cost(self, run: Callable[[], Any]) -> float:
        """Milliseconds in the database."""
        took = 0.0

        def timed(execute: Any, *args: Any) -> Any:
            nonlocal took
            begun = time.perf_counter()
            try:
                return execute(*args)
            finally:
                took += time.perf_counter() - begun

        self.use()
        with self.connection.execute_wrapper(timed):
            run()
        return 1000 * took


def hot(many: Database, times: int) -> Iterator[Row]:
    """Each with another jam, attendee or page in turn."""
    for name, (most, query) in hot_queries(many).items():
        costs = sorted(many.cost(lambda n=n, query=query: query(n)) for n in range(1, times + 1))
        p95, median = costs[int(0.95 * times)], statistics.median(costs)
        yield Row(name, p95, "ms", most=most, note=f"p95 of {times}; median {median:.2f} ms")


def hot_queries(many: Database) -> dict[str, tuple[int, Callable[[int], Any]]]:
    """By name: how many ms it may take, and the query of the nth time."""
    from rest_framework.request import Request
    from rest_framework.test import APIRequestFactory

    from apps.catalog import reads as song_reads
    from apps.catalog.models import Song
    from apps.catalog.serializers import SONG_COLUMNS
    from apps.core.paging import Cursors, written
    from apps.jams import reads as jam_reads
    from apps.jams.board import snapshot
    from apps.jams.identity import attendee_with
    from apps.jams.models import Attendee, Jam
    from apps.voting.queries import mine

    many.use()
    listed = Jam.objects.public().order_by("-starts_at", "-pk")
    songs = Song.objects.listed().in_order()
    place = list(songs.values_list("folded_title", "folded_artist")[SIZES["songs"] * 9 // 10])
    open_jams = {n: Jam.objects.select_related("venue").get(slug=f"jam-{n}") for n in range(1, 50)}

    def jam(n: int) -> Jam:
        return open_jams[1 + n % 49]

    def deep() -> None:
        request = Request(APIRequestFactory(SERVER_NAME="127.0.0.1").get("/", {"cursor": written(place)}))
        Cursors().paginate_queryset(songs.values(*SONG_COLUMNS), request)

    return {
        "list of jams": (QUERY, lambda n: jam_reads.LATEST(limit=21)),
        "jam by slug": (QUERY, lambda n: jam_reads.BY_SLUG(jam(n).slug, limit=1)),
        "snapshot": (QUERY, lambda n: snapshot(jam(n))),
        "ranking": (QUERY, lambda n: list(jam(n).songs.ranked().values("id", "votes")[:200])),
        "an attendee's own": (QUERY, lambda n: mine(Attendee.objects.select_related("jam").get(pk=n))),
        "songs, first page": (QUERY, lambda n: song_reads.SONGS(limit=21)),
        "songs, deep page": (QUERY, lambda n: deep()),
        "venues": (QUERY, lambda n: song_reads.VENUES(limit=21)),
        "token of an attendee": (QUERY, lambda n: attendee_with(str(n), Jam(pk=1 + n % many.full_jams))),
        "how many jams": (AGGREGATE, lambda n: listed.count()),
        "jams with their counts": (AGGREGATE, lambda n: list(listed.with_counts()[:20])),
        "a song": (FETCH, lambda n: Song.objects.get(pk=n)),
    }


def growth(databases: list[Database], times: int) -> Iterator[Row]:
    """The median of so many, in all of them in turn."""
    asked = [(one, board_queries(one)) for one in databases]
    for name in asked[0][1]:
        turns = [[one.cost(queries[name]) for one, queries in asked] for _ in range(times)]
        few, *others = (statistics.median(costs[10:]) for costs in zip(*turns, strict=True))
        for (one, _queries), cost in zip(asked[1:], others, strict=True):
            of = f"× {databases[0].votes:,} votes"
            yield Row(f"{name}, {one.votes:,} votes", cost, "ms", few, cost / few, SAME, of=of)


def board_queries(database: Database) -> dict[str, Callable[[], Any]]:
    from apps.jams.board import snapshot
    from apps.jams.models import Jam
    from apps.voting import ballot
    from apps.voting.queries import mine

    database.use()
    jam = Jam.objects.select_related("venue").get(slug="jam-4")
    attendee = jam.attendees.filter(state="active").select_related("jam").first()
    song, voter = jam.songs.filter(status="open").earliest("pk").pk, ballot.Voter(attendee.pk)
    ballot.take_back(song, voter)
    return {
        "a vote, and taken back": lambda: (ballot.cast(song, voter), ballot.take_back(song, voter)),
        "snapshot": lambda: snapshot(jam),
        "ranking": lambda: list(jam.songs.ranked().values("id", "votes")[:200]),
        "an attendee's own": lambda: mine(attendee),
    }
