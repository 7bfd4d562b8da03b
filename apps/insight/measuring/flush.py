"""Writes what this process measured, every INSIGHT_FLUSH_SECONDS: each minute whole, so that twice does no harm."""

import asyncio
import atexit
import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections

from apps.core.write_behind import own_connection
from apps.insight.measuring.facts import add
from apps.insight.measuring.looks import Looker
from apps.insight.measuring.recorder import MINUTE, recorder
from apps.insight.models import Rollup

log = logging.getLogger(__name__)

TICK = 0.1  # seconds of sleep by which the event loop is judged
STOP_SECONDS = 3


class Flusher:
    """One a process. What it has seen of a minute stays with it until the minute is over."""

    def __init__(self, kind: str) -> None:
        self.looker = Looker(kind)
        self.looks: dict[int, dict[str, Any]] = {}
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run, name="insight", daemon=True)

    def run(self) -> None:
        connections[DEFAULT_DB_ALIAS] = own_connection()
        last = False
        while not last:
            last = self.ending.wait(settings.INSIGHT_FLUSH_SECONDS)
            try:
                self.flush()
            except DatabaseError as error:
                log.warning("insight: what was measured waits for the database: %s", error)
            except Exception:
                log.exception("insight: nothing was written this time")
            finally:
                connection.close()

    def flush(self) -> None:
        now = int(time.time()) // MINUTE
        add(self.looks.setdefault(now, {}), self.looker.look())
        taken = recorder.take()
        minutes = {at: {**taken.get(at, {}), **self.looks.get(at, {})} for at in {*taken, *self.looks}}
        write(self.looker.name, minutes)
        recorder.written(minutes)
        self.looks = {at: facts for at, facts in self.looks.items() if at >= now - 1}

    def stop(self) -> None:
        self.ending.set()
        if self.thread.is_alive():
            self.thread.join(STOP_SECONDS)


def write(process: str, minutes: dict[int, dict[str, Any]]) -> None:
    rows = [
        Rollup(span=Rollup.Span.MINUTE, at=moment(at), release=settings.RELEASE, process=process, facts=facts)
        for at, facts in sorted(minutes.items())
    ]
    keys = ["span", "at", "release", "process"]
    Rollup.objects.bulk_create(rows, update_conflicts=True, unique_fields=keys, update_fields=["facts"])


def moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * MINUTE, UTC)


_flushers: dict[str, Flusher] = {}


def start(kind: str) -> None:
    """Call it once in each process that serves: `kind` is web, live or worker."""
    if settings.INSIGHT and kind not in _flushers:
        flusher = _flushers[kind] = Flusher(kind)
        flusher.thread.start()
        atexit.register(flusher.stop)


def stop() -> None:
    for kind in list(_flushers):
        _flushers.pop(kind).stop()


async def watch_loop() -> None:
    """Notes how late this event loop is, as long as it runs."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(TICK)
        late = time.perf_counter() - began - TICK
        for flusher in _flushers.values():
            flusher.looker.lateness.append(late)
