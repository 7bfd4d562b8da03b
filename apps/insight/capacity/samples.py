"""What capacity is reckoned from (fitting.py): how busy each resource was under how many requests and people."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from apps.insight.capacity.fitting import MEMORY, Sample
from apps.insight.measuring.facts import Facts
from apps.insight.measuring.rollups import Point, mean

PROCESSOR, POOL = "processor", "pool"  # the others are kinds of processes: web, live, worker


def sample(point: Point, seconds: float) -> Sample:
    """Of a span that is over and lasted so long."""
    facts = point.facts
    rate = sum(one["count"] for one in facts.get("requests", {}).values()) / seconds
    return Sample(seconds, rate, people(facts, seconds), used(facts))


def people(facts: Facts, seconds: float) -> float:
    """Sockets that were open on average, of all processes."""
    return sum(mean(one, "sockets") * one.get("seconds", 0.0) / seconds for one in facts.get("processes", {}).values())


def used(facts: Facts) -> dict[str, float]:
    """Shares: of a processor by the mean process of each kind, of the pools, and of the machine that has least left."""
    processes, machines = facts.get("processes", {}).values(), facts.get("machines", {}).values()
    shares = {kind: cpu / lasted for kind, (cpu, lasted) in by_kind(processes).items() if lasted}
    size = sum(one.get("pool_size", 0) for one in processes)
    if size:
        shares[POOL] = sum(one.get("pool_used", 0) for one in processes) / size
    if machines:
        shares[PROCESSOR] = max(mean(one, "busy") for one in machines)
        shares[MEMORY] = max(mean(one, "memory") for one in machines)
    return shares


def by_kind(processes: Iterable[dict[str, Any]]) -> dict[str, list[float]]:
    """Seconds of processor time, and seconds that passed, by kind."""
    kinds: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one in processes:
        kinds[one["kind"]][0] += one["cpu"]
        kinds[one["kind"]][1] += one["seconds"]
    return kinds
