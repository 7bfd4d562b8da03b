"""How many sockets there are, and how soon they hear of what has changed."""

import time
from collections import deque
from contextlib import suppress

from prometheus_client import Gauge, Histogram

# Seconds; the promise of apps/insight/slo.toml and twice as much are among them.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 5)

RECENT = 10_000
recent: deque[float] = deque(maxlen=RECENT)
sockets = Gauge("live_sockets", "Sockets that a process holds.", multiprocess_mode="liveall")
latency = Histogram(
    "live_latency_seconds",
    "From the commit of a frame's oldest change until the last socket has the frame; clocks of machines are in step.",
    buckets=BUCKETS,
)


def measure_frame(committed: int) -> None:
    """One that has just been sent. `committed`: when its oldest change was, in milliseconds; 0 where nobody knows."""
    if committed:
        seconds = max(0.0, time.time() - committed / 1000)
        latency.observe(seconds)
        recent.append(seconds)


def taken() -> list[float]:
    """Latencies since this was asked last, the newest RECENT at most."""
    found = []
    with suppress(IndexError):
        while True:
            found.append(recent.popleft())
    return found
