"""How this process, its machine and the services stand: looked at each time a minute is written.

Sums over looks, so that a mean is `facts[name] / facts["looks"]` whoever looked how often. Several processes look at
the same machine: its mean stays what it is.
"""

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min
from django.utils import timezone

from apps.core import database
from apps.core.counts import counts
from apps.core.database import pool_statistics
from apps.core.store import Away, LocalStore, store
from apps.insight.measuring.histogram import index
from apps.insight.measuring.recorder import fingerprint
from apps.live.hub import open_sockets
from apps.live.metrics import taken
from apps.tasks.models import Task

Facts = dict[str, Any]
LATE = 0.05  # seconds that an event loop may be late


class Looker:
    """Remembers the last look: what is told are differences."""

    def __init__(self, kind: str) -> None:
        self.kind, self.machine = kind, socket.gethostname()
        self.name = f"{kind}-{self.machine[:40]}-{os.getpid()}-{int(time.time()) % 100_000}"
        self.me = psutil.Process()
        self.at = time.monotonic()
        self.cpu, self.busy, self.cache = self.cpu_seconds(), processors(), dict(counts.total)
        self.lateness: list[float] = []  # seconds, of the event loop since the last look

    def look(self) -> Facts:
        """For the minute that runs. What cannot be asked at the moment is left out."""
        return {
            "processes": {self.name: self.process()},
            "machines": {self.machine: self.machine_facts()},
            "services": {name: facts for name, ask in SERVICES.items() if (facts := known(ask))},
            "cache": self.cache_facts(),
            "live": of_frames(taken()),
        }

    def process(self) -> Facts:
        now, cpu, rss = time.monotonic(), self.cpu_seconds(), self.me.memory_info().rss
        late, self.lateness = self.lateness, []
        facts = {
            "kind": self.kind, "machine": self.machine, "looks": 1, "seconds": round(now - self.at, 3),
            "cpu": round(cpu - self.cpu, 4), "rss": rss, "rss_most": rss, "rss_at": [[int(time.time()), rss]],
            "sockets": open_sockets(), "late": sum(one > LATE for one in late),
            "late_seconds": round(sum(one for one in late if one > LATE), 4), "ticks": len(late),
            "late_longest": round(max(late, default=0.0), 4), "threads_most": self.me.num_threads(),
        }  # fmt: skip
        if pool := pool_statistics():
            used = pool.get("pool_size", 0) - pool.get("pool_available", 0)
            waiting = pool.get("requests_waiting", 0)
            facts |= {"pool_size": pool.get("pool_max", 0), "pool_used": used, "pool_waiting": waiting}
        self.at, self.cpu = now, cpu
        return facts

    def cpu_seconds(self) -> float:
        times = self.me.cpu_times()
        return times.user + times.system

    def machine_facts(self) -> Facts:
        (busy, total), before = processors(), self.busy
        self.busy = busy, total
        passed = total - before[1]
        share = (busy - before[0]) / passed if passed > 0 else 0.0
        disk = psutil.disk_usage(str(settings.DATA_DIR if settings.DATA_DIR.exists() else settings.BASE_DIR))
        return {
            "looks": 1, "busy": round(share, 4), "memory": psutil.virtual_memory().percent / 100,
            "disk": disk.percent / 100, "disk_free": disk.free,
        }  # fmt: skip

    def cache_facts(self) -> Facts:
        total, before = dict(counts.total), self.cache
        self.cache = total
        return {name: total[name] - before.get(name, 0) for name in total if total[name] != before.get(name, 0)}


def of_frames(latencies: list[float]) -> Facts:
    """From the commit of a change until the last socket has its frame."""
    histogram: dict[str, int] = {}
    for seconds in latencies:
        bucket = str(index(seconds))
        histogram[bucket] = histogram.get(bucket, 0) + 1
    return {"count": len(latencies), "histogram": histogram}


def processors() -> tuple[float, float]:
    """Seconds that the processors which this process may use were busy, and all of their seconds."""
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    times = psutil.cpu_times(percpu=True)
    rows = [times[number] for number in mine if number < len(times)]
    total = sum(sum(row[:8]) for row in rows)
    return total - sum(row.idle + getattr(row, "iowait", 0.0) for row in rows), total


def known(ask: Callable[[], Facts]) -> Facts:
    """Nothing of what is not there, or away: nobody has looked at it."""
    with suppress(DatabaseError, Away):
        if facts := ask():
            return {"looks": 1} | facts
    return {}


def of_database() -> Facts:
    if connection.vendor != "postgresql":
        return {}
    waits = database.lock_waits()
    facts: Facts = {"connections": connections_open(), "lock_waits": len(waits), "waits": {}}
    for wait in waits:
        one = facts["waits"].setdefault(fingerprint(wait["query"]), {"processes": 0, "seconds": 0.0})
        one["processes"] += 1
        one["seconds"] += wait["seconds"]
    return facts


def connections_open() -> int:
    rows = database.rows_of("SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()")
    return int(rows[0]["n"])


def of_redis() -> Facts:
    if isinstance(store, LocalStore):
        return {}
    memory = store.memory()
    return {"memory": memory["used_memory"], "evicted": memory["evicted_keys"], "delay": round(store.delay(), 6)}


def of_tasks() -> Facts:
    due = Task.objects.filter(state=Task.State.WAITING, due_at__lte=timezone.now())
    found = due.aggregate(waiting=Count("pk"), oldest=Min("due_at"))
    age = (timezone.now() - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    failed = Task.objects.failed_lately().count()
    return {"waiting": found["waiting"], "waiting_most": found["waiting"], "longest": round(age, 1), "failed": failed}


SERVICES: dict[str, Callable[[], Facts]] = {"database": of_database, "redis": of_redis, "tasks": of_tasks}
