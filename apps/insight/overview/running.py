"""What runs, and how it stands: machines, processes, statements, the cache, background work."""

from collections import defaultdict
from dataclasses import dataclass

from apps.insight.measuring.facts import Facts, histogram, together
from apps.insight.measuring.rollups import mean

MOST_STATEMENTS, MOST_TASKS = 10, 10
HITS = ("local", "store")


@dataclass(frozen=True)
class Machine:
    """Shares; `disk_free` in bytes."""

    name: str
    busy: float
    memory: float
    disk: float
    disk_free: float


@dataclass(frozen=True)
class Process:
    """`cpu`: the share of one processor; `rss` in bytes, on average and at most; `late`: how often its event loop was
    late by more than 50 ms, and by how many seconds at most."""

    name: str
    kind: str
    cpu: float
    rss: float
    rss_most: float
    sockets: float
    late: int
    late_longest: float
    threads: int


@dataclass(frozen=True)
class Statement:
    """Seconds; `share`: of all time in the database; `endpoint`: which spent most of it."""

    text: str
    calls: int
    mean: float
    longest: float
    share: float
    endpoint: str


@dataclass(frozen=True)
class Cached:
    """A kind of cached reads: how many asked for one that may be kept, and how many had it at once. `size`: bytes."""

    kind: str
    asked: int
    hits: int
    size: int


@dataclass(frozen=True)
class Worked:
    """A task: seconds."""

    name: str
    count: int
    errors: int
    p50: float
    p95: float


@dataclass(frozen=True)
class Now:
    """At this moment. None: there is no such thing here, or it is not known."""

    people: float
    pool: tuple[float, float] | None  # in use, and how many there may be
    waiting: float | None  # tasks that are due
    oldest: float  # seconds for which the oldest of them has been due


def now(lately: Facts) -> Now:
    """Of the last minutes."""
    processes = lately.get("processes", {}).values()
    size = sum(mean(one, "pool_size") for one in processes)
    tasks = lately.get("services", {}).get("tasks")
    return Now(
        sum(mean(one, "sockets") for one in processes),
        (sum(mean(one, "pool_used") for one in processes), size) if size else None,
        mean(tasks, "waiting") if tasks else None,
        tasks["longest"] if tasks else 0.0,
    )


def machines(facts: Facts) -> list[Machine]:
    return [
        Machine(name, *(mean(one, part) for part in ("busy", "memory", "disk", "disk_free")))
        for name, one in sorted(facts.get("machines", {}).items())
    ]


def processes(facts: Facts) -> list[Process]:
    """By kind, those that work most first."""
    found = [process(name, one) for name, one in facts.get("processes", {}).items()]
    return sorted(found, key=lambda one: (one.kind, -one.cpu, one.name))


def process(name: str, one: Facts) -> Process:
    cpu = one["cpu"] / one["seconds"] if one["seconds"] else 0.0
    rest = (one["late"], one["late_longest"], one["threads_most"])
    return Process(name, one["kind"], cpu, mean(one, "rss"), one["rss_most"], mean(one, "sockets"), *rest)


def statements(facts: Facts) -> list[Statement]:
    """Those that took longest together."""
    whole = sum(together(facts.get(group, {}))["database"] for group in ("requests", "tasks"))
    slowest = sorted(facts.get("statements", {}).items(), key=lambda item: (-item[1]["seconds"], item[0]))
    return [statement(text, one, whole) for text, one in slowest[:MOST_STATEMENTS]]


def statement(text: str, one: Facts, whole: float) -> Statement:
    endpoint = max(one["endpoints"], key=lambda name: one["endpoints"][name], default="")
    share = min(one["seconds"] / whole, 1.0) if whole else 0.0
    return Statement(text, one["calls"], one["seconds"] / one["calls"], one["longest"], share, endpoint)


def cached(facts: Facts) -> list[Cached]:
    """Those that are asked for most first."""
    kinds: dict[str, dict[str, int]] = defaultdict(dict)
    for name, times in facts.get("cache", {}).items():
        kind, _, what = name.partition(" ")
        kinds[kind][what] = times
    found = [as_cached(kind, one) for kind, one in kinds.items()]
    return sorted((one for one in found if one.asked), key=lambda one: (-one.asked, one.kind))


def as_cached(kind: str, one: dict[str, int]) -> Cached:
    hits = sum(one.get(what, 0) for what in HITS)
    return Cached(kind, hits + one.get("miss", 0), hits, one.get("bytes", 0))


def tasks(facts: Facts) -> list[Worked]:
    """Those that took longest together."""
    slowest = sorted(facts.get("tasks", {}).items(), key=lambda item: (-item[1]["seconds"], item[0]))[:MOST_TASKS]
    return [worked(name, one) for name, one in slowest]


def worked(name: str, one: Facts) -> Worked:
    times = histogram(one)
    return Worked(name, one["count"], one["errors"], times.quantile(0.5), times.quantile(0.95))
