"""What is wrong with processes and machines."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from apps.insight.changes.trends import LEAST_POINTS, trend
from apps.insight.findings.answers import ERROR_SECONDS, is_full
from apps.insight.findings.found import Found
from apps.insight.findings.window import Window, minutes
from apps.insight.measuring.rollups import mean

LATE_SHARE = 0.03  # of the time that an event loop was late by more than 50 ms
TICKS = 300
GROWTH_MB, GROWTH_MB_A_MINUTE = 30, 2  # a process that is new grows by half of it
STEADY = 0.5  # of the growth that is in the second half: what grows at a start, levels off
DISK_FULL = 0.97
MINUTES_A_DAY = 24 * 60
URGENT = 3_600.0 * 1_000  # what stops everything comes before what is slow
GROWTH_SECONDS = 60.0  # an hour that a process which grows costs until it is killed, as a guess


def loop_late(window: Window) -> Iterator[Found]:
    least = LATE_SHARE * window.patience()
    for name, one in window.group("processes").items():
        if one.get("ticks", 0) >= TICKS and one["late_seconds"] >= least * one["seconds"]:
            evidence = {"process": name, "times": one["late"], "ms": 1000 * one["late_longest"]}
            sockets = max(1.0, mean(one, "sockets"))
            yield Found("loop_late", one["kind"], window.an_hour(one["late_seconds"] * sockets), evidence)


def memory_growth(now: datetime) -> Iterator[Found]:
    """By the readings of each process. What has been said of one of a kind holds for all of it."""
    readings: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for _process, facts in minutes(now):
        for name, one in facts.get("processes", {}).items():
            readings[name, one["kind"]] += [(at / 60 / MINUTES_A_DAY, rss / 1e6) for at, rss in one["rss_at"]]
    worst: dict[str, Found] = {}
    for (name, kind), points in readings.items():
        if (slope := growth(points)) and (kind not in worst or slope > worst[kind].evidence["mb_a_minute"]):
            evidence = {"process": name, "mb_a_minute": slope, "mb": points[-1][1]}
            worst[kind] = Found("memory_growth", kind, GROWTH_SECONDS * slope, evidence)
    yield from worst.values()


def growth(points: list[tuple[float, float]]) -> float:
    """Megabytes a minute, of what grows steadily; else 0."""
    if len(points) < LEAST_POINTS or not (found := trend(points)):
        return 0.0
    slope = found.slope / MINUTES_A_DAY
    half = len(points) // 2
    total, late = points[-1][1] - points[0][1], points[-1][1] - points[half][1]
    rises = sum(after > before for (_, before), (_, after) in pairwise(points))
    steady = late >= STEADY * total * (1 - half / len(points)) and rises >= len(points) / 3
    return slope if slope >= GROWTH_MB_A_MINUTE and total >= GROWTH_MB and steady else 0.0


def disk_full(window: Window) -> Iterator[Found]:
    """By what the machine says, or by writes that were refused for want of room."""
    for name, one in window.group("machines").items():
        if (share := mean(one, "disk")) >= DISK_FULL:
            evidence = {"machine": name, "share": 100 * share, "free_mb": mean(one, "disk_free") / 1e6}
            yield Found("disk_full", name, URGENT, evidence)
    refused = sum(one["errors"] for one in window.group("requests").values() if is_full(one["faults"]))
    if refused:
        yield Found("disk_full", "writes", URGENT + window.an_hour(refused * ERROR_SECONDS), {"errors": refused})
