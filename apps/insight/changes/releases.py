"""Whether an endpoint has become slower with a release.

Compared is the ratio of a request's time after the release to one's before it: the median of that of all pairs
(Hodges and Lehmann 1963), which is steadier than a ratio of medians or of 95th percentiles. Chance is judged by the
test of Mann and Whitney (1947). Both are reckoned from histograms, whose buckets are steps of one ratio.
"""

from collections import Counter
from dataclasses import dataclass
from math import erfc, sqrt

from apps.insight.measuring.histogram import GAMMA, Histogram

LEAST = 100  # requests before and after; fewer tell nothing
SLOWER, SECONDS, CHANCE = 1.15, 0.020, 0.01
ALIKE = 10  # requests say as much as one that is by itself: those of a moment are slow together


@dataclass(frozen=True)
class Comparison:
    """`ratio`: 1.2 is 20 % slower. `seconds`: by how much a request of the 95th percentile is slower then. `p`: that
    this is chance."""

    ratio: float
    seconds: float
    p: float

    @property
    def slower(self) -> bool:
        return self.ratio > SLOWER and self.seconds > SECONDS and self.p < CHANCE


def comparison(before: Histogram, after: Histogram) -> Comparison | None:
    """Of one endpoint. None where one of the two has too few requests."""
    if min(before.count, after.count) < LEAST:
        return None
    ratio = middle_ratio(before, after)
    return Comparison(ratio, (ratio - 1) * before.quantile(0.95), chance(before, after))


def middle_ratio(before: Histogram, after: Histogram) -> float:
    """Of all pairs, within its bucket by how many there are below."""
    pairs: Counter[int] = Counter()
    for bucket, count in before.counts.items():
        for other, others in after.counts.items():
            pairs[other - bucket] += count * others
    left = pairs.total() / 2
    for steps in sorted(pairs):
        if left <= pairs[steps]:
            break
        left -= pairs[steps]
    return float(GAMMA ** (steps - 0.5 + left / pairs[steps]))


def chance(before: Histogram, after: Histogram) -> float:
    """How likely as many pairs are slower if nothing is: the p of one side, its variance corrected for ties and for
    requests that are alike."""
    n, m = before.count, after.count
    slower, below, ties = 0.0, 0, 0
    for bucket in sorted(before.counts.keys() | after.counts.keys()):
        a, b = before.counts.get(bucket, 0), after.counts.get(bucket, 0)
        slower += b * (below + a / 2)
        below += a
        ties += (a + b) ** 3 - (a + b)
    variance = ALIKE * n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    return erfc((slower - n * m / 2) / sqrt(2 * variance)) / 2 if variance > 0 else 1.0
