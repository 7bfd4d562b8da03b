"""Another release in place of the one that runs: one instance after the other, all at once, or by shares of who asks.

Two releases run beside each other meanwhile, on one database: migrations must suit both (docs/installation.md).
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from deploy.budget import Log, Tally, watch
from deploy.cluster.house import SIZES, House
from deploy.cluster.instances import Instance, Release

STEPS = (5, 25, 50, 100)  # per cent of those who ask
STEP_SECONDS = 60.0
BACKGROUND, SERVING = ("worker", "beat"), ("live", "web")


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
    log, outcome, begun = Log(house.front.log), Outcome(), time.monotonic()
    addresses = {f"unix:{one.socket}" for one in new}
    for outcome.percent in steps:
        whole = outcome.percent >= 100
        house.front.use(new if whole else old, new=() if whole else new, percent=0 if whole else outcome.percent)
        tell(f"{release.name} serves {outcome.percent} %")
        outcome.why = watch(log, addresses, outcome.new, seconds)
        if outcome.why:
            break
    if outcome.why:
        house.front.use(house.instances)
        outcome.seconds = time.monotonic() - begun
        tell(f"{release.name} is taken back: {outcome.why} ({outcome.new.faults} of {outcome.new.requests} failed)")
        house.let_go(new)
        house.replace(of_kinds(house, BACKGROUND), before)
    else:
        house.take(old, new)
        outcome.seconds = time.monotonic() - begun
    return outcome


def of_kinds(house: House, kinds: Sequence[str]) -> list[Instance]:
    return [one for kind in kinds for one in house.instances if one.kind == kind]


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
