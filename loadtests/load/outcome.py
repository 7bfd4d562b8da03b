"""What came of a whole scenario."""

from dataclasses import dataclass, field
from typing import Any

from loadtests.load.scenarios import Scenario
from loadtests.load.windows import Window

OURS = ("web", "live", "worker", "beat")  # processes, by service


@dataclass(frozen=True)
class Throughput:
    """The mix of a night as fast as it is answered, and F, in turn: requests a second; milliseconds."""

    rate: float
    floor: float
    ratio: float  # the median of those of the rounds
    average: float
    p95: float
    p99: float
    generator_full: bool


@dataclass
class Outcome:
    """`people`: what each was told of their votes. `errors`: of the generator itself. `differing`: votes that are not
    as acknowledged, of `checked` people. `drift`: songs whose count is not that of their votes. `at_rest`: bytes by
    service. `statements`: as apps/core/database.py tells them. None: not to be seen over HTTP, or not asked for."""

    scenario: Scenario
    windows: list[Window]
    people: list[dict[str, Any]] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    checked: int = 0
    differing: int = 0
    drift: int | None = None
    statements: list[dict[str, Any]] | None = None
    at_rest: dict[str, float] | None = None
    throughput: Throughput | None = None

    def stage(self, number: int) -> list[Window]:
        return [window for window in self.windows if window.stage == number]

    @property
    def holding(self) -> list[Window]:
        """Nobody comes or goes; all there is, where that was never so."""
        return [window for window in self.windows if window.holding] or self.windows
