"""How long things took, kept in logarithmic buckets: any two histograms can be merged, and any quantile of what was
merged is within 2 % of the true one. The mapping is that of DDSketch (Masson, Rim and Lee 2019)."""

from dataclasses import dataclass, field
from math import ceil, log
from typing import Self

ERROR = 0.02  # of an estimate, as a share of the true value
LEAST, MOST = 1e-5, 3600.0  # seconds; what took less or more counts as these
GAMMA = (1 + ERROR) / (1 - ERROR)
PER_LOG = 1 / log(GAMMA)


def index(seconds: float) -> int:
    """The bucket: i holds what is over GAMMA ** (i - 1) and not over GAMMA ** i."""
    if seconds < LEAST:
        seconds = LEAST
    elif seconds > MOST:
        seconds = MOST
    return ceil(log(seconds) * PER_LOG)


def value(index: int) -> float:
    """Seconds that are within ERROR of all that the bucket holds."""
    return float(2 * GAMMA**index / (GAMMA + 1))


@dataclass(slots=True)
class Histogram:
    """Durations by bucket; buckets that hold none are left out. For one thread at a time."""

    counts: dict[int, int] = field(default_factory=dict)

    def add(self, seconds: float) -> None:
        bucket, counts = index(seconds), self.counts
        counts[bucket] = counts.get(bucket, 0) + 1

    def merge(self, other: Self) -> None:
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    def quantile(self, q: float) -> float:
        """Seconds: the estimate of the observation of rank ⌊q (count - 1)⌋, counted from 0; 0 when there is none."""
        rank = int(q * (self.count - 1))
        for bucket in sorted(self.counts):
            rank -= self.counts[bucket]
            if rank < 0:
                return value(bucket)
        return 0.0

    def share_over(self, seconds: float) -> float:
        """Of all observations, by the same estimates as quantiles: some are over what a quantile says is exceeded. 0
        when there is none."""
        last, count = index(seconds), self.count
        if value(last) > seconds:
            last -= 1
        return sum(counted for bucket, counted in self.counts.items() if bucket > last) / count if count else 0.0

    def as_json(self) -> dict[str, int]:
        return {str(bucket): self.counts[bucket] for bucket in sorted(self.counts)}

    @classmethod
    def from_json(cls, counts: dict[str, int]) -> Self:
        return cls({int(bucket): count for bucket, count in counts.items()})
