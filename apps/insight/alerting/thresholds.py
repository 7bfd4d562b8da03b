"""When an alert is raised: the same for Prometheus (prometheus/rules.py) and within JamVote (conditions.py).

Burn rates are those of the SRE workbook (Beyer and others 2018, chapter 5): how many times too fast what may fail in
30 days is used up, over a long window and over a short one, so that an alert ends soon after its cause.
"""

from typing import NamedTuple

PAGE, TICKET = "page", "ticket"  # wakes somebody; can wait for the morning
MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


class Burn(NamedTuple):
    rate: float
    long: str
    short: str
    severity: str

    @property
    def name(self) -> str:
        return f"ErrorBudgetBurn{self.long}"


class Kind(NamedTuple):
    """`minutes`: for how long it must hold."""

    severity: str
    minutes: int = 0


BURNING = (Burn(14.4, "1h", "5m", PAGE), Burn(6, "6h", "30m", PAGE), Burn(1, "3d", "6h", TICKET))
TONIGHT, TONIGHT_LEAST = 0.02, 20  # a share of the requests of two minutes, if there are so many
ERRORS = 0.05  # a share of requests
SLOWER = 2  # times the target
SLOW_QUERY = 1.0  # seconds
HITS, HITS_ASKED = 0.8, 1  # a share of what the cache could answer, if it is asked so often a second
EVICTED = 10  # keys a second
UNKEPT = 120  # seconds since PostgreSQL's log was archived: twice archive_timeout (compose.yaml)
BUSY, FULL = 0.8, 0.85  # of a machine's processors, and of its memory

ALERTS: dict[str, Kind] = {
    **{burn.name: Kind(burn.severity) for burn in BURNING},
    "ErrorsTonight": Kind(PAGE),
    "ErrorsHigh": Kind(PAGE, 3),
    "SlowRequests": Kind(PAGE, 5),
    "SlowQuery": Kind(TICKET),
    "PoolExhausted": Kind(PAGE, 1),
    "LogNotKept": Kind(PAGE, 3),  # Prometheus alone knows it
    "CacheHitsLow": Kind(TICKET, 10),
    "CacheEvictions": Kind(TICKET, 10),
    "ProcessorBusy": Kind(PAGE, 10),
    "MemoryFull": Kind(PAGE, 10),
    "LiveLate": Kind(PAGE, 5),
    "ProcessGone": Kind(PAGE, 2),  # Prometheus alone knows it
    "QueueLong": Kind(TICKET, 5),
    "TasksFailed": Kind(TICKET),
}


def minutes(window: str) -> int:
    """Of `6h`, as Prometheus writes it."""
    return int(window[:-1]) * MINUTES[window[-1]]
