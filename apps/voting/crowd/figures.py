"""What came of it, in numbers."""

import time
from collections import Counter, deque
from typing import Any

KEPT = 50_000  # latencies


class Figures:
    def __init__(self) -> None:
        self.joined = self.sockets = self.voted = self.taken_back = self.suggested = 0
        self.frames = self.refetched = self.reconnected = 0
        self.refused: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.answered: deque[float] = deque(maxlen=KEPT)  # seconds until a vote was acknowledged
        self.seen: deque[float] = deque(maxlen=KEPT)  # seconds until the voter's own board showed it
        self.started = time.monotonic()
        self.cpu = time.process_time()
        self.ended: float | None = None
        self.checked = 0

    @property
    def acknowledged(self) -> int:
        return self.voted + self.taken_back

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.started

    def end(self) -> None:
        """Nobody votes any more; what follows is the check."""
        self.ended = time.monotonic()
        self.cpu = time.process_time() - self.cpu

    def line(self) -> str:
        return (
            f"joined {self.joined}  sockets {self.sockets}  votes {self.acknowledged} "
            f"({self.acknowledged / max(self.seconds, 0.001):.0f}/s)  refused {self.refused.total()}  "
            f"errors {self.errors.total()}  frames {self.frames}  refetched {self.refetched}  "
            f"p50 {milliseconds(self.answered, 50)} ms  p95 {milliseconds(self.answered, 95)} ms"
        )

    def summary(self) -> dict[str, Any]:
        """Times in milliseconds; `seen_*` run from the tap to the voter's own board."""
        return {
            "seconds": round(self.seconds, 1),
            "joined": self.joined,
            "votes": self.voted,
            "taken_back": self.taken_back,
            "suggested": self.suggested,
            "votes_per_second": round(self.acknowledged / max(self.seconds, 0.001), 1),
            "refused": dict(self.refused),
            "errors": dict(self.errors),
            "frames": self.frames,
            "refetched": self.refetched,
            "reconnected": self.reconnected,
            "vote_p50": milliseconds(self.answered, 50),
            "vote_p95": milliseconds(self.answered, 95),
            "vote_p99": milliseconds(self.answered, 99),
            "seen_p50": milliseconds(self.seen, 50),
            "seen_p95": milliseconds(self.seen, 95),
            "checked": self.checked,
            "cpu_percent": round(100 * self.cpu / max(self.seconds, 0.001)),
        }


def milliseconds(times: deque[float], percent: int) -> float | None:
    if not times:
        return None
    ranked = sorted(times)
    return round(1000 * ranked[min(len(ranked) - 1, len(ranked) * percent // 100)], 1)
