"""What holds whatever fails, while people vote: real processes, and stores that are killed, emptied and paused.

No acknowledged vote is lost or counted twice, nobody is answered 500, and every board comes to show what is so.
"""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from redis import Redis
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from apps.voting.crowd import person as people
from apps.voting.crowd.check import check
from apps.voting.crowd.figures import Figures
from apps.voting.crowd.person import come
from apps.voting.crowd.room import Room
from apps.voting.crowd.server import Server
from tests.processes import ASGI, WSGI, servers, wait_until
from tests.servers import STARTED, start_postgres, start_redis

pytestmark = pytest.mark.services
CROWD, SONGS = 8, 5
SOON = 30  # seconds that nothing here needs
PREFIX = "outages"
NIGHTS = """
from tests.factories import make_jam, make_jam_song
for _ in range({nights}):
    jam = make_jam()
    for _ in range({songs}): make_jam_song(jam=jam)
    print(jam.slug)
"""
COUNTED = """
SELECT s.id, s.votes, count(v.id) FROM jams_jamsong s LEFT JOIN voting_vote v ON v.jam_song_id = s.id
JOIN jams_jam j ON j.id = s.jam_id WHERE j.slug = %s GROUP BY s.id
"""


class Store:
    """PostgreSQL or Redis, for these tests alone."""

    def __init__(self, start):
        self.start = start
        self.url = start()
        self.process, self.home = STARTED[-1]

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait()

    def begin(self):
        assert self.start(self.home) == self.url
        self.process = STARTED[-1][0]


class House:
    """A web and a live process, with stores of their own."""

    def __init__(self, serve):
        self.postgres, self.redis = Store(start_postgres), Store(start_redis)
        self.env = {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.url, "CHANNEL_PREFIX": PREFIX}
        self.env |= {"LIMIT_PARTICIPANT": "100000/60"}  # the crowd taps faster than people
        self.serve = serve
        self.manage("migrate", "-v0")
        self.nights = self.manage("shell", "--no-imports", "-c", NIGHTS.format(nights=12, songs=SONGS)).split()
        self.rows("ALTER ROLE postgres SET synchronous_commit = on")  # as wherever votes matter
        self.start_web()
        self.start_live()

    def start_web(self, port=0):
        self.web = self.serve(WSGI, port=port, **self.env)
        self.web_process = self.serve.started[-1]

    def start_live(self, port=0):
        self.live = self.serve(ASGI, port=port, **self.env)
        self.live_process = self.serve.started[-1]

    def manage(self, *words):
        env = os.environ | self.env
        done = subprocess.run([sys.executable, "manage.py", *words], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def rows(self, sql, *params):
        with psycopg.connect(self.postgres.url) as connection:
            found = connection.execute(sql, params)
            return found.fetchall() if found.description else []

    def redis_client(self):
        return Redis.from_url(self.redis.url)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with servers(tmp_path_factory.mktemp("house")) as serve:
        yield House(serve)


# What fails -------------------------------------------------------------------------------------------


class Outage:
    """What begins while people vote. `lasts`: it ends after the last vote, so that no later one makes up for it."""

    votes_go_on, lasts = True, False

    def __init__(self, house):
        self.house = house

    def begin(self):
        raise NotImplementedError

    def look(self, slug):
        """What can be seen meanwhile."""

    def end(self):
        raise NotImplementedError


class RedisStartsAnew(Outage):
    def begin(self):
        self.house.redis.end(signal.SIGKILL)

    def end(self):
        self.house.redis.begin()


class RedisIsEmptied(Outage):
    lasts = True

    def begin(self):
        self.house.redis_client().flushall()

    end = begin


class RedisStandsStill(Outage):
    lasts = True

    def begin(self):
        self.house.redis.process.send_signal(signal.SIGSTOP)

    def end(self):
        self.house.redis.process.send_signal(signal.SIGCONT)


class LiveIsKilled(Outage):
    def begin(self):
        self.house.serve.kill(self.house.live_process)

    def end(self):
        self.house.start_live(port=urlsplit(self.house.live).port)


class WebIsKilled(Outage):
    votes_go_on = False

    def begin(self):
        self.house.serve.kill(self.house.web_process)

    def end(self):
        self.house.start_web(port=urlsplit(self.house.web).port)


class DatabaseCrashes(Outage):
    """A process of it is killed: it ends all others, reads its log and begins anew."""

    def begin(self):
        [[backend], *_] = self.house.rows("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                                          " AND backend_type = 'client backend'")  # fmt: skip
        os.kill(backend, signal.SIGKILL)

    def end(self):
        pass


class DatabaseIsAway(Outage):
    votes_go_on = False

    def begin(self):
        self.house.postgres.end(signal.SIGINT)

    def look(self, slug):
        """Votes are not taken, and who asks is told when to come again; by a process with a pool of connections too."""
        with ThreadPoolExecutor() as pool:
            votes = f"{self.house.web}/api/v1/jams/{slug}/songs/1/vote"
            vote = pool.submit(httpx.put, votes, headers={"Authorization": "Bearer x"}).result()
            code = pool.submit(close_code, self.house, slug)
            get = partial(httpx.get, timeout=SOON)
            pages = [*pool.map(get, (f"{server}/j/zzzzzz" for server in (self.house.web, self.house.live)))]

        assert (vote.status_code, vote.json()["code"]) == (503, "unavailable")
        assert [page.status_code for page in pages] == [503, 503]
        assert all(1 <= int(said.headers["Retry-After"]) <= 5 for said in (vote, *pages))
        assert code.result() == 1013

    def end(self):
        self.house.postgres.begin()


class FramesAreLost(Outage):
    """The connection that brings them is cut again and again."""

    lasts = True

    def begin(self):
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.cut)
        self.thread.start()

    def cut(self):
        redis = self.house.redis_client()
        while not self.over.wait(0.01):
            redis.client_kill_filter(_type="pubsub")

    def end(self):
        self.over.set()
        self.thread.join()


# The crowd --------------------------------------------------------------------------------------------


async def until(done, what):
    deadline = time.monotonic() + SOON
    while not done():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


async def scene(house, slug, outage, seconds):
    async with Server(house.web) as server:
        figures = Figures()
        room = Room(server, slug, house.live.replace("http", "ws"), figures, pace=0.15, rng=random.Random(7))
        async with asyncio.TaskGroup() as phones:
            coming = [phones.create_task(come(room, 0.1, phones)) for _ in range(CROWD)]
            await until(lambda: figures.sockets == CROWD and figures.acknowledged > 20, "nobody votes")
            outage.begin()  # not in a thread: with it, what it starts would end
            before = figures.acknowledged
            await asyncio.sleep(seconds)
            if outage.votes_go_on:
                await until(lambda: figures.acknowledged > before + 20, "votes do not go on")
            await asyncio.to_thread(outage.look, slug)
            if not outage.lasts:
                outage.end()
                before = figures.acknowledged
                await until(lambda: figures.acknowledged > before + 20, "votes do not come back")
            room.closing.set()
            crowd = await asyncio.gather(*coming)
            if outage.lasts:
                outage.end()
            await until(lambda: figures.sockets == CROWD, "sockets do not come back")
            during, figures.errors = figures.errors, type(figures.errors)()
            await check(room, crowd)
            snapshot = await room.ask("GET", "snapshot", public=True)
            shown = [boards(person) for person in crowd]
            for person in crowd:
                person.phone.put_away()
    return room.figures, during, snapshot.body, shown


def boards(person):
    return {pk: row.votes for pk, row in person.phone.board.songs.items()}


def close_code(house, slug):
    """Why a socket is closed that does not stay open; None for one that does."""
    with connect(f"{house.live.replace('http', 'ws')}/ws/jams/{slug}") as socket:
        try:
            socket.recv(timeout=SOON)
        except ConnectionClosed:
            return socket.close_code


OUTAGES = [
    RedisStartsAnew, RedisIsEmptied, RedisStandsStill, LiveIsKilled, WebIsKilled, DatabaseIsAway, DatabaseCrashes,
    FramesAreLost,
]  # fmt: skip


@pytest.mark.parametrize("kind", OUTAGES)
def test_no_vote_is_lost_and_no_board_stays_wrong(house, full, monkeypatch, kind):
    monkeypatch.setattr(people, "FIRST_TAP", (0.0, 0.3))
    slug = house.nights.pop()

    figures, during, snapshot, shown = asyncio.run(scene(house, slug, kind(house), 20 if full else 0.5))

    assert not any("HTTP 500" in error for error in during), during
    assert figures.errors == {}
    assert figures.checked == CROWD
    # Every phone shows what is so: the boards, the snapshot, the counters and the rows are the same.
    counted = {song["id"]: song["votes"] for song in snapshot["songs"]}
    rows = house.rows(COUNTED, slug)
    assert shown == [counted] * CROWD
    assert {pk: votes for pk, votes, _count in rows} == {pk: count for pk, _votes, count in rows} == counted
    wait_until(lambda: httpx.get(f"{house.live}/j/zzzzzz", timeout=SOON).status_code == 404)


def test_who_hears_nothing_is_told_so_and_can_poll(house):
    """While Redis stands still: no socket that seems to be live, and snapshots with the newest votes."""
    slug = house.nights.pop()
    snapshot = f"{house.web}/api/v1/jams/{slug}/snapshot"
    phone = httpx.post(f"{house.web}/api/v1/jams/{slug}/attendees", json={}).json()
    song = httpx.get(snapshot).json()["songs"][0]["id"]
    with connect(f"{house.live.replace('http', 'ws')}/ws/jams/{slug}") as socket:
        outage = RedisStandsStill(house)
        outage.begin()
        try:
            with contextlib.suppress(ConnectionClosed):
                while socket.recv(timeout=SOON):
                    pass
            again = close_code(house, slug)
            token = {"Authorization": f"Bearer {phone['token']}"}
            voted = httpx.put(f"{house.web}/api/v1/jams/{slug}/songs/{song}/vote", headers=token)
            polled = httpx.get(snapshot)
        finally:
            outage.end()

    assert (socket.close_code, again, voted.status_code) == (1013, 1013, 200)
    assert {row["id"]: row["votes"] for row in polled.json()["songs"]}[song] == 1
    wait_until(lambda: close_code(house, slug) is None)


def test_afterwards_no_counter_has_drifted(house):
    house.manage("recount")
