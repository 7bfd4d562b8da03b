"""A crowd (`manage.py crowd`) and sockets that come and go, for an hour on the processes of production.

growth       of the resident memory after the warm-up, in percent an hour: the medians of its first and last third
descriptors  that a process holds when everybody has gone, beyond those that it held at rest after the warm-up

Half of the sockets say goodbye, the others break off; each is of one of many jams, so that streams are begun and
forgotten all the time. Who is told to come back later does, as phones do, and is counted. In the short form growth is
told and not judged: an hour cannot be foretold from seconds.
"""

import asyncio
import random
import statistics
import subprocess
import sys
import time
from typing import Any, NamedTuple

import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from apps.live.changes import Close
from loadtests.bench import Row
from loadtests.machine import LIVE, WEB, Server, about, serve, set_up

JAMS, AT_ONCE = 50, 10
REST = 5.0  # seconds: whatever is forgotten, has been by then
GROWTH, MORE = 1, 4  # percent an hour; descriptors: threads and pools take theirs as they are first needed
HOUR = 3600
PAUSE = 5.0  # seconds at most, by dice: of who was told to come back later


class Sockets(NamedTuple):
    opened: int = 0
    put_off: int = 0  # told to come back later


def run(*, short: bool, seconds: float = HOUR) -> list[Row]:
    set_up()
    from django.core.management import call_command
    from django.db import connection

    call_command("seed_demo", verbosity=0)
    slugs = make_jams()
    connection.close()
    servers = {"web": serve("jamvote.wsgi", *WEB), "live": serve("jamvote.asgi", *LIVE)}
    warm, seconds = (6.0, 9.0) if short else (max(60.0, seconds / 4), seconds)
    print(f"{about()}; {JAMS} jams, warm for {warm:.0f} s, then {seconds:.0f} s")
    load(servers, slugs, warm)
    before = descriptors(servers)
    samples, sockets = load(servers, slugs, seconds)
    after = descriptors(servers)
    for server in servers.values():
        server.kill()
    rows = [growth_row(name, samples, judged=seconds >= HOUR / 2) for name in servers]
    for name in servers:
        note = f"{after[name]} instead of {before[name]}"
        rows.append(Row(f"descriptors of {name}", after[name] - before[name], "more", most=MORE, note=note))
    rows.append(Row("sockets that came and went", sockets.opened, "sockets"))
    rows.append(Row("sockets put off", sockets.put_off, "sockets", note="told to come back later"))
    return rows


def make_jams() -> list[str]:
    from datetime import timedelta

    from django.utils import timezone

    from apps.catalog.models import Venue
    from apps.jams.models import Jam

    now, venue = timezone.now(), Venue.objects.order_by("pk")[0]
    jams = [Jam(venue=venue, name="Soak", slug=f"soak-{number}", status="open", starts_at=now + timedelta(days=300),
                ends_at=now + timedelta(days=301)) for number in range(JAMS)]  # fmt: skip
    return [jam.slug for jam in Jam.objects.bulk_create(jams)]


def load(servers: dict[str, Server], slugs: list[str], seconds: float) -> tuple[list[dict[str, float]], Sockets]:
    """Samples of the memory in bytes, by process, and `at` in seconds; what became of the sockets."""
    urls = [f"http://127.0.0.1:{servers[name].port}" for name in ("web", "live")]
    words = [urls[0], "--socket-url", urls[1], "--attendees", "60", "--rate", "30", "--seconds", str(seconds), "--json"]
    crowd = subprocess.Popen([sys.executable, "manage.py", "crowd", *words], stdout=subprocess.DEVNULL)
    try:
        samples, sockets = asyncio.run(come_and_go(servers, slugs, seconds))
        if crowd.wait():
            raise RuntimeError("the crowd met errors")
    finally:
        crowd.kill()
    time.sleep(REST)
    return samples, sockets


async def come_and_go(servers: dict[str, Server], slugs: list[str], seconds: float) -> tuple[list[Any], Sockets]:
    end = time.monotonic() + seconds
    people = [asyncio.create_task(come(servers["live"].port, slugs, end)) for _ in range(AT_ONCE)]
    samples: list[dict[str, float]] = []
    while time.monotonic() < end:
        await asyncio.sleep(min(seconds / 60, 10))
        samples.append({"at": time.monotonic(), **{name: memory(server) for name, server in servers.items()}})
        if len(samples) % 10 == 0:
            tell(servers, samples[-1])
    return samples, Sockets(*map(sum, zip(*await asyncio.gather(*people), strict=True)))


async def come(port: int, slugs: list[str], end: float) -> Sockets:
    opened = put_off = 0
    while time.monotonic() < end:
        url = f"ws://127.0.0.1:{port}/ws/jams/{random.choice(slugs)}"
        socket = await connect(url, compression=None, proxy=None, open_timeout=60)  # waiting is not judged here
        try:
            await socket.recv()
        except ConnectionClosed as closed:
            if not closed.rcvd or closed.rcvd.code != Close.TRY_LATER:
                raise
            put_off += 1
            await asyncio.sleep(random.random() * PAUSE)
            continue
        opened += 1
        await asyncio.sleep(random.random() / 2)
        if random.random() < 0.5:
            socket.transport.abort()
        await socket.close()
    return Sockets(opened, put_off)


def tell(servers: dict[str, Server], sample: dict[str, float]) -> None:
    held = descriptors(servers)
    parts = [f"{name} {sample[name] / 2**20:.1f} MB, {held[name]} descriptors" for name in servers]
    print(f"{time.strftime('%H:%M:%S')}  {'; '.join(parts)}", flush=True)


def memory(server: Server) -> float:
    return sum(psutil.Process(pid).memory_info().rss for pid in server.pids)


def descriptors(servers: dict[str, Server]) -> dict[str, int]:
    return {name: sum(psutil.Process(pid).num_fds() for pid in server.pids) for name, server in servers.items()}


def growth_row(name: str, samples: list[dict[str, float]], *, judged: bool) -> Row:
    third = len(samples) // 3
    first, last = samples[:third], samples[-third:]
    (before, after), (begun, ended) = (
        [statistics.median(sample[what] for sample in part) for part in (first, last)] for what in (name, "at")
    )
    growth = 100 * (after / before - 1) * HOUR / (ended - begun)
    note = f"{before / 2**20:.1f} → {after / 2**20:.1f} MB"
    if not judged:  # too short to foretell an hour from
        return Row(f"growth of {name}", (after - before) / 2**20, "MB", note=note)
    return Row(f"growth of {name}", growth, "% an hour", most=GROWTH, note=note)
