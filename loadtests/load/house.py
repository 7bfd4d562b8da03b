"""What is measured: a night of tonight on private stores, and the processes of production on a core of their own."""

import time
from contextlib import suppress
from statistics import median
from typing import Any

import psutil

from loadtests.bench_capacity import NOT_BUSY, Reading
from loadtests.bench_http import SLUG, fill, request
from loadtests.bench_live import allow_files
from loadtests.bench_vote import prepare
from loadtests.bench_webhooks import start
from loadtests.client import Asked, Generator
from loadtests.load.outcome import OURS, Throughput
from loadtests.load.scenarios import MOST_USERS
from loadtests.load.windows import Seen
from loadtests.machine import CORES, LIVE, WEB, cpu_seconds, pinned, serve, set_up
from loadtests.mix import CONNECTIONS, asked
from tests import servers

VOTERS = 400  # people who are in the room already, for what is asked without Locust
LOOKED_UP = 5.0  # seconds after which it is looked up anew which processes there are
UNLIMITED = {"LIMIT_ADDRESS": "999999/60", "LIMIT_PARTICIPANT": "999999/60"}  # for who asks as fast as it goes
STATEMENTS = 1_000  # that are looked at, those first that took most together


class House:
    def __init__(self, *, flush_seconds: float | None = None) -> None:
        """`flush_seconds`: after how many each process writes what it measured, where that is not as it comes."""
        allow_files()
        set_up()
        fill()
        self.songs, self.tokens = prepare(VOTERS)
        tonight()
        sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        env = {"INSIGHT_FLUSH_SECONDS": str(flush_seconds)} if flush_seconds else {}
        stores = [process.pid for process, _home in servers.STARTED]
        self.web, self.live = serve("jamvote.wsgi", *WEB, **env), serve("jamvote.asgi", *LIVE, **env)
        with pinned(1):
            self.roots = {"worker": start("worker", **env), "beat": start("beat", **env)}
        self.roots |= {"web": self.web.pids[0], "live": self.live.pids[0]}
        self.roots |= dict(zip(("database", "redis"), stores, strict=True))
        self.found: dict[str, list[psutil.Process]] = {}
        self.looked_up = -LOOKED_UP

    def settle(self, load: Generator) -> dict[str, float]:
        """What processes do once is not for people. The bytes that they have at rest, by service."""
        from jamvote.celery import app

        while not app.control.ping(timeout=0.5):
            pass
        load.load(Asked(self.web, asked(self.songs, self.tokens), rate=100), 1)
        self.look_up()
        at_rest = {name: sum(map(own_memory, processes)) for name, processes in self.found.items()}
        sql("SELECT pg_stat_statements_reset()")
        self.before = self.reading()
        return at_rest

    def look_up(self) -> None:
        self.found = {}
        for name, pid in self.roots.items():
            root = psutil.Process(pid)
            self.found[name] = [root, *root.children(recursive=True)]
        self.looked_up = time.monotonic()

    def seen(self) -> Seen:
        """Since it was asked last."""
        if time.monotonic() > self.looked_up + LOOKED_UP:
            self.look_up()
        reading = self.reading()
        took, busy = reading.at - self.before.at, reading.since(self.before)
        used = {name: max(0.0, seconds) / took for name, seconds in busy.items()}
        used = {"server": sum(used[name] for name in OURS)} | used
        others = (reading.core - self.before.core) / took - used["server"]
        self.before = reading
        sizes = {name: [memory(one) for one in self.found[name]] for name in OURS}
        largest = max(max(each) for each in sizes.values())
        descriptors = {name: sum(map(files, self.found[name])) for name in OURS}
        return Seen(used, {name: sum(each) for name, each in sizes.items()}, descriptors, largest, max(0.0, others))

    def reading(self) -> Reading:
        core = CORES[1] if len(CORES) > 1 else CORES[0] if CORES else 0
        times = psutil.cpu_times(percpu=True)[core]._asdict()
        busy = sum(seconds for name, seconds in times.items() if name not in NOT_BUSY)
        return Reading(time.monotonic(), busy, {name: cpu(processes) for name, processes in self.found.items()})

    def statements(self) -> list[dict[str, Any]]:
        """Since it settled, as apps/core/database.py tells them."""
        from apps.core.database import statements

        return statements(STATEMENTS)

    def votes(self, people: list[dict[str, Any]]) -> dict[int, set[int]]:
        """Theirs, by attendee."""
        from apps.voting.models import Vote

        found: dict[int, set[int]] = {person["attendee"]: set() for person in people}
        for attendee, song in Vote.objects.filter(attendee__in=found).values_list("attendee", "jam_song"):
            found[attendee].add(song)
        return found


def throughput(house: House, load: Generator, *, short: bool) -> Throughput:
    """The mix of a night as fast as one web process answers it, and F, in turn."""
    rounds, seconds = (2, 1.0) if short else (5, 4.0)
    floor, ours = serve("loadtests.floor", *WEB), serve("jamvote.wsgi", *WEB, **UNLIMITED)
    cases = Asked(floor, (request("/"),) * CONNECTIONS), Asked(ours, asked(house.songs, house.tokens))
    found = [tuple(load.load(case, seconds) for case in cases) for _ in range(rounds + 1)][1:]  # the first warms
    for server in (floor, ours):
        server.kill()
    rates, floors = [ours.rate for _bare, ours in found], [bare.rate for bare, _ours in found]
    average = median(ours.average for _bare, ours in found)
    p95, p99 = (median(ours.percentile(percent) for _bare, ours in found) for percent in (95, 99))
    ratio = median(ours / floor for ours, floor in zip(rates, floors, strict=True))
    full = any(measured.generator_full for pair in found for measured in pair)
    return Throughput(median(rates), median(floors), ratio, average, p95, p99, full)


def tonight() -> None:
    """Nothing ends by itself meanwhile, and nobody finds the room full."""
    from datetime import timedelta

    from django.utils import timezone

    from apps.catalog.models import Venue
    from apps.jams.models import Jam

    now = timezone.now()
    Venue.objects.update(capacity=MOST_USERS)
    Jam.objects.filter(slug=SLUG).update(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=48))


def sql(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)


def cpu(processes: list[psutil.Process]) -> dict[int, float]:
    found = {}
    for process in processes:
        with suppress(OSError, psutil.Error):  # PostgreSQL has some that come and go
            found[process.pid] = cpu_seconds((process.pid,))
    return found


def memory(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def own_memory(process: psutil.Process) -> float:
    """Bytes, of what is shared each process's part, where the system tells that."""
    try:
        told = process.memory_full_info()
        return float(getattr(told, "pss", told.rss))
    except psutil.Error:
        return memory(process)


def files(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.num_fds())
    return 0
