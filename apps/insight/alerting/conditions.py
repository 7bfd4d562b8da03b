"""What is wrong now: the alerts of Prometheus, asked of what JamVote has measured itself, where no Prometheus asks.

Pure functions. A check is asked of the minutes of a window, by which it finds subjects with their evidence.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from apps.insight.alerting.seen import Seen
from apps.insight.alerting.thresholds import (
    ALERTS,
    BURNING,
    BUSY,
    ERRORS,
    EVICTED,
    FULL,
    HITS,
    HITS_ASKED,
    SLOW_QUERY,
    SLOWER,
    TONIGHT,
    TONIGHT_LEAST,
)
from apps.insight.measuring.facts import Facts, added, histogram, together
from apps.insight.measuring.histogram import Histogram
from apps.insight.measuring.rollups import mean
from apps.insight.slo import class_of, promise

LONGEST_SUBJECT, LONGEST_STATEMENT = 120, 500
Evidence = dict[str, Any]
Found = dict[str, Evidence]  # by subject; "" is all of JamVote
Check = Callable[[Sequence[Facts]], Found]


class Holding(NamedTuple):
    name: str
    subject: str
    evidence: Evidence


def holding(seen: Seen) -> list[Holding]:
    """Every condition that holds, with what it holds for."""
    found = [*burning(seen)]
    for name, (width, check) in CHECKS.items():
        found += [Holding(name, one[:LONGEST_SUBJECT], told) for one, told in lasting(seen, name, width, check).items()]
    return found


def burning(seen: Seen) -> Iterator[Holding]:
    allowed = 1 - promise().availability
    for burn in BURNING:
        long, short = seen.failed(burn.long), seen.failed(burn.short)
        if long is not None and short is not None and min(long, short) > burn.rate * allowed:
            yield Holding(burn.name, "", {"share": long, "short": short, "times": long / allowed})


def lasting(seen: Seen, name: str, width: int, check: Check) -> Found:
    """What holds at the end of the last minute and held at the end of each that it must last for."""
    found: Found = {}
    for back in range(ALERTS[name].minutes + 1):
        end = len(seen.minutes) - back
        held = check(seen.minutes[max(end - width, 0) : end])
        found = {one: told for one, told in found.items() if one in held} if back else held
        if not found:
            break
    return found


# Checks -----------------------------------------------------------------------------------------------


def errors_tonight(minutes: Sequence[Facts]) -> Found:
    return failing(minutes, TONIGHT, TONIGHT_LEAST)


def errors_high(minutes: Sequence[Facts]) -> Found:
    return failing(minutes, ERRORS, 1)


def failing(minutes: Sequence[Facts], most: float, least: int) -> Found:
    requests = named("requests", minutes)
    total = together(requests)
    if total["count"] < least or total["errors"] <= most * total["count"]:
        return {}
    worst = max(requests, key=lambda name: requests[name]["errors"])
    share = total["errors"] / total["count"]
    return {"": {"share": share, "errors": total["errors"], "requests": total["count"], "worst": worst}}


def slow_requests(minutes: Sequence[Facts]) -> Found:
    """By class of endpoints."""
    durations: dict[str, Histogram] = defaultdict(Histogram)
    targets = {}
    for name, one in named("requests", minutes).items():
        method, _, route = name.partition(" ")
        its = class_of(method, route)
        targets[its.name] = its.p95
        durations[its.name].merge(Histogram.from_json(one["histogram"]))
    p95 = {name: one.quantile(0.95) for name, one in durations.items()}
    return {
        name: {"p95": seconds, "target": targets[name], "requests": durations[name].count}
        for name, seconds in p95.items()
        if seconds > SLOWER * targets[name]
    }


def slow_query(minutes: Sequence[Facts]) -> Found:
    slow = {text: one for text, one in named("statements", minutes).items() if one["longest"] > SLOW_QUERY}
    if not slow:
        return {}
    text = max(slow, key=lambda text: slow[text]["longest"])
    return {"": {"seconds": slow[text]["longest"], "statement": text[:LONGEST_STATEMENT], "statements": len(slow)}}


def pool_exhausted(minutes: Sequence[Facts]) -> Found:
    """By kind of process and machine: on average somebody waits."""
    waiting: dict[str, float] = defaultdict(float)
    for one in named("processes", minutes).values():
        waiting[f"{one['kind']} {one['machine']}"] += mean(one, "pool_waiting")
    return {name: {"waiting": number} for name, number in waiting.items() if number >= 1}


def cache_hits_low(minutes: Sequence[Facts]) -> Found:
    said: dict[str, int] = defaultdict(int)
    for name, number in named("cache", minutes).items():
        said[name.partition(" ")[2]] += number
    hits = said["local"] + said["store"]
    asked = hits + said["miss"]
    if asked <= HITS_ASKED * 60 * len(minutes) or hits >= HITS * asked:
        return {}
    return {"": {"share": hits / asked, "asked": asked}}


def cache_evictions(minutes: Sequence[Facts]) -> Found:
    """Redis says how many keys it has ever dropped."""
    first, *_others, last = (one.get("services", {}).get("redis", {}) for one in minutes)
    if not (first and last):
        return {}
    dropped = (mean(last, "evicted") - mean(first, "evicted")) / (60 * (len(minutes) - 1))
    return {"": {"dropped": dropped}} if dropped > EVICTED else {}


def processor_busy(minutes: Sequence[Facts]) -> Found:
    return over(minutes, "busy", BUSY)


def memory_full(minutes: Sequence[Facts]) -> Found:
    return over(minutes, "memory", FULL)


def over(minutes: Sequence[Facts], what: str, most: float) -> Found:
    """By machine."""
    shares = {name: mean(one, what) for name, one in named("machines", minutes).items()}
    return {name: {"share": share} for name, share in shares.items() if share > most}


def live_late(minutes: Sequence[Facts]) -> Found:
    told, target = histogram(named("live", minutes)), promise().live_p95
    p95 = told.quantile(0.95)
    return {"": {"p95": p95, "target": target, "times": told.count}} if p95 > SLOWER * target else {}


def queue_long(minutes: Sequence[Facts]) -> Found:
    waiting = mean(named("services", minutes).get("tasks", {}), "waiting")
    return {"": {"waiting": waiting}} if waiting > promise().tasks_waiting else {}


def tasks_failed(minutes: Sequence[Facts]) -> Found:
    """Within the hour before: each holds for so long."""
    failed = mean(named("services", minutes).get("tasks", {}), "failed")
    return {"": {"failed": failed}} if failed > 0 else {}


def named(group: str, minutes: Sequence[Facts]) -> Facts:
    """A group of facts, of all these minutes."""
    return added(one.get(group, {}) for one in minutes)


CHECKS: dict[str, tuple[int, Check]] = {  # with the minutes that each is asked of
    "ErrorsTonight": (2, errors_tonight),
    "ErrorsHigh": (5, errors_high),
    "SlowRequests": (5, slow_requests),
    "SlowQuery": (5, slow_query),
    "PoolExhausted": (1, pool_exhausted),
    "CacheHitsLow": (5, cache_hits_low),
    "CacheEvictions": (5, cache_evictions),
    "ProcessorBusy": (5, processor_busy),
    "MemoryFull": (1, memory_full),
    "LiveLate": (5, live_late),
    "QueueLong": (1, queue_long),
    "TasksFailed": (1, tasks_failed),
}
