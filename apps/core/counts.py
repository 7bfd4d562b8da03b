"""How often the cache could answer: counted in the process, told now and then (apps/core/looking.py)."""

import threading
from collections import Counter
from contextlib import suppress

import prometheus_client

from apps.core.looking import looked_at
from apps.core.store import Away, store

answers = prometheus_client.Counter(
    "cache_answers",
    "Cached reads by what answered: the process (local), Redis (store), the view (miss, or refused: not kept).",
    ["kind", "outcome"],
)
answer_bytes = prometheus_client.Counter("cache_answer_bytes", "Bytes that cached reads answered.", ["kind"])


class Counts:
    """`total` is what this process counted, as `"kind what"`: local, store, miss, refused; each also in bytes.

    Telling Prometheus and the store of each would cost more than the hit.
    """

    def __init__(self) -> None:
        self.total: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.lock = threading.Lock()

    def add(self, kind: str, what: str, size: int) -> None:
        with self.lock:
            self.total[f"{kind} {what}"] += 1
            self.total[f"{kind} bytes"] += size

    def tell(self) -> None:
        with self.lock:
            new, self.told = self.total - self.told, self.total.copy()
        for name, count in new.items():
            kind, what = name.split()
            (answer_bytes.labels(kind) if what == "bytes" else answers.labels(kind, what)).inc(count)
        with suppress(Away):  # what is not told now is lost to the sum, not to `total`
            store.add_up(new)


counts = Counts()
looked_at(counts.tell)
