"""What a request has spent so far, by where: its thread's own, so nothing is shared and nothing locked.

Who begins it takes what it holds at the end (apps/insight/recording.py). Between two requests nobody collects.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

LONGEST_TEXT = 2_000  # characters of a statement


class Spent(threading.local):
    """Seconds, and the statements by their text: how often, and how long together."""

    def __init__(self) -> None:
        self.collects = False
        self.begin()
        self.collects = False

    def begin(self) -> None:
        self.collects = True
        self.database = self.cache = self.rendering = self.waiting = 0.0
        self.queries = self.cache_calls = 0
        self.statements: dict[str, list[float]] = {}

    def end(self) -> None:
        self.collects = False

    def query(self, text: str, seconds: float) -> None:
        if not self.collects:
            return
        self.database += seconds
        self.queries += 1
        if len(text) > LONGEST_TEXT:
            text = text[:LONGEST_TEXT]
        known = self.statements.get(text)
        if known is None:
            self.statements[text] = [1, seconds]
        else:
            known[0] += 1
            known[1] += seconds


spent = Spent()


@contextmanager
def rendering() -> Iterator[None]:
    """Without what the database and the cache took meanwhile, and without what was rendered within."""
    began, before = perf_counter(), spent.database + spent.cache + spent.rendering + spent.waiting
    try:
        yield
    finally:
        within = spent.database + spent.cache + spent.rendering + spent.waiting - before
        spent.rendering += max(0.0, perf_counter() - began - within)
