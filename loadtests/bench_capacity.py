"""Whether the capacity that is reckoned from quiet times is the one there is.

A room grows, step by step, until requests are no longer answered as fast as they come. Everything that serves it has
one core: web, live, worker and beat, PostgreSQL and Redis; whoever asks has another. Each voter has a socket, and asks
for what voters ask for (mix.py) at moments that do not wait for answers.

reckoned  the requests a second at which the first resource is full, by apps/insight/capacity, from those steps alone
          in which these processes had no more of their core than the product allows a processor
knee      the most requests a second that were answered at any step: where throughput, which followed what was asked
          for, meets the line over which it never comes (Denning and Buzen 1978, asymptotic bounds)
"""

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.request import Request, urlopen

import psutil
from prometheus_client.parser import text_string_to_metric_families

from loadtests import mix
from loadtests.bench import Row
from loadtests.bench_http import SLUG, fill
from loadtests.bench_live import allow_files
from loadtests.bench_vote import prepare
from loadtests.bench_webhooks import start
from loadtests.client import GENERATOR_FULL, Asked, Generator, generator
from loadtests.machine import CORES, LIVE, WEB, about, cpu_seconds, pinned, serve, set_up
from loadtests.sockets import FarRoom, other_process, upgrade
from tests import servers

FIRST, MOST = 50, 6_000  # voters
MORE, MORE_IF_SHORT = 1.25, 1.6  # times as many at the next step
FOLLOWS = 0.95  # of what is asked for is answered
LIGHT, WITHIN = 0.7, 20  # a share of the time, as the product itself lets a processor be busy; per cent
WARM, IDLE = 3.0, 0.01  # seconds; a share of them
OTHERS = 0.1  # of the server's core: with more, what was measured is not the product
COUNT = "api_request_duration_seconds_count"
NOT_BUSY = {"idle", "iowait", "guest", "guest_nice"}  # guests are in user and nice


@dataclass(frozen=True)
class Step:
    sample: Any  # of apps.insight.capacity.fitting
    offered: float  # requests a second
    answered: float
    p95: float  # milliseconds
    generators: float  # the share of their core that they had
    others: float  # the share of the server's core that had whatever is not ours

    @property
    def follows(self) -> bool:
        return self.answered >= FOLLOWS * self.offered

    def __str__(self) -> str:
        used = ", ".join(f"{name} {share:.0%}" for name, share in self.sample.used.items())
        return (
            f"{self.sample.people:>6,.0f} voters: {self.answered:,.0f} of {self.offered:,.0f} requests/s, "
            f"p95 {self.p95:,.1f} ms; {used}; "
            f"others {self.others:.0%}; generators {self.generators:.0%}"
        )


@dataclass(frozen=True)
class Reading:
    """Seconds that the clock, the core and each process have had."""

    at: float
    core: float
    cpu: dict[str, dict[int, float]]

    def since(self, before: "Reading") -> dict[str, float]:
        """By service."""
        return {
            name: sum(seconds - before.cpu[name].get(pid, 0.0) for pid, seconds in cpu.items())
            for name, cpu in self.cpu.items()
        }


def run(*, short: bool) -> list[Row]:
    allow_files()
    set_up()
    fill()
    songs, tokens = prepare(MOST)
    print(f"{about()}; {mix.RATE} requests a second of a voter")
    with generator() as load, other_process() as pool:
        bench = Bench(load, pool, songs, tokens)
        return rows(list(bench.steps(3, MORE_IF_SHORT) if short else bench.steps(16, MORE)))


class Bench:
    """What serves, on the one core, and a room that grows, on the other."""

    def __init__(self, load: Generator, pool: ProcessPoolExecutor, songs: list[int], tokens: list[str]) -> None:
        self.load, self.tokens, self.people = load, tokens, 0
        self.secret = secrets.token_hex(32)
        env = {"METRICS_TOKEN": self.secret, "LIMIT_ADDRESS": "999999/60"}  # all come from one
        stores = [process.pid for process, _home in servers.STARTED]
        self.web, live = serve("jamvote.wsgi", *WEB, **env), serve("jamvote.asgi", *LIVE, **env)
        self.roots = dict(zip(("database processor", "redis"), stores, strict=True))
        for process in [one for name in self.roots for one in self.processes(name)]:
            process.cpu_affinity([CORES[1]])
        with pinned(1):
            self.roots |= {"worker": start("worker"), "beat": start("beat")}
        self.roots |= {"web": self.web.pids[0], "live": live.pids[0]}
        self.room = FarRoom(pool, live.port, [])
        self.asked = Asked(self.web, mix.asked(songs, tokens))

    def processes(self, name: str) -> list[psutil.Process]:
        root = psutil.Process(self.roots[name])
        return [root, *root.children(recursive=True)]

    def steps(self, seconds: float, more: float) -> Iterator[Step]:
        """Until what is asked for is twice no longer answered."""
        self.warm()
        voters, behind = FIRST, 0
        while behind < 2 and voters <= MOST:
            step = self.step(voters, seconds)
            print(step, flush=True)
            yield step
            voters, behind = round(voters * more), behind + (not step.follows)

    def warm(self) -> None:
        """What they do once is not for requests."""
        from jamvote.celery import app

        while not app.control.ping(timeout=0.5):
            pass
        before, busy = self.reading(), True
        while busy:  # with tasks whose time has come meanwhile
            time.sleep(WARM)
            after = self.reading()
            busy, before = after.since(before)["worker"] > IDLE * (after.at - before.at), after
        self.come(FIRST)
        self.load.load(self.asked, WARM)

    def step(self, voters: int, seconds: float) -> Step:
        from apps.insight.capacity.fitting import Sample

        self.come(voters)
        offered = voters * mix.RATE
        answered = self.requests()  # outside of the readings: it is work for the web process
        listening, before = self.room.begin("listen", seconds), self.reading()
        measured = self.load.load(replace(self.asked, rate=offered), seconds)
        after = self.reading()
        answered = self.requests() - answered
        took = after.at - before.at
        used = {name: busy / took for name, busy in after.since(before).items()}
        used = {"processor": sum(used.values())} | used
        sample = Sample(took, answered / took, voters, used)
        generators = measured.generator_cpu / measured.seconds + listening.result().cpu
        others = (after.core - before.core) / took - used["processor"]
        return Step(sample, offered, measured.rate, measured.percentile(95), generators, others)

    def come(self, voters: int) -> None:
        if new := self.tokens[self.people : voters]:
            self.room.ask("grow", [upgrade(f"/ws/jams/{SLUG}/", f"Authorization: Bearer {token}") for token in new])
            self.people = voters

    def reading(self) -> Reading:
        times = psutil.cpu_times(percpu=True)[CORES[1]]._asdict()
        core = sum(seconds for name, seconds in times.items() if name not in NOT_BUSY)
        return Reading(time.monotonic(), core, {name: self.cpu(name) for name in self.roots})

    def cpu(self, name: str) -> dict[int, float]:
        found = {}
        for process in self.processes(name):
            with suppress(OSError):  # PostgreSQL has some that come and go
                found[process.pid] = cpu_seconds((process.pid,))
        return found

    def requests(self) -> float:
        url = f"http://127.0.0.1:{self.web.port}/metrics"
        with urlopen(Request(url, headers={"Authorization": f"Bearer {self.secret}"})) as answer:
            families = text_string_to_metric_families(answer.read().decode())
            return sum(one.value for family in families for one in family.samples if one.name == COUNT)


def rows(steps: list[Step]) -> list[Row]:
    from apps.insight.capacity.fitting import capacity

    light = [step.sample for step in steps if step.follows and step.sample.used["processor"] <= LIGHT]
    found = capacity(light)
    if found is None or not found.first or not found.rate_of_a_voter:
        raise SystemExit("bench: no step was light")
    reckoned, knee = min(one.full_at for one in found.resources if one.full_at), max(step.answered for step in steps)
    quiet = f"{len(light)} of {len(steps)} steps were light"
    limit = f"where {found.first.name} is {found.first.limit:.0%} busy"
    return [
        Row("reckoned", reckoned, "requests/s", note=f"{reckoned / found.rate_of_a_voter:,.0f} voters; {quiet}"),
        Row("knee", knee, "requests/s", note=f"{knee / found.rate_of_a_voter:,.0f} voters"),
        Row("reckoned, beside the knee", 100 * abs(reckoned / knee - 1), "% off", most=WITHIN),
        Row("voters that fit", found.voters or 0, "voters", note=limit),
        Row("generators", 100 * max(step.generators for step in steps), "% busy", most=100 * GENERATOR_FULL),
        Row("others on the server's core", 100 * max(step.others for step in steps), "% busy", most=100 * OTHERS),
    ]
