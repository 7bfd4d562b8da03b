"""Rules of Prometheus, made of what is promised: what it reckons every 30 seconds, and when it raises an alert."""

from collections.abc import Iterator
from typing import Any

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
    UNKEPT,
)
from apps.insight.slo import OTHER, READING, EndpointClass, pattern, promise

COUNT, SUM, BUCKET = (f"api_request_duration_seconds_{part}" for part in ("count", "sum", "bucket"))
WINDOWS = ("2m", "5m", "30m", "1h", "6h", "3d")
RUNBOOK = "docs/runbook.md#"
LIVE = "live_latency_seconds_bucket"
Rule = dict[str, Any]


def rules() -> Rule:
    """A rules file, as data."""
    parts = {"requests": requests, "database": database, "cache": cache, "machine": machine, "live": live, "work": work}
    groups = {"recorded": list(recorded())} | {part: list(concerning(part, found())) for part, found in parts.items()}
    return {"groups": [{"name": f"jamvote_{name}", "interval": "30s", "rules": ours} for name, ours in groups.items()]}


def concerning(part: str, alerts: Iterator[Rule]) -> Iterator[Rule]:
    """A page silences the tickets that concern the same part (deploy/monitoring/alertmanager.yml)."""
    for one in alerts:
        yield one | {"labels": one["labels"] | {"component": part}}


def recorded() -> Iterator[Rule]:
    for window in WINDOWS:
        yield record(f"jamvote:errors:ratio_rate{window}", ratio(COUNT, window))
    for one in promise().classes:
        labels = {"class": one.name}
        yield record("jamvote:requests:rate5m", f"sum({rate(one, COUNT)})", labels)
        yield record("jamvote:average_seconds:5m", f"sum({rate(one, SUM)}) / sum({rate(one, COUNT)})", labels)
        for quantile in (50, 95, 99):
            value = f"histogram_quantile(0.{quantile}, sum by (le) ({rate(one, BUCKET)}))"
            yield record(f"jamvote:p{quantile}_seconds:5m", value, labels)
        yield record("jamvote:p95_target_seconds", f"vector({one.p95:g})", labels)
    yield record("jamvote:faults:rate5m", f'sum(rate({COUNT}{{status_code=~"5.."}}[5m])) or vector(0)')
    yield record("jamvote:faults:allowed_ratio", f"vector({1 - promise().availability:g})")
    yield record("jamvote:live_p95_seconds:5m", f"histogram_quantile(0.95, sum by (le) (rate({LIVE}[5m])))")
    yield record("jamvote:live_p95_target_seconds", f"vector({promise().live_p95:g})")
    yield record("jamvote:tasks_waiting:most", f"vector({promise().tasks_waiting:g})")


def requests() -> Iterator[Rule]:
    allowed = 1 - promise().availability
    for burn in BURNING:
        most, long, short = f"{burn.rate * allowed:g}", burn.long, burn.short
        over = f"jamvote:errors:ratio_rate{long} > {most} and jamvote:errors:ratio_rate{short} > {most}"
        summary = f"Errors use up the budget of 30 days {burn.rate:g} times too fast ({long} and {short})."
        yield alert(burn.name, over, summary)
    many = f"jamvote:errors:ratio_rate2m > {TONIGHT:g} and sum(increase({COUNT}[2m])) >= {TONIGHT_LEAST}"
    yield alert("ErrorsTonight", many, f"More than {percent(TONIGHT)} of requests of the last two minutes failed.")
    high = f"jamvote:errors:ratio_rate5m > {ERRORS:g}"
    yield alert("ErrorsHigh", high, f"More than {percent(ERRORS)} of requests fail.")
    slow = f"jamvote:p95_seconds:5m > {SLOWER} * jamvote:p95_target_seconds"
    yield alert("SlowRequests", slow, "p95 of {{ $labels.class }} is more than twice its target.")


def database() -> Iterator[Rule]:
    query = "django_db_query_duration_seconds"
    slow = f'sum(increase({query}_count[5m])) - sum(increase({query}_bucket{{le="{SLOW_QUERY}"}}[5m])) > 0.5'
    yield alert("SlowQuery", slow, "A query of the database took more than a second.")
    waits = 'sum by (instance) (db_pool{statistic="requests_waiting"}) > 0'
    yield alert("PoolExhausted", waits, "Requests wait for a connection to the database.")
    failed = "sum(increase(pg_stat_archiver_failed_count[2m])) > 0"  # there is no age before the first one
    unkept = f"max(pg_stat_archiver_last_archive_age) > {UNKEPT} or {failed}"
    yield alert("LogNotKept", unkept, "PostgreSQL's log is not archived: what is done now is lost with its disk.")


def cache() -> Iterator[Rule]:
    hit = 'sum(rate(cache_answers_total{outcome=~"local|store"}[5m]))'
    asked = 'sum(rate(cache_answers_total{outcome!="refused"}[5m]))'
    low = f"{hit} / {asked} < {HITS:g} and {asked} > {HITS_ASKED}"
    yield alert("CacheHitsLow", low, f"The cache answers less than {percent(HITS)} of what it could.")
    evicted = f"max(rate(redis_evicted_keys_total[5m])) > {EVICTED}"  # whoever tells of it, it is one Redis
    yield alert("CacheEvictions", evicted, "Redis drops keys for want of memory.")


def machine() -> Iterator[Rule]:
    name = "{{ $labels.instance }}"
    busy = f'1 - avg by (instance) (rate(node_cpu_seconds_total{{mode="idle"}}[5m])) > {BUSY:g}'
    yield alert("ProcessorBusy", busy, f"{name} uses more than {percent(BUSY)} of its processors.")
    full = f"1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > {FULL:g}"
    yield alert("MemoryFull", full, f"{name} uses more than {percent(FULL)} of its memory.")


def live() -> Iterator[Rule]:
    late = f"jamvote:live_p95_seconds:5m > {SLOWER} * jamvote:live_p95_target_seconds"
    yield alert("LiveLate", late, "p95 of what the room is told live is more than twice its target.")


def work() -> Iterator[Rule]:
    gone = 'up{job="jamvote"} == 0'
    yield alert("ProcessGone", gone, "{{ $labels.instance }} does not answer: nobody knows how it is.")
    long = "max by (queue) (tasks_waiting) > on () group_left () jamvote:tasks_waiting:most"
    yield alert("QueueLong", long, "Too many tasks wait in the queue {{ $labels.queue }}.")
    failed = "max by (queue) (tasks_failed) > 0"
    yield alert("TasksFailed", failed, "Tasks of the queue {{ $labels.queue }} failed within an hour.")


def record(name: str, expr: str, labels: dict[str, str] | None = None) -> Rule:
    return {"record": name, "expr": expr} | ({"labels": labels} if labels else {})


def alert(name: str, expr: str, summary: str) -> Rule:
    kind = ALERTS[name]
    annotations = {"summary": summary, "runbook": RUNBOOK + name.lower()}
    rule = {"alert": name, "expr": expr, "labels": {"severity": kind.severity}, "annotations": annotations}
    return rule | ({"for": f"{kind.minutes}m"} if kind.minutes else {})


def percent(share: float) -> str:
    return f"{100 * share:g} %"


def ratio(metric: str, window: str) -> str:
    """The share of faults; 0 where there is none, nothing where nobody asked."""
    failed = f'sum(rate({metric}{{status_code=~"5.."}}[{window}])) or vector(0)'
    return f"({failed}) / sum(rate({metric}[{window}]))"


def rate(one: EndpointClass, metric: str) -> str:
    return " or ".join(f"rate({metric}{{{selector}}}[5m])" for selector in selectors(one))


def selectors(one: EndpointClass) -> Iterator[str]:
    """Which series are of the class; no series is of two of them."""
    if one.name == OTHER:
        named = tuple(route for known in promise().classes for route in (*known.routes, *known.reads, *known.writes))
        yield f'endpoint!~"{escaped(named)}"'
    if one.routes:
        yield f'endpoint=~"{escaped(one.routes)}"'
    if one.reads:
        yield f'endpoint=~"{escaped(one.reads)}",method=~"{"|".join(READING)}"'
    if one.writes:
        yield f'endpoint=~"{escaped(one.writes)}",method!~"{"|".join(READING)}"'


def escaped(routes: tuple[str, ...]) -> str:
    return pattern(tuple(dict.fromkeys(routes))).replace("\\", "\\\\")
