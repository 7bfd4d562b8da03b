"""Another release in place of the one that runs: one instance after the other, all at once, or by shares of who asks.

Two releases run beside each other meanwhile, on one database: migrations must suit both (docs/installation.md).
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.insight.alerting.thresholds import TONIGHT, TONIGHT_LEAST
from deploy.cluster.front import Log
from deploy.cluster.house import SIZES, House
from deploy.cluster.instances import Instance, Release, drain

STEPS = (5, 25, 50, 100)  # per cent of those who ask
STEP_SECONDS = 60.0
PATIENCE = 10  # times as long, for requests enough to say anything
LEAST_FAULTS = 3  # one alone is chance
BACKGROUND, SERVING = ("worker", "beat"), ("live", "web")
TOO_FEW, BURNS = "too few have asked", "the error budget burns"


@dataclass
class Tally:
    requests: int = 0
    faults: int = 0

    @property
    def share(self) -> float:
        return self.faults / self.requests if self.requests else 0.0


@dataclass
class Outcome:
    """`why`: it was taken back; empty: it has taken everything over. `new`: what the new release was asked in all."""

    why: str = ""
    percent: int = 0
    seconds: float = 0.0
    new: Tally = field(default_factory=Tally)


def roll(house: House, release: Release) -> None:
    """A rolling restart: one after the other, so that there is never one fewer."""
    for one in of_kinds(house, tuple(SIZES)):
        house.replace([one], release)
        tell(f"{one.name} has gone, {house.instances[-1].name} ({release.name}) is there")


def switch(house: House, release: Release) -> None:
    """Blue and green: a second set of everything, one reload, and the first is drained."""
    old = of_kinds(house, SERVING)
    new = house.begun([one.kind for one in old], release)
    house.replace(of_kinds(house, BACKGROUND), release)
    house.take(old, new)
    tell(f"{release.name} serves all")


def roll_out(house: House, release: Release, *, steps: Sequence[int] = STEPS, seconds: float = STEP_SECONDS) -> Outcome:
    """By shares, each for so long; taken back by itself when the new one burns the error budget and the old one not."""
    old, before = of_kinds(house, SERVING), house.instances[0].release
    new = house.begun([one.kind for one in old], release)
    house.replace(of_kinds(house, BACKGROUND), release)
    log, outcome, begun = Log(house.front), Outcome(), time.monotonic()
    for outcome.percent in steps:
        whole = outcome.percent >= 100
        house.front.use(new if whole else old, new=() if whole else new, percent=0 if whole else outcome.percent)
        tell(f"{release.name} serves {outcome.percent} %")
        outcome.why = watch(log, new, outcome, seconds)
        if outcome.why:
            break
    if outcome.why:
        house.front.use(house.instances)
        outcome.seconds = time.monotonic() - begun
        tell(f"{release.name} is taken back: {outcome.why} ({outcome.new.faults} of {outcome.new.requests} failed)")
        drain(new)
        house.replace(of_kinds(house, BACKGROUND), before)
    else:
        house.take(old, new)
        outcome.seconds = time.monotonic() - begun
    return outcome


def watch(log: Log, new: list[Instance], outcome: Outcome, seconds: float) -> str:
    """For so long, and until enough have asked. Why to take it back, or nothing."""
    begun, step, others = time.monotonic(), Tally(), Tally()
    addresses = {f"unix:{one.socket}" for one in new}
    while True:
        time.sleep(0.1)
        lasted = time.monotonic() - begun
        for address, status in (tried for answer in log.read() for tried in answer.tried):
            for tally in (step, outcome.new) if address in addresses else (others,):
                tally.requests += 1
                tally.faults += status >= 500
        enough = step.requests >= TONIGHT_LEAST
        if burns(step, others):
            return BURNS
        if lasted >= seconds and enough and not burns(others, Tally()):
            return ""
        if lasted > PATIENCE * seconds:
            return BURNS if enough else TOO_FEW


def burns(one: Tally, other: Tally) -> bool:
    """As the alert ErrorsTonight has it, and more than the other does."""
    enough = one.requests >= TONIGHT_LEAST and one.faults >= LEAST_FAULTS
    return enough and one.share > max(TONIGHT, other.share)


def of_kinds(house: House, kinds: Sequence[str]) -> list[Instance]:
    return [one for kind in kinds for one in house.instances if one.kind == kind]


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
