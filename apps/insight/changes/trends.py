"""Whether something rises or falls for good, and when it reaches a limit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import erfc, sqrt
from statistics import median

LEAST_POINTS = 14
CHANCE = 0.01  # that what is no trend is called one
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Trend:
    """A line through points of (day, value), which ends at the last of them."""

    slope: float  # a day
    level: float  # where the line ends
    p: float

    def days_until(self, limit: float) -> float | None:
        """From the last point. None: the line leads away from the limit, or is past it."""
        days = (limit - self.level) / self.slope
        return days if days >= 0 else None


def trend(points: Points) -> Trend | None:
    """None where points are fewer than LEAST_POINTS, or what they show may be chance."""
    ordered = sorted(points)
    if len(ordered) < LEAST_POINTS or (p := chance([value for _day, value in ordered])) >= CHANCE:
        return None
    slope, at_zero = line(ordered)
    return Trend(slope, at_zero + slope * ordered[-1][0], p) if slope else None


def line(points: Points) -> tuple[float, float]:
    """Slope, and value at 0: medians, which a few wild points do not move (Theil 1950, Sen 1968). The slope is 0 where
    all points have the same place."""
    slopes = [(b - a) / (after - before) for (before, a), (after, b) in combinations(points, 2) if before != after]
    slope = median(slopes) if slopes else 0.0
    return slope, median(value - slope * place for place, value in points)


def chance(values: Sequence[float]) -> float:
    """How likely values without a trend rise or fall as steadily as these: the two-sided p of the test of Mann (1945)
    and Kendall (1975), its variance corrected for ties, with correction for continuity."""
    score = sum((b > a) - (b < a) for a, b in combinations(values, 2))
    spread = variance(len(values)) - sum(variance(tied) for tied in Counter(values).values())
    return erfc(max(abs(score) - 1, 0) / sqrt(2 * spread)) if spread > 0 else 1.0


def variance(n: int) -> float:
    """Of the score of n values in any order."""
    return n * (n - 1) * (2 * n + 5) / 18
