"""How often the cache could answer: counted in the process, added up in the store now and then."""

import threading
import time
from collections import Counter
from contextlib import suppress

from apps.core.store import Away, store

EVERY = 5.0  # seconds between two additions, so that a hit costs no round trip more


class Counts:
    """`total` is what this process counted, as `"kind what"`: local, store, miss, refused; each also in bytes."""

    def __init__(self) -> None:
        self.total: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.next = time.monotonic() + EVERY

    def add(self, kind: str, what: str, size: int) -> None:
        with self.lock:
            self.total[f"{kind} {what}"] += 1
            self.total[f"{kind} bytes"] += size
            if time.monotonic() < self.next:
                return
            self.next = time.monotonic() + EVERY
        self.tell()

    def tell(self) -> None:
        with self.lock:
            new, self.told = self.total - self.told, self.total.copy()
        with suppress(Away):  # what is not told now is lost to the sum, not to `total`
            store.add_up(new)


counts = Counts()
