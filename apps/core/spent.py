"""What a request has spent so far, by where: its thread's own, so nothing is shared and nothing locked.

Who begins it takes what it holds at the end (apps/insight/measuring/recording.py). Between two requests nobody
collects.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, thread_time

LONGEST_TEXT = 2_000  # characters of a statement


class Spent:
    """Seconds; how often the cache was asked; and the statements by their text: how often, and how long together."""

    __slots__ = ("cache", "cache_calls", "database", "queries", "rendering", "statements", "waiting")

    def __init__(self) -> None:
        self.database = self.cache = self.rendering = self.waiting = 0.0
        self.queries = self.cache_calls = 0
        self.statements: dict[str, list[float]] = {}

    def query(self, text: str, seconds: float) -> None:
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

    @property
    def elsewhere(self) -> float:
        return self.database + self.cache + self.rendering + self.waiting


class Threads(threading.local):
    spent: Spent | None = None


threads = Threads()  # whose attribute takes six times as long to read as any other's: read it once


def begin() -> Spent:
    threads.spent = spent = Spent()
    return spent


def end() -> None:
    threads.spent = None


@contextmanager
def rendering() -> Iterator[None]:
    """Without what the database and the cache took meanwhile, without what was rendered within, and without what other
    threads held the processor for."""
    spent = threads.spent
    if spent is None:
        yield
        return
    began, worked, before = perf_counter(), thread_time(), spent.elsewhere
    try:
        yield
    finally:
        within = spent.elsewhere - before
        spent.rendering += max(0.0, min(perf_counter() - began - within, thread_time() - worked))
