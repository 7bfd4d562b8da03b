"""Goes through a scenario: the generator's process, a receiver for large rooms, and looks at the house meanwhile."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from statistics import median
from typing import Any

from loadtests.client import Asked, Generator
from loadtests.load.house import House
from loadtests.load.outcome import Outcome, Throughput
from loadtests.load.scenarios import Scenario
from loadtests.load.windows import Window
from loadtests.machine import WEB, serve
from loadtests.mix import CONNECTIONS, asked
from loadtests.recording import request
from loadtests.sockets import FarRoom, upgrade
from tests.servers import die_with_parent

SOCKETS = 300  # of Locust; it would be what is measured with more
GRACE = 120  # seconds that a scenario may last longer
SAY_EVERY = 30.0  # seconds
LISTENS = 0.9  # of a window: it must have ended when the next one is told


class FailedError(Exception):
    """The generator did not come to its end."""


class Receiver:
    """Sockets beyond those of Locust, in a process of their own, for people who have joined."""

    def __init__(self, room: FarRoom, slug: str) -> None:
        self.room, self.path = room, f"/ws/jams/{slug}/"
        self.tokens: list[str] = []
        self.growing: Future[Any] | None = None
        self.listening: Future[Any] | None = None
        self.more = self.opened = self.failed = self.gone = 0

    def add_to(self, window: Window) -> None:
        """What was heard since; then who has come is let in, and it listens again."""
        if self.growing and self.growing.done():
            if self.growing.exception():
                self.failed += self.more
                window.gone += self.more
            else:
                self.opened += self.more
            self.growing = None
        if self.listening and self.listening.done():
            heard = self.listening.result()
            window.frames += sum(frame.sockets for frame in heard.frames)
            window.generator += heard.cpu
            window.gone += heard.gone - self.gone
            self.gone, self.listening = heard.gone, None
        window.sockets += self.opened - self.gone
        if self.growing or self.listening:
            return
        if self.tokens:
            requests = [upgrade(self.path, f"Authorization: Bearer {token}") for token in self.tokens]
            self.growing, self.more, self.tokens = self.room.begin("grow", requests), len(requests), []
        if self.opened or self.growing:
            self.listening = self.room.begin("listen", LISTENS * window.seconds)


def plan_of(scenario: Scenario, host: str, sockets: str, slug: str, *, check: bool) -> dict[str, Any]:
    """For the generator. `sockets`: the address of the live process. `check`: it looks whether votes are as told."""
    return {
        "host": host,
        "night": {"slug": slug, "pace": scenario.pace, "sockets": sockets, "most_sockets": SOCKETS},
        "stages": [vars(stage) for stage in scenario.stages],
        "window": scenario.window,
        "check": check,
    }


def go(scenario: Scenario, plan: dict[str, Any], receiver: Receiver | None, house: House | None) -> Outcome:
    """Raises FailedError."""
    outcome = Outcome(scenario, [])
    tell = teller(scenario)
    with generator(plan, scenario.seconds + GRACE) as lines:
        for said in lines:
            if "people" in said:
                for name in ("people", "errors", "checked", "differing"):
                    setattr(outcome, name, said[name])
                continue
            tokens = said.pop("tokens")
            window = Window.from_json(said)
            if receiver:
                receiver.tokens += tokens
                receiver.add_to(window)
            window.house = house.seen() if house else None
            outcome.windows.append(window)
            tell(window)
    if not outcome.windows or not any(window.tallies for window in outcome.windows):
        raise FailedError("nothing was asked for")
    return outcome


@contextmanager
def generator(plan: dict[str, Any], most: float) -> Iterator[Iterator[dict[str, Any]]]:
    """What it says. It ends with this process, and after `most` seconds."""
    process = subprocess.Popen(
        [sys.executable, "-m", "loadtests.load.generator"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent,
    )  # fmt: skip
    end = threading.Timer(most, process.kill)
    end.start()
    try:
        assert process.stdin
        assert process.stdout
        json.dump(plan, process.stdin)
        process.stdin.close()
        yield map(json.loads, process.stdout)
        if process.wait():
            raise FailedError(f"the generator ended with {process.returncode}")
    finally:
        end.cancel()
        process.kill()
        process.wait()


def teller(scenario: Scenario) -> Callable[[Window], None]:
    """Says how it goes."""
    every, told = SAY_EVERY if scenario.seconds > 10 * SAY_EVERY else 0.0, [-SAY_EVERY]

    def tell(window: Window) -> None:
        if window.at < told[0] + every:
            return
        told[0], asked_for = window.at, window.whole
        busy = f"server's core {window.house.used['server']:.0%}, " if window.house else ""
        print(
            f"{window.at:>7,.0f} s {window.users:>6,} people {window.sockets:>6,} sockets",
            f"{window.rate:>7,.0f} requests/s  p95 {asked_for.percentile(95):>6,.0f} ms  failed {asked_for.failed}",
            f"{busy}generator {window.generator:.0%}",
            sep="  ",
            flush=True,
        )

    return tell


def throughput(house: House, load: Generator, *, rounds: int, seconds: float) -> Throughput:
    """The mix of a night on one web process as fast as it is answered, and F, in turn."""
    floor, ours = serve("loadtests.floor", *WEB), house.unlimited()
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
