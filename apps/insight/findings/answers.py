"""What is wrong with how answers are made: rendering, size, cache, errors."""

from collections.abc import Iterator

from apps.insight.findings.found import Found
from apps.insight.findings.window import Window

RENDERING_SECONDS, RENDERING_SHARE = 0.1, 0.5  # of a request, on average
USUAL_SECONDS = 0.01  # that rendering a page takes
LARGE = 300_000  # bytes of an answer, on average
LINE = 1_000_000  # bytes a second of a phone in a full room
ASKED, HITS = 300, 0.6  # of what can be cached: where few read and many vote, much is read anew
CALL_SECONDS, CALLS = 0.005, 100  # of the cache
ERROR_SHARE, ERROR_REQUESTS = 0.02, 20
ERROR_SECONDS = 30.0  # that whoever meets an error waits and tries again
NO_ROOM = ("ENOSPC", "EDQUOT", "EFBIG", "DiskFull")


def slow_template(window: Window) -> Iterator[Found]:
    least = RENDERING_SECONDS * window.patience()
    for name, one in window.endpoints():
        mean = one["rendering"] / one["count"]
        if mean >= least and one["rendering"] >= RENDERING_SHARE * one["seconds"]:
            share = 100 * one["rendering"] / one["seconds"]
            evidence = {"endpoint": name, "ms": 1000 * mean, "share": share, "count": one["count"]}
            yield Found(
                "slow_template", name, window.an_hour(one["rendering"] - one["count"] * USUAL_SECONDS), evidence
            )


def large_payload(window: Window) -> Iterator[Found]:
    """Without files that are saved: those are large because somebody wants them so."""
    for name, one in window.endpoints():
        mean = one["bytes"] / one["count"]
        if mean >= LARGE:
            evidence = {"endpoint": name, "kb": mean / 1000, "largest_kb": one["largest"] / 1000, "count": one["count"]}
            yield Found("large_payload", name, window.an_hour(one["bytes"] / LINE), evidence)


def cache_hits(window: Window) -> Iterator[Found]:
    reads = sum(one["count"] for name, one in window.endpoints() if name.startswith("GET "))
    counted = {"hits": 0, "asked": 0}
    for name, times in window.group("cache").items():
        outcome = name.split()[1]
        counted["hits"] += times if outcome in {"local", "store"} else 0
        counted["asked"] += times if outcome in {"local", "store", "miss"} else 0
    whole = window.whole()
    if reads >= ASKED and not counted["asked"]:
        yield Found("cache_hits", "off", window.an_hour(whole["database"] + whole["rendering"]), {"off": True})
    elif counted["asked"] >= ASKED and counted["hits"] < HITS * counted["asked"]:
        share = counted["hits"] / counted["asked"]
        lost = (HITS - share) * (whole["database"] + whole["rendering"])
        yield Found("cache_hits", "low", window.an_hour(lost), {"share": 100 * share, **counted})


def cache_slow(window: Window) -> Iterator[Found]:
    """What requests waited for it, and what the way there takes at best: one alone is a process that is busy."""
    whole, redis = window.whole(), window.group("services").get("redis", {})
    looks, calls = redis.get("looks", 0), whole["cache_calls"]
    if not looks or redis.get("delay", 0.0) < CALL_SECONDS * looks:
        return
    if calls >= CALLS and whole["cache"] >= calls * CALL_SECONDS * window.patience():
        evidence = {
            "ms": 1000 * whole["cache"] / calls,
            "calls": calls,
            "share": 100 * whole["cache"] / whole["seconds"],
        }
        yield Found("cache_slow", "redis", window.an_hour(whole["cache"]), evidence)


def errors(window: Window) -> Iterator[Found]:
    for name, one in window.endpoints(ERROR_REQUESTS):
        if one["errors"] < ERROR_SHARE * one["count"] or is_full(one["faults"]):
            continue
        fault = max(one["faults"], key=one["faults"].get, default="")
        evidence = {"endpoint": name, "errors": one["errors"], "count": one["count"], "fault": fault}
        evidence["share"] = 100 * one["errors"] / one["count"]
        yield Found("errors", name, window.an_hour(one["errors"] * ERROR_SECONDS), evidence)


def is_full(faults: dict[str, int]) -> bool:
    return any(word in fault for fault in faults for word in NO_ROOM)
