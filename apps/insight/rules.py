"""Rules of Prometheus, made of what is promised: what it reckons every 30 seconds, and when it raises an alert."""

from collections.abc import Iterator
from typing import Any

from apps.insight.slo import OTHER, READING, EndpointClass, pattern, promise
from apps.insight.thresholds import (
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

COUNT, SUM, BUCKET = (f"api_request_duration_seconds_{part}" for part in ("count", "sum", "bucket"))
WINDOWS = ("2m", "5m", "30m", "1h", "6h", "3d")
RUNBOOK = "docs/runbook.md#"
Rule = dict[str, Any]


def rules() -> Rule:
    """A rules file, as data."""
    groups = {"jamvote_requests": recorded(), "jamvote_promises": promises(), "jamvote_resources": resources()}
    return {"groups": [{"name": name, "interval": "30s", "rules": list(found)} for name, found in groups.items()]}


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


def promises() -> Iterator[Rule]:
    allowed = 1 - promise().availability
    for burn in BURNING:
        most, long, short = f"{burn.rate * allowed:g}", burn.long, burn.short
        over = f"jamvote:errors:ratio_rate{long} > {most} and jamvote:errors:ratio_rate{short} > {most}"
        summary = f"Errors use up the budget of 30 days {burn.rate:g} times too fast ({long} and {short})."
        yield alert(burn.name, over, summary)
    many = f"jamvote:errors:ratio_rate2m > {TONIGHT:g} and sum(increase({COUNT}[2m])) >= {TONIGHT_LEAST}"
    yield alert("ErrorsTonight", many, f"More than {percent(TONIGHT)} of requests of the last two minutes failed.")
    yield alert(
        "ErrorsHigh", f"jamvote:errors:ratio_rate5m > {ERRORS:g}", f"More than {percent(ERRORS)} of requests fail."
    )
    slow = f"jamvote:p95_seconds:5m > {SLOWER} * jamvote:p95_target_seconds"
    yield alert("SlowRequests", slow, "p95 of {{ $labels.class }} is more than twice its target.")


def resources() -> Iterator[Rule]:
    query = "django_db_query_duration_seconds"
    slow = f'sum(increase({query}_count[5m])) - sum(increase({query}_bucket{{le="{SLOW_QUERY}"}}[5m])) > 0.5'
    yield alert("SlowQuery", slow, "A query of the database took more than a second.")
    waits = 'sum by (instance) (db_pool{statistic="requests_waiting"}) > 0'
    yield alert("PoolExhausted", waits, "Requests wait for a connection to the database.")
    hit = 'sum(rate(cache_answers_total{outcome=~"local|store"}[5m]))'
    asked = 'sum(rate(cache_answers_total{outcome!="refused"}[5m]))'
    low = f"{hit} / {asked} < {HITS:g} and {asked} > {HITS_ASKED}"
    yield alert("CacheHitsLow", low, f"The cache answers less than {percent(HITS)} of what it could.")
    evicted = f"rate(redis_evicted_keys_total[5m]) > {EVICTED}"
    yield alert("CacheEvictions", evicted, "Redis drops keys for want of memory.")
    busy = f'1 - avg by (instance) (rate(node_cpu_seconds_total{{mode="idle"}}[5m])) > {BUSY:g}'
    yield alert("ProcessorBusy", busy, f"{{{{ $labels.instance }}}} uses more than {percent(BUSY)} of its processors.")
    full = f"1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > {FULL:g}"
    yield alert("MemoryFull", full, f"{{{{ $labels.instance }}}} uses more than {percent(FULL)} of its memory.")


def percent(share: float) -> str:
    return f"{100 * share:g} %"


def record(name: str, expr: str, labels: dict[str, str] | None = None) -> Rule:
    return {"record": name, "expr": expr} | ({"labels": labels} if labels else {})


def alert(name: str, expr: str, summary: str) -> Rule:
    kind = ALERTS[name]
    annotations = {"summary": summary, "runbook": RUNBOOK + name.lower()}
    rule = {"alert": name, "expr": expr, "labels": {"severity": kind.severity}, "annotations": annotations}
    return rule | ({"for": f"{kind.minutes}m"} if kind.minutes else {})


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
