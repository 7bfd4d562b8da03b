"""One web process beside two, behind nginx: votes, and a list that is kept nowhere.

Where cores are left over two are to serve 1.7 times as much. Where none is, they cannot; but what a request costs
them says whether anything else would keep them from it: a lock that both wait for, a store that each asks more often.
"""

import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

import psutil

from deploy.cluster.instances import Instance, Release
from loadtests.bench import Row
from loadtests.client import Asked, Generator, generator
from loadtests.drill.night import Drill
from loadtests.drill.room import FIELDS
from loadtests.machine import Server

TIMES = 1.7
LEFT_OVER = 0.1  # of all cores: then they are not the limit
CONNECTIONS, ROUNDS, SECONDS = 32, 5, 4.0
UNLIMITED = {"LIMIT_ADDRESS": "999999/60", "LIMIT_PARTICIPANT": "999999/60"}  # for who asks as fast as it goes


class Seen(NamedTuple):
    rate: float  # requests a second
    cpu: float  # microseconds of web a request
    busy: float  # cores, of all processes of this machine
    generator_full: bool


def rows(drill: Drill) -> Iterator[Row]:
    house, release = drill.house, Release("scaling", env=UNLIMITED)
    one, other = house.begun(["web", "web"], release)
    old = house.of_kind("web")
    found: dict[int, list[Seen]] = {1: [], 2: []}
    with generator() as load:
        for turn in range(-1, ROUNDS):  # the first warms
            for size, all_seen in found.items():
                webs = [one, other][:size]
                house.front.use([*(two for two in house.instances if two not in old), *webs])
                seen = measured(load, drill, webs)
                if turn >= 0:
                    all_seen.append(seen)
    house.take(old, [one, other])
    yield from judged(found[1], found[2])


def judged(ones: list[Seen], twos: list[Seen]) -> Iterator[Row]:
    cores = psutil.cpu_count() or 1
    rate, rates = median(seen.rate for seen in ones), median(seen.rate for seen in twos)
    cpu, cpus = median(seen.cpu for seen in ones), median(seen.cpu for seen in twos)
    busy = median(seen.busy for seen in twos)
    full = busy > (1 - LEFT_OVER) * cores or any(seen.generator_full for seen in twos)
    note = f"with two {busy:.1f} of {cores} cores were busy" + (", so that none was left" if full else "")
    each = (b / a for a, b in zip((seen.rate for seen in ones), (seen.rate for seen in twos), strict=True))
    yield Row("one web process", rate, "/s", note=f"{median(seen.busy for seen in ones):.1f} cores busy")
    yield Row(
        "two web processes", rates, "/s", rate, median(each), least=None if full else TIMES, of="of one", note=note
    )
    each = (b / a for a, b in zip((seen.cpu for seen in ones), (seen.cpu for seen in twos), strict=True))
    yield Row("a request of two", cpus, "µs CPU", cpu, median(each), most=round(2 / TIMES, 2), of="of one's",
              note="what two may cost each, to serve 1.7 times as much on cores enough")  # fmt: skip


def measured(load: Generator, drill: Drill, webs: list[Instance]) -> Seen:
    pids = tuple(child.pid for one in webs for child in psutil.Process(one.process.pid).children())
    asked = Asked(Server(drill.house.front.port, pids), tuple(turns(drill)))
    before, begun = busy_seconds(), time.monotonic()
    found = load.load(asked, SECONDS)
    busy = (busy_seconds() - before) / (time.monotonic() - begun)
    return Seen(found.rate, found.cpu, busy, found.generator_full)


def turns(drill: Drill) -> Iterator[tuple[bytes, ...]]:
    """Of each connection: its own voters cast a vote, read, and take it back."""
    room, songs = drill.room, [song for song in drill.room.songs if song not in drill.room.frozen]
    phones = room.phones[:CONNECTIONS]
    for number, phone in enumerate(phones):
        path, who = f"/api/v1/jams/{room.slug}/songs/{songs[number % len(songs)]}/vote", phone.headers["Authorization"]
        yield call("PUT", path, who), call("GET", f"/api/v1/jams{FIELDS}"), call("DELETE", path, who)


def call(method: str, path: str, who: str = "") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json", "Content-Length: 0"]
    return "\r\n".join([*lines, *([f"Authorization: {who}"] if who else []), "", ""]).encode()


def busy_seconds() -> float:
    times = psutil.cpu_times()._asdict()
    return sum(seconds for name, seconds in times.items() if name not in {"idle", "iowait", "guest", "guest_nice"})
