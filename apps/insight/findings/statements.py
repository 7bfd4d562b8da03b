"""What is wrong with how the database is asked."""

from collections.abc import Iterator

from apps.core.query_times import VERB
from apps.insight.findings.found import Found
from apps.insight.findings.window import Window

PAGES = 3  # requests that asked so, before it is said
SLOW_SECONDS, SLOW_CALLS = 0.02, 100  # mean, and calls
WAITING = 0.5  # statements that wait for a lock at any time, on average
WAITING_LOOKS = 3
HOT = 0.8  # of those that wait are after one write: it is one row that all want
POOL_SHARE, POOL_SECONDS, POOL_REQUESTS = 0.05, 0.005, 50  # of all time, and of a request


def n_plus_one(window: Window) -> Iterator[Found]:
    """The recorder notes requests with five alike or more that took 50 ms together. One of them would have done."""
    for name, one in window.group("repeats").items():
        endpoint, text = name.split("\n", 1)
        if one["count"] >= PAGES:
            needless = one["seconds"] * (1 - one["count"] / one["calls"])
            evidence = {
                "endpoint": endpoint, "statement": text, "alike": one["calls"] / one["count"], "pages": one["count"],
                "ms": 1000 * one["seconds"] / one["count"], "left_ms": 1000 * one["seconds"] / one["calls"],
            }  # fmt: skip
            yield Found("n_plus_one", f"{endpoint} {text}", window.an_hour(needless), evidence)


def slow_statement(window: Window) -> Iterator[Found]:
    least = SLOW_SECONDS * window.patience()
    for text, one in window.group("statements").items():
        mean = one["seconds"] / one["calls"]
        if mean >= least and one["calls"] >= SLOW_CALLS:
            endpoint = max(one["endpoints"], key=one["endpoints"].get)
            evidence = {"statement": text, "endpoint": endpoint, "calls": one["calls"], "ms": 1000 * mean}
            yield Found("slow_statement", text, window.an_hour(one["seconds"] - one["calls"] * 0.002), evidence)


def lock_waits(window: Window) -> Iterator[Found]:
    """By what PostgreSQL says of who waits at each look."""
    database = window.group("services").get("database", {})
    looks = database.get("looks", 0)
    if looks < WAITING_LOOKS or database.get("lock_waits", 0) / looks < WAITING:  # SQLite tells none
        return
    text, worst = max(database["waits"].items(), key=lambda item: item[1]["processes"])
    processes = worst["processes"] / looks
    evidence = {"statement": text, "processes": processes, "ms": 1000 * worst["seconds"] / worst["processes"]}
    evidence["hot"] = VERB.search(text) is not None and worst["processes"] >= HOT * database["lock_waits"]
    yield Found("lock_waits", text, 3600 * database["lock_waits"] / looks, evidence)


def pool_exhausted(window: Window) -> Iterator[Found]:
    whole = window.whole()
    if whole["count"] < POOL_REQUESTS or whole["waiting"] < POOL_SHARE * whole["seconds"]:
        return
    mean = whole["waiting"] / whole["count"]
    if mean >= POOL_SECONDS:
        pools = [one for one in window.group("processes").values() if one.get("pool_size")]
        size = max((one["pool_size"] / one["looks"] for one in pools), default=0)
        evidence = {"ms": 1000 * mean, "share": 100 * whole["waiting"] / whole["seconds"], "size": round(size)}
        yield Found("pool_exhausted", "database", window.an_hour(whole["waiting"]), evidence)
