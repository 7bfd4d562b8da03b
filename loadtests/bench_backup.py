"""What is lost and how long it takes (RPO, RTO) when the database is, with a million votes in it, while people vote.

backup   `manage.py backup`, restored to a fresh cluster by `manage.py restore`: every vote that was acknowledged before
         it was made must be there
killed   a cluster that archives as compose.yaml has it (deploy/wal.sh) is killed when nearly all of a minute was not
         archived yet, and restored to another one: what was acknowledged and is missing must be younger than five
         minutes

RTO ends when a web process on the restored cluster has shown a board and taken a vote. The short form has 50 thousand
votes, and archives every five seconds in place of every minute.
"""

import http.client
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import psycopg

from loadtests.bench import Row
from loadtests.bench_reports import fill
from loadtests.machine import WEB, Server, about, command, serve, set_up
from tests.clusters import Cluster
from tests.servers import find_postgres, private_directory

NIGHTS, VOTES = 100, 10_000  # of a night
SHORT_NIGHTS, SHORT_VOTES = 10, 5_000
SONGS, PEOPLE, PHONES, PAUSE = 60, 600, 4, 0.03  # seconds between two votes of a phone
TIMEOUT, SHORT_TIMEOUT = 60, 5  # archive_timeout
START = 60  # seconds that a web process may take until it answers
NEARLY = 0.9  # of that, from when a file of the log was archived to when the cluster is killed
PATIENCE = 3  # times that, for a file to be archived
RPO, RTO = 300, 900  # seconds
ARCHIVED = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
MISCOUNTED = """
SELECT count(*) FROM jams_jamsong s WHERE votes <> (SELECT count(*) FROM voting_vote v WHERE v.jam_song_id = s.id)
"""
Pair = tuple[int, int]


class Room:
    """A jam that takes votes: its songs, and the people in it. No phone votes for the first song."""

    def __init__(self) -> None:
        from apps.core.credentials import signed
        from apps.jams.models import Attendee
        from apps.jams.queries import hashed
        from tests.factories import make_jam, make_jam_song

        jam = make_jam()
        self.slug = jam.slug
        self.songs = [make_jam_song(jam=jam).pk for _ in range(SONGS)]
        secrets = [f"secret-{n}" for n in range(PEOPLE)]
        people = [Attendee(jam=jam, folded_name=secret, secret_hash=hashed(secret)) for secret in secrets]
        self.people = {one.pk: signed(secret) for one, secret in zip(Attendee.objects.bulk_create(people), secrets,
                                                                     strict=True)}  # fmt: skip

    def vote(self, line: http.client.HTTPConnection, song: int, person: int) -> None:
        headers = {"Authorization": f"Bearer {self.people[person]}"}
        line.request("PUT", f"/api/v1/jams/{self.slug}/songs/{song}/vote", headers=headers)
        check_answer(line)

    def try_out(self, server: Server) -> None:
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=START)
        line.request("GET", f"/api/v1/jams/{self.slug}/snapshot")
        check_answer(line)
        self.vote(line, self.songs[0], next(iter(self.people)))


def check_answer(line: http.client.HTTPConnection) -> None:
    answer = line.getresponse()
    said = answer.read()
    if answer.status != 200:
        raise ValueError(f"{answer.status}: {said[:200]!r}")


class Votes:
    """Cast by phones while it is open, or until one is refused; `acknowledged` has when each was answered."""

    def __init__(self, room: Room, server: Server, songs: list[int]) -> None:
        self.room, self.server, self.songs = room, server, songs
        self.acknowledged: dict[Pair, float] = {}
        self.ended: list[str] = []
        self.over = threading.Event()
        self.phones = [threading.Thread(target=self.tap, args=[n]) for n in range(PHONES)]

    def __enter__(self) -> "Votes":
        for phone in self.phones:
            phone.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.over.set()
        for phone in self.phones:
            phone.join()

    def tap(self, number: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=5)
        for pair in ((song, person) for person in list(self.room.people)[number::PHONES] for song in self.songs):
            if self.over.wait(PAUSE):
                return
            try:
                self.room.vote(line, *pair)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.ended.append(repr(error))
                return
            self.acknowledged[pair] = time.time()
        self.ended.append("it has voted for every song")

    def check(self) -> None:
        if self.ended:
            raise RuntimeError(f"A phone does not vote any more: {self.ended[0]}.")

    def missing(self, url: str, before: float) -> list[float]:
        """When those were acknowledged that are not there."""
        kept = set(
            rows(url, "SELECT jam_song_id, attendee_id FROM voting_vote WHERE jam_song_id = ANY(%s)", self.songs)
        )
        return [at for pair, at in self.acknowledged.items() if at < before and pair not in kept]


def run(*, short: bool) -> list[Row]:
    set_up()
    os.environ["PATH"] = f"{find_postgres()}:{os.environ['PATH']}"
    nights, votes = (SHORT_NIGHTS, SHORT_VOTES) if short else (NIGHTS, VOTES)
    count, room = fill(nights, votes), Room()
    timeout = SHORT_TIMEOUT if short else TIMEOUT
    print(f"{about()}; {count:,} votes, {PHONES} phones that vote, archive_timeout {timeout} s")
    cluster = Cluster(timeout)
    return [*by_backup(room, cluster), *killed(room, cluster, timeout)]


def by_backup(room: Room, cluster: Cluster) -> Iterator[Row]:
    folder = private_directory()
    web = start_web(room)
    with Votes(room, web, room.songs[1 : SONGS // 2]) as votes:
        time.sleep(1)
        took = timed(lambda: ran("backup", str(folder)))
        time.sleep(0.5)
        votes.check()
    web.kill()
    [made] = folder.iterdir()
    size = sum(file.stat().st_size for file in made.iterdir()) / 1e6
    yield Row("backup, time", took, "s", note=f"{size:.1f} MB, beside {len(votes.acknowledged):,} votes")
    web, took = back(room, cluster, lambda: ran("restore", str(made), DATABASE_URL=cluster.url))
    web.kill()
    at = datetime.strptime(made.name, "jamvote-%Y%m%dT%H%M%S%z").timestamp()
    yield Row("backup, RTO", took, "s", most=RTO, note="restored to a fresh cluster, recounted, served")
    before = sum(acknowledged < at for acknowledged in votes.acknowledged.values())
    missing = len(votes.missing(cluster.url, at))
    yield Row("backup, votes from before it missing", missing, "votes", most=0, note=f"of {before:,}")
    yield miscounted("backup", cluster.url)


def killed(room: Room, cluster: Cluster, timeout: int) -> Iterator[Row]:
    took = timed(lambda: check(cluster.run("base")))
    size = sum(file.stat().st_size for file in (cluster.backups / "base").rglob("*.gz")) / 1e6
    yield Row("base, time", took, "s", note=f"{size:.0f} MB")
    web = start_web(room, DATABASE_URL=cluster.url)
    with Votes(room, web, room.songs[SONGS // 2 :]) as votes:
        wait_for_the_archive(cluster.url, timeout * PATIENCE)
        time.sleep(timeout * NEARLY)
        votes.check()
        cluster.kill()
        at = time.time()
    web.kill()

    def restored() -> None:
        cluster.restore("restored")
        ran("after_restore", DATABASE_URL=cluster.url)

    web, took = back(room, cluster, restored)
    web.kill()
    missing = votes.missing(cluster.url, at)
    lost = at - min(missing, default=at)
    note = f"{len(missing):,} of {len(votes.acknowledged):,} votes, the oldest acknowledged so long before"
    yield Row("killed, RPO", lost, "s", most=RPO, note=note)
    yield Row("killed, RTO", took, "s", most=RTO, note="base, log, recount, served")
    yield miscounted("killed", cluster.url)
    size = sum(file.stat().st_size for file in (cluster.backups / "wal").iterdir()) / 1e6
    yield Row("killed, the log since the base", size, "MB", note=f"of {len(votes.acknowledged):,} votes")


def wait_for_the_archive(url: str, seconds: float) -> None:
    """Until it has the file of the log that is being written now."""
    deadline = time.monotonic() + seconds
    with psycopg.connect(url, autocommit=True) as connection:
        [[name]] = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchall()
        while connection.execute(ARCHIVED, [name]).fetchone() != (True,):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} was not archived within {seconds} s.")
            time.sleep(0.05)


def back(room: Room, cluster: Cluster, restore: Callable[[], None]) -> tuple[Server, float]:
    """A web process that takes votes again, and how long that took."""
    begun = time.monotonic()
    restore()
    return start_web(room, DATABASE_URL=cluster.url), time.monotonic() - begun


def start_web(room: Room, **env: str) -> Server:
    """Once it has shown the board and taken a vote."""
    web = serve("jamvote.wsgi", *WEB, LIMIT_PARTICIPANT="999999/60", **env)
    room.try_out(web)
    return web


def ran(*words: str, **env: str) -> None:
    check(command(*words, **env))


def check(done: Any) -> None:
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def miscounted(name: str, url: str) -> Row:
    [[count]] = rows(url, MISCOUNTED)
    return Row(f"{name}, counts that differ from the votes", count, "songs", most=0)


def rows(url: str, sql: str, *params: Any) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql, params).fetchall()


def timed(run: Callable[[], object]) -> float:
    begun = time.monotonic()
    run()
    return time.monotonic() - begun
