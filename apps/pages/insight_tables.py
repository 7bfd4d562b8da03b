"""Rows of the tables of /insight: endpoints, statements, cache, machines, processes, background work."""

import re
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.insight.overview.health import PLACES, ClassHealth, Timing
from apps.insight.overview.postgres import Postgres
from apps.insight.overview.running import Cached, Machine, Process, Statement, Worked
from apps.pages.figures import duration, ms, n, percent, short
from apps.pages.verdict import class_name

MARK = 80  # percent of a bullet's length that the target is at
STATEMENT = 240  # characters
COLUMNS = re.compile(r"^(SELECT|SELECT DISTINCT) .{40,}? FROM ", re.DOTALL)
PLACE_NAMES = {
    "database": gettext_lazy("database"),
    "cache": gettext_lazy("cache"),
    "rendering": gettext_lazy("rendering"),
    "waiting": gettext_lazy("waiting for a connection"),
    "other": gettext_lazy("the rest"),
}


def class_row(one: ClassHealth) -> dict[str, Any]:
    return row(one.whole) | {"title": class_name(one.whole.name), "endpoints": [row(each) for each in one.endpoints]}


def row(one: Timing) -> dict[str, Any]:
    """`bullet`: how long p95 is drawn, in percent of a box in which the target is at MARK."""
    return {
        "name": one.name,
        "count": n(one.count),
        "errors": n(one.errors),
        "p50": ms(one.p50),
        "p95": ms(one.p95),
        "p99": ms(one.p99),
        "target": ms(one.target.p95),
        "few": one.few,
        "within": one.within,
        "bullet": round(min(MARK * one.share, 100), 1),
        "spent": spent(one),
    }


def spent(one: Timing) -> list[dict[str, Any]]:
    """Where the time went: parts of a bar, one after the other, in percent."""
    parts, x = [], 0.0
    for place in (*PLACES, "other"):
        share = one.spent[place]
        said = {"place": place, "name": PLACE_NAMES[place], "percent": percent(share)}
        parts.append(said | {"x": round(x, 1), "width": round(100 * share, 1), "share": share})
        x += 100 * share
    return parts


def statement_row(one: Statement) -> dict[str, Any]:
    return {
        "text": shortened(one.text), "calls": n(one.calls), "mean": ms(one.mean), "longest": ms(one.longest),
        "share": percent(one.share), "endpoint": one.endpoint,
    }  # fmt: skip


def postgres_rows(says: Postgres | None) -> dict[str, Any] | None:
    if says is None:
        return None
    statements = [
        {
            "text": shortened(one["query"]), "calls": n(one["calls"]), "mean": short(one["mean_ms"]),
            "longest": short(one["max_ms"]), "share": short(one["share"] or 0),
        }
        for one in says.statements
    ]  # fmt: skip
    return {
        "statements": statements,
        "missing": says.missing,
        "waits": [{"text": shortened(one["query"]), "lasts": duration(one["seconds"])} for one in says.lock_waits],
        "long": [
            {"text": shortened(one["query"]), "lasts": duration(one["seconds"])} for one in says.long_transactions
        ],
    }


def shortened(statement: str) -> str:
    """Without the names of all columns, which say little."""
    return Truncator(COLUMNS.sub(r"\1 … FROM ", statement.replace('"', ""))).chars(STATEMENT)


def cached_row(one: Cached) -> dict[str, Any]:
    return {
        "kind": one.kind, "asked": n(one.asked), "share": n(100 * one.hits / one.asked, 1), "size": one.size,
        "percent": round(100 * one.hits / one.asked, 1),
    }  # fmt: skip


def machine_row(one: Machine) -> dict[str, Any]:
    shares = [(_("processors"), one.busy), (_("memory"), one.memory), (_("disk"), one.disk)]
    return {
        "name": one.name,
        "free": one.disk_free,
        "shares": [{"name": name, "said": percent(share), "percent": round(100 * share, 1)} for name, share in shares],
    }


def process_row(one: Process) -> dict[str, Any]:
    return {
        "name": one.name, "kind": one.kind, "cpu": percent(one.cpu), "rss": one.rss, "rss_most": one.rss_most,
        "sockets": n(one.sockets), "late": n(one.late), "late_longest": ms(one.late_longest), "threads": one.threads,
    }  # fmt: skip


def task_row(one: Worked) -> dict[str, Any]:
    return {
        "name": one.name, "count": n(one.count), "errors": n(one.errors), "p50": duration(one.p50),
        "p95": duration(one.p95),
    }  # fmt: skip
