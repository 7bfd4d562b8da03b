"""What an alert says to people: what is wrong, how that shows, what to do."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from apps.insight.findings.words import isolated, n
from apps.insight.models import Alert
from apps.insight.prometheus.rules import RUNBOOK

Evidence = dict[str, Any]


class Words(NamedTuple):
    """`code`: a statement, to be shown as it is; empty where there is none. `runbook`: where more stands about it."""

    title: str
    said: str
    do: str
    code: str
    runbook: str


def words(alert: Alert) -> Words:
    evidence = {name: isolated(value) for name, value in alert.evidence.items()}
    title, said, do = TEXTS[alert.name](isolated(alert.subject), evidence)
    return Words(title, said, do, alert.evidence.get("statement", ""), RUNBOOK + alert.name.lower())


Texts = tuple[str, str, str]


def burn_fast(subject: str, e: Evidence) -> Texts:
    return (
        _("Something is broken now: requests fail"),
        _("%(share)s %% of requests fail, %(times)s times as many as are promised.") % shares(e),
        _("Which route fails? A release just before it: go back to the one before. Are database and Redis there?"),
    )


def burn_slow(subject: str, e: Evidence) -> Texts:
    return (
        _("Requests fail again and again"),
        _("%(share)s %% of requests failed in six hours, %(times)s times as many as are promised.") % shares(e),
        _("Mostly it is one route, or one of several processes: look for it in the log."),
    )


def burn_long(subject: str, e: Evidence) -> Texts:
    return (
        _("More requests fail than are promised to"),
        _("%(share)s %% of requests failed in three days, %(times)s times as many as are promised.") % shares(e),
        _("Find the most frequent error in the log, and mend it."),
    )


def errors_tonight(subject: str, e: Evidence) -> Texts:
    return (
        _("Requests fail at this moment"),
        _("%(errors)s of the %(requests)s requests of two minutes, most of them at %(worst)s.") % failures(e),
        _("Phones keep votes and try again. Look into the log for the error."),
    )


def errors_high(subject: str, e: Evidence) -> Texts:
    return (
        _("Many requests fail"),
        _("%(errors)s of the %(requests)s requests of five minutes, most of them at %(worst)s.") % failures(e),
        _("Are the database (pg_isready) and Redis (redis-cli ping) there?"),
    )


def slow_requests(subject: str, e: Evidence) -> Texts:
    return (
        _("Slow requests: %(class)s") % {"class": subject},
        _("p95 is %(p95)s ms, its target %(target)s ms, of %(requests)s requests.")
        % {"p95": n(1000 * e["p95"]), "target": n(1000 * e["target"]), "requests": n(e["requests"])},
        _("Is a processor busy, a statement slow, or is there a queue for connections? query_report names statements."),
    )


def slow_query(subject: str, e: Evidence) -> Texts:
    return (
        _("A statement took more than a second"),
        _("%(seconds)s s at most.") % {"seconds": n(e["seconds"], 1)},
        _("query_report says who waits for whom. A plan that turned bad after many rows had come: ANALYZE."),
    )


def pool_exhausted(subject: str, e: Evidence) -> Texts:
    return (
        _("Requests wait for a connection to the database: %(where)s") % {"where": subject},
        _("%(number)s of them, on average.") % {"number": n(e["waiting"], 1)},
        _("Find long transactions first. DATABASE_POOL can grow as far as max_connections of PostgreSQL goes."),
    )


def cache_hits_low(subject: str, e: Evidence) -> Texts:
    return (
        _("The cache answers too little"),
        _("%(share)s %% of %(asked)s reads.") % {"share": n(100 * e["share"]), "asked": n(e["asked"])},
        _("Does Redis drop keys? Is CACHED_READS off? Right after a start or an import it is as it should be."),
    )


def cache_evictions(subject: str, e: Evidence) -> Texts:
    return (
        _("Redis drops keys for want of memory"),
        _("%(number)s a second.") % {"number": n(e["dropped"])},
        _("Raise its maxmemory. The broker of background work must not share a Redis that drops keys."),
    )


def processor_busy(subject: str, e: Evidence) -> Texts:
    return (
        _("Busy processors: %(machine)s") % {"machine": subject},
        _("%(share)s %% for ten minutes.") % {"share": n(100 * e["share"])},
        _("More processes help where cores are free (WEB_CONCURRENCY), else more machines."),
    )


def memory_full(subject: str, e: Evidence) -> Texts:
    return (
        _("The memory is nearly full: %(machine)s") % {"machine": subject},
        _("%(share)s %% for ten minutes.") % {"share": n(100 * e["share"])},
        _("Which process grows? A worker of gunicorn can be replaced without losing a request: kill -HUP."),
    )


def live_late(subject: str, e: Evidence) -> Texts:
    return (
        _("The room is told late"),
        _("p95 from the commit of a change to its frame is %(p95)s ms, its target %(target)s ms.")
        % {"p95": n(1000 * e["p95"]), "target": n(1000 * e["target"])},
        _("Is the core of a live process busy? Start another. Is Redis slow, or do clocks of machines differ?"),
    )


def queue_long(subject: str, e: Evidence) -> Texts:
    return (
        _("Background work piles up"),
        _("%(number)s tasks wait.") % {"number": n(e["waiting"])},
        _("Is a worker there? More of them, or TASK_CONCURRENCY, help where what they wait for has room."),
    )


def tasks_failed(subject: str, e: Evidence) -> Texts:
    return (
        _("Background work has failed"),
        _("%(number)s tasks failed within an hour, and are not tried again.") % {"number": n(e["failed"])},
        _("Tasks in the admin say why, and run one again."),
    )


TEXTS: dict[str, Callable[[str, Evidence], Texts]] = {
    "ErrorBudgetBurn1h": burn_fast, "ErrorBudgetBurn6h": burn_slow, "ErrorBudgetBurn3d": burn_long,
    "ErrorsTonight": errors_tonight, "ErrorsHigh": errors_high, "SlowRequests": slow_requests,
    "SlowQuery": slow_query, "PoolExhausted": pool_exhausted, "CacheHitsLow": cache_hits_low,
    "CacheEvictions": cache_evictions, "ProcessorBusy": processor_busy, "MemoryFull": memory_full,
    "LiveLate": live_late, "QueueLong": queue_long, "TasksFailed": tasks_failed,
}  # fmt: skip


def shares(e: Evidence) -> dict[str, str]:
    return {"share": n(100 * e["share"], 1), "times": n(e["times"], 1)}


def failures(e: Evidence) -> dict[str, str]:
    return {"errors": n(e["errors"]), "requests": n(e["requests"]), "worst": e["worst"]}
