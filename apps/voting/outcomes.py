"""What became of votes: counted in the process, told to Prometheus now and then (apps/core/looking.py)."""

import threading
from collections import Counter

import prometheus_client

from apps.core.errors import DomainError
from apps.core.looking import looked_at

COUNTED, UNCHANGED = "counted", "unchanged"

votes = prometheus_client.Counter(
    "votes",
    "Votes and votes taken back: counted, unchanged (said again), or the code of the refusal.",
    ["outcome"],
)
said: Counter[str] = Counter()
lock = threading.Lock()


def count_vote(outcome: str) -> None:
    with lock:
        said[outcome] += 1


def refused(error: DomainError) -> DomainError:
    count_vote(error.code)
    return error


@looked_at
def tell_votes() -> None:
    with lock:
        new = said.copy()
        said.clear()
    for outcome, times in new.items():
        votes.labels(outcome).inc(times)
