"""What there is to be gone through: scenarios.toml, read once."""

import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("scenarios.toml")
MOST_USERS, MOST_SECONDS = 5_000, 90_000  # of a scenario
JUDGED = {"budgets", "throughput", "breaking", "recovery", "steadiness", "volume", "connected"}  # see gates.py


@dataclass(frozen=True)
class Stage:
    """`users` people come, or go, within `ramp` seconds and stay for `hold`."""

    users: int
    ramp: float
    hold: float


@dataclass(frozen=True)
class Scenario:
    """`pace`: seconds between two requests of a person, on average. `is_short`: what needs its time is not judged."""

    name: str
    about: str
    pace: float
    stages: tuple[Stage, ...]
    judged: frozenset[str] = frozenset()
    is_short: bool = False

    def __post_init__(self) -> None:
        if unknown := self.judged - JUDGED:
            raise ValueError(f"{self.name}: nothing is judged by {', '.join(sorted(unknown))}")
        if not self.stages or self.most > MOST_USERS or self.seconds > MOST_SECONDS or self.pace <= 0:
            raise ValueError(f"{self.name}: at most {MOST_USERS} users and {MOST_SECONDS} s")
        if any(stage.ramp <= 0 or stage.hold <= 0 or stage.users <= 0 for stage in self.stages):
            raise ValueError(f"{self.name}: users, ramp and hold are above 0")

    @property
    def most(self) -> int:
        """People at once."""
        return max(stage.users for stage in self.stages)

    @property
    def seconds(self) -> float:
        return sum(stage.ramp + stage.hold for stage in self.stages)

    def within(self, seconds: float) -> "Scenario":
        """The same people in another time, ramps and all."""
        times = seconds / self.seconds
        return replace(self, stages=tuple(Stage(one.users, one.ramp * times, one.hold * times) for one in self.stages))

    @property
    def window(self) -> float:
        """Seconds of a point in a chart."""
        return max(1.0, self.seconds // 600)


@lru_cache
def scenarios(*, short: bool = False) -> dict[str, Scenario]:
    """By name. Raises ValueError or TypeError for what cannot be gone through."""
    found = {}
    for name, said in tomllib.loads(FILE.read_text()).items():
        stages = {True: said.pop("short"), False: said.pop("stages")}[short]
        judged = frozenset(said.pop("judged", ()))
        found[name] = Scenario(
            name, stages=tuple(Stage(**stage) for stage in stages), judged=judged, is_short=short, **said
        )
    return found
