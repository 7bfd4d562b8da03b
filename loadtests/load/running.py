"""Goes through a scenario: the generator's process, a receiver for large rooms, and looks at the house meanwhile."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from loadtests.load.house import House
from loadtests.load.outcome import Outcome
from loadtests.load.scenarios import Scenario
from loadtests.load.windows import PATIENCE, Window
from loadtests.sockets import FarRoom, upgrade
from tests.servers import die_with_parent

SOCKETS = 300  # of Locust; it would be what is measured with more
GRACE = 120  # seconds that a scenario may last longer
SAY_EVERY = 30.0  # seconds
LISTENS = 0.9  # of a window: it must have ended when the next one is told
ASKED = 500  # people whose own votes a service that there is gets asked for


class FailedError(Exception):
    """The scenario did not come to its end."""


class Receiver:
    """Sockets beyond those of Locust, in a process of their own, for people who have joined."""

    def __init__(self, room: FarRoom, slug: str) -> None:
        self.room, self.path = room, f"/ws/jams/{slug}/"
        self.tokens: list[str] = []
        self.growing: Future[Any] | None = None
        self.listening: Future[Any] | None = None
        self.more = self.opened = self.gone = 0

    def add_to(self, window: Window) -> None:
        """What was heard since; then who has come is let in, and it listens again."""
        if self.growing and self.growing.done():
            if self.growing.exception():
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


def plan_of(scenario: Scenario, host: str, sockets: str, slug: str, *, connections: int = 0) -> dict[str, Any]:
    """For the generator. `sockets`: the address of the live process. `connections`: that all people share, as behind a
    balancer; 0: each has some."""
    return {
        "host": host,
        "night": {"slug": slug, "pace": scenario.pace, "sockets": sockets, "most_sockets": SOCKETS},
        "stages": [vars(stage) for stage in scenario.stages],
        "window": scenario.window,
        "connections": connections,
    }


def go(scenario: Scenario, plan: dict[str, Any], receiver: Receiver | None, house: House | None) -> Outcome:
    """Raises FailedError."""
    outcome = Outcome(scenario, [])
    tell = teller(scenario)
    with generator(plan, scenario.seconds + GRACE) as lines:
        for said in lines:
            if "people" in said:
                outcome.people, outcome.errors = said["people"], said["errors"]
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


def differing(people: list[dict[str, Any]], there: Mapping[int, set[int]]) -> int:
    """Votes that were acknowledged and are not there, or are there and were not cast or taken back. `there`: votes by
    attendee."""
    return sum(len((there[one["attendee"]] ^ set(one["songs"])) - set(one["unsure"])) for one in people)


def votes_at(host: str, slug: str, people: list[dict[str, Any]]) -> dict[int, set[int]]:
    """As each of them is told, by attendee. Raises FailedError."""
    found = {}
    for person in people:
        said = ask(f"{host}/api/v1/jams/{slug}/me", Authorization=f"Bearer {person['token']}")
        found[person["attendee"]] = set(said["votes"])
    return found


def ask(url: str, **headers: str) -> dict[str, Any]:
    """Raises FailedError."""
    try:
        with urlopen(Request(url, headers={"Accept": "application/json"} | headers), timeout=PATIENCE) as answer:
            said: dict[str, Any] = json.load(answer)
            return said
    except (OSError, ValueError) as error:
        raise FailedError(f"{url} does not answer: {error}") from error


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
