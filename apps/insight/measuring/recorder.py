"""What this process has seen of its requests and tasks in the minute that runs, and in those not yet written.

Adding one costs some microseconds and never raises. A minute is written whole each time (flush.py), so a write that
was lost or came twice does no harm.
"""

import re
import threading
import time
from collections.abc import Mapping
from functools import lru_cache

from apps.core.spent import Spent
from apps.insight.measuring.facts import REQUESTS, Facts
from apps.insight.measuring.histogram import index

MINUTE = 60
MOST_MINUTES = 30  # that wait for a database that is away
MOST_NAMES = 500  # of endpoints, and of statements, in a minute: further ones are added up as "other"
ALIKE, ALIKE_SECONDS = 5, 0.05  # statements of one text in one request: a query for each row
KEPT_STATEMENTS = 50  # of a minute: those that took longest
LISTS = re.compile(r"\((?:%s, )+%s\)")
ROWS = re.compile(r"(\(…\), )+\(…\)")


class Timing:
    """Of an endpoint or a task: as REQUESTS in facts.py."""

    __slots__ = tuple(REQUESTS)

    def __init__(self) -> None:
        self.count = self.errors = self.refused = self.queries = self.cache_calls = self.bytes = self.largest = 0
        self.seconds = self.database = self.cache = self.rendering = self.waiting = self.longest = 0.0
        self.histogram: dict[int, int] = {}
        self.faults: dict[str, int] = {}

    def add(self, seconds: float, spent: Spent) -> None:
        self.count += 1
        self.seconds += seconds
        if seconds > self.longest:
            self.longest = seconds
        bucket, histogram = index(seconds), self.histogram
        histogram[bucket] = histogram.get(bucket, 0) + 1
        if spent.cache_calls:
            self.cache += spent.cache
            self.cache_calls += spent.cache_calls
        if spent.queries:
            self.queries += spent.queries
            self.database += spent.database
        self.rendering += spent.rendering
        self.waiting += spent.waiting

    def facts(self) -> Facts:
        return plain({name: getattr(self, name) for name in self.__slots__})


class Minute:
    """`requests` and `tasks` by name, `statements` and `repeats` by text."""

    __slots__ = ("repeats", "requests", "statements", "tasks")

    def __init__(self) -> None:
        self.requests: dict[str, Timing] = {}
        self.tasks: dict[str, Timing] = {}
        self.statements: dict[str, Facts] = {}
        self.repeats: dict[str, Facts] = {}

    def facts(self) -> Facts:
        slowest = sorted(self.statements.items(), key=lambda item: -item[1]["seconds"])[:KEPT_STATEMENTS]
        return {
            "requests": {name: one.facts() for name, one in self.requests.items()},
            "all": {what: sum(getattr(one, what) for one in self.requests.values()) for what in ("count", "errors")},
            "tasks": {name: one.facts() for name, one in self.tasks.items()},
            "statements": {name: plain(one) for name, one in slowest},
            "repeats": {name: plain(one) for name, one in self.repeats.items()},
        }


class Recorder:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.minutes: dict[int, Minute] = {}

    def request(self, endpoint: str, status: int, seconds: float, size: int, spent: Spent, fault: str = "") -> None:
        """`fault`: what an error of ours was, for example ValueError."""
        with self.lock:
            minute = self.minute()
            one = named(minute.requests, endpoint)
            one.add(seconds, spent)
            one.bytes += size
            if size > one.largest:
                one.largest = size
            if status >= 500:
                one.errors += 1
                if fault:
                    one.faults[fault] = one.faults.get(fault, 0) + 1
            elif status >= 400:
                one.refused += 1
            if spent.statements:
                add_statements(minute, endpoint, spent)

    def task(self, name: str, failed: bool, seconds: float, spent: Spent) -> None:
        with self.lock:
            minute = self.minute()
            one = named(minute.tasks, name)
            one.add(seconds, spent)
            one.errors += failed
            add_statements(minute, name, spent)

    def minute(self) -> Minute:
        at = int(time.time()) // MINUTE
        minute = self.minutes.get(at)
        if minute is None:
            minute = self.minutes[at] = Minute()
            while len(self.minutes) > MOST_MINUTES:
                del self.minutes[min(self.minutes)]
        return minute

    def take(self) -> dict[int, Facts]:
        """Facts of each minute that is kept, by its number since 1970; those that are over are let go by `written`."""
        with self.lock:
            return {at: minute.facts() for at, minute in self.minutes.items()}

    def written(self, minutes: Mapping[int, Facts]) -> None:
        now = int(time.time()) // MINUTE
        with self.lock:
            for at in minutes:
                # What is added to a minute ends with it: nothing was added to one that was over when it was taken.
                if at < now - 1:
                    self.minutes.pop(at, None)

    def clear(self) -> None:
        with self.lock:
            self.minutes.clear()


def named(group: dict[str, Timing], name: str) -> Timing:
    one = group.get(name)
    if one is None:
        name = name if len(group) < MOST_NAMES else "other"
        one = group.setdefault(name, Timing())
    return one


def add_statements(minute: Minute, endpoint: str, spent: Spent) -> None:
    for sql, (calls, seconds) in spent.statements.items():
        text = fingerprint(sql)
        one = minute.statements.get(text)
        if one is None:
            if len(minute.statements) >= MOST_NAMES:
                continue
            one = minute.statements[text] = {"calls": 0, "seconds": 0.0, "longest": 0.0, "endpoints": {}}
        one["calls"] += calls
        one["seconds"] += seconds
        one["longest"] = max(one["longest"], seconds / calls)
        one["endpoints"][endpoint] = one["endpoints"].get(endpoint, 0.0) + seconds
        if calls >= ALIKE and seconds >= ALIKE_SECONDS and len(minute.repeats) < MOST_NAMES:
            repeat = minute.repeats.setdefault(f"{endpoint}\n{text}", {"count": 0, "calls": 0, "seconds": 0.0})
            repeat["count"] += 1
            repeat["calls"] += calls
            repeat["seconds"] += seconds


@lru_cache(maxsize=2048)
def fingerprint(sql: str) -> str:
    """Statements that differ in the length of a list only are one."""
    return ROWS.sub("(…)", LISTS.sub("(…)", sql))


def plain(one: Facts) -> Facts:
    """As JSON: names are texts, seconds are whole microseconds."""
    said: Facts = {}
    for name, value in one.items():
        if isinstance(value, dict):
            said[name] = {str(key): round(n, 6) for key, n in value.items()}
        else:
            said[name] = round(value, 6) if isinstance(value, float) else value
    return said


recorder = Recorder()
