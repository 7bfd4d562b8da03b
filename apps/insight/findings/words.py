"""What a finding says to people: what it is, how that shows, what to do, what it would bring."""

from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.insight.findings.found import Found
from apps.insight.models import Finding
from apps.stage import wording


class Words(NamedTuple):
    """`code`: a statement, to be shown as it is; empty where there is none."""

    title: str
    said: str
    do: str
    gain: str
    code: str = ""


def words(one: Found | Finding) -> Words:
    title, said, do, gain = TEXTS[one.kind]({name: isolated(value) for name, value in one.evidence.items()})
    return Words(title, said, do, gain, one.evidence.get("statement", ""))


Texts = tuple[str, str, str, str]
Evidence = dict[str, Any]


def n_plus_one(e: Evidence) -> Texts:
    return (
        _("One query for each row: %(endpoint)s") % e,
        _("%(alike)s alike queries, %(ms)s ms a request, %(pages)s requests.") % told(e),
        _("Join what is shown (select_related) or fetch it in one query for all rows (prefetch_related)."),
        _("%(ms)s to %(left_ms)s ms") % told(e),
    )


def slow_statement(e: Evidence) -> Texts:
    return (
        _("A slow statement: %(endpoint)s") % e,
        _("Mean %(ms)s ms over %(calls)s calls.") % told(e),
        _("Look at its plan (EXPLAIN ANALYZE): read fewer rows, or narrow it by what an index has."),
        "",
    )


def missing_index(e: Evidence) -> Texts:
    if e["declared"]:
        title = _("The index %(index)s of %(table)s is missing") % e
        do = _("The models declare it and the database has it not: create it anew, as its migration does.")
    else:
        title = _("Without an index, %(table)s is read whole") % e
        do = _("Create an index on %(columns)s.") % e
    said = (
        _("The plan of what takes longest there costs %(before)s; with the index, on a copy, %(after)s.") % told(e)
        if "before" in e
        else _("What takes longest there reads the table.")
    )
    gain = _("%(times)s times less") % {"times": n(e["before"] / max(e["after"], 0.01), 0)} if "before" in e else ""
    return title, said, do, gain


def lock_waits(e: Evidence) -> Texts:
    return (
        _("Many wait to write the same row") if e["hot"] else _("Statements wait for each other's locks"),
        _("%(processes)s of them at any time, for %(ms)s ms when looked at.") % told(e, processes=1),
        _("Who holds the row? Make that transaction shorter, or let fewer write the same row. See query_report."),
        "",
    )


def pool_exhausted(e: Evidence) -> Texts:
    return (
        _("Requests wait for a connection to the database"),
        _("%(ms)s ms a request, %(share)s %% of their time; the pool of a process has %(size)s.") % told(e),
        _("Raise DATABASE_POOL, as far as max_connections of PostgreSQL goes, or make long transactions shorter."),
        _("%(ms)s ms less") % told(e),
    )


def loop_late(e: Evidence) -> Texts:
    return (
        _("Something blocks the event loop of the sockets"),
        _("%(times)s times late by more than 50 ms, at most %(ms)s ms: %(process)s.")
        % {**told(e), **only(e, "process")},
        _("No database, file or long computation in the loop: use asyncio.to_thread. Profile that process."),
        "",
    )


def memory_growth(e: Evidence) -> Texts:
    return (
        _("Memory grows: %(process)s") % e,
        _("%(mb_a_minute)s MB a minute, steadily; %(mb)s MB now.") % told(e, mb_a_minute=1),
        _("Restart it before it is killed. What holds on to what it made? Look for lists and caches without end."),
        "",
    )


def cache_hits(e: Evidence) -> Texts:
    if e.get("off"):
        return (
            _("The cache is off"),
            _("Each read is computed anew."),
            _("Set CACHED_READS=true, unless you switched it off to look for something."),
            "",
        )
    return (
        _("The cache answers too little"),
        _("%(share)s %% of %(asked)s reads.") % told(e),
        _("Does Redis drop keys for want of memory? Is something retired again and again? See cache_stats."),
        "",
    )


def cache_slow(e: Evidence) -> Texts:
    return (
        _("Redis answers slowly"),
        _("%(ms)s ms a call, %(calls)s calls, %(share)s %% of all time.") % told(e, ms=1),
        _("Is it far away, busy with slow commands, or short of a processor? SLOWLOG GET shows the slow ones."),
        _("%(ms)s to 0.2 ms") % told(e, ms=1),
    )


def large_payload(e: Evidence) -> Texts:
    return (
        _("Large answers: %(endpoint)s") % e,
        _("%(kb)s KB on average, %(largest_kb)s KB at most, %(count)s times.") % told(e),
        _("Answer less of it: pages (limit), fewer fields, no lists within lists."),
        "",
    )


def slow_template(e: Evidence) -> Texts:
    return (
        _("Rendering takes most of %(endpoint)s") % e,
        _("%(ms)s ms on average, %(share)s %% of the request.") % told(e),
        _("Compute in the view, once; show fewer rows; cache the part that is the same for all. Profile one request."),
        "",
    )


def errors(e: Evidence) -> Texts:
    return (
        _("Errors: %(endpoint)s") % e,
        _("%(errors)s of %(count)s requests, %(share)s %%. Most often: %(fault)s.")
        % {**told(e, share=1), "fault": e["fault"] or "5xx"},
        _("Look into the log for it by the id of a request. A release just before? Go back to the one before."),
        "",
    )


def disk_full(e: Evidence) -> Texts:
    said = (
        _("%(share)s %% are used, %(free_mb)s MB are free: %(machine)s.") % {**told(e), **only(e, "machine")}
        if "share" in e
        else _("%(errors)s writes were refused.") % told(e)
    )
    return (
        _("The disk is full"),
        said,
        _("Make room: old backups and logs first; then a larger disk. Then look whether PostgreSQL writes again."),
        "",
    )


def slower_release(e: Evidence) -> Texts:
    return (
        _("%(endpoint)s is slower since release %(release)s") % e,
        _("%(before)s to %(after)s ms, p = %(p)s.") % {**told(e), "p": n(e["p"], 3)},
        _("Compare the two profiles. If it hurts tonight, go back to the release before."),
        _("%(after)s to %(before)s ms") % told(e),
    )


TEXTS = {
    "n_plus_one": n_plus_one, "slow_statement": slow_statement, "missing_index": missing_index,
    "lock_waits": lock_waits, "pool_exhausted": pool_exhausted, "loop_late": loop_late,
    "memory_growth": memory_growth, "cache_hits": cache_hits, "cache_slow": cache_slow,
    "large_payload": large_payload, "slow_template": slow_template, "errors": errors, "disk_full": disk_full,
    "slower_release": slower_release,
}  # fmt: skip


def isolated(value: Any) -> Any:
    """Names keep their direction in any sentence; figures, and what is empty, stay what they are."""
    return wording.isolated(value) if value and isinstance(value, str) else value


def told(e: Evidence, **digits: int) -> dict[str, str]:
    """Its figures, whole unless `digits` says otherwise."""
    return {name: n(value, digits.get(name, 0)) for name, value in e.items() if isinstance(value, int | float)}


def only(e: Evidence, *names: str) -> dict[str, Any]:
    return {name: e[name] for name in names}


def n(value: float, digits: int = 0) -> str:
    return str(number_format(round(value, digits), digits, force_grouping=True))
