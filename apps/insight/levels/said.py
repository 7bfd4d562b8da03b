"""A report on what is promised, for programs and spreadsheets."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from apps.catalog.exports import SPREADSHEET, safe
from apps.insight.levels.sla import Sla
from apps.insight.models import Alert
from apps.insight.overview.health import Timing

Row = list[Any]
OF_A_CLASS = ("name", "requests", "failed", "p50", "p95", "p99", "target_p95", "target_p99", "within_target", "met")
OF_AN_INCIDENT = ("name", "subject", "severity", "raised_at", "resolved_at")


def as_dict(sla: Sla) -> dict[str, Any]:
    """For JSON. Seconds, and shares of 1."""
    return {
        "kind": sla.kind, "name": sla.name, "since": sla.since, "until": sla.until,
        **figures(sla),
        "classes": [of_class(one) for one in sla.classes],
        "live": {"changes": sla.live.count, "p95": rounded(sla.live.quantile(0.95))} if sla.live.count else None,
        "incidents": [of_incident(alert) for alert in sla.incidents],
        "before": {"name": sla.before.name, **figures(sla.before)} if sla.before else None,
    }  # fmt: skip


def figures(sla: Sla) -> dict[str, Any]:
    return {
        "promised": sla.promised, "availability": rounded(sla.availability), "met": sla.met, "requests": sla.requests,
        "failed": sla.errors, "budget_used": rounded(sla.budget_used), "minutes": sla.measured,
        "bad_minutes": sla.bad, "alerts": len(sla.incidents),
        "p95": {one.name: rounded(one.p95) for one in sla.classes},
    }  # fmt: skip


def of_class(one: Timing) -> dict[str, Any]:
    values = (
        one.name, one.count, one.errors, rounded(one.p50), rounded(one.p95), rounded(one.p99), one.target.p95,
        one.target.p99, rounded(1 - one.over), one.within,
    )  # fmt: skip
    return dict(zip(OF_A_CLASS, values, strict=True))


def of_incident(alert: Alert) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in OF_AN_INCIDENT}


def rounded(value: float | None) -> float | None:
    """Seconds to tenths of a millisecond; shares alike."""
    return None if value is None else round(value, 4)


def as_csv(said: dict[str, Any]) -> bytes:
    """Its tables one after the other, each row with its table's name first. No cell is a formula."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for row in rows(said):
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
    return file.getvalue().encode(SPREADSHEET)


def rows(said: dict[str, Any]) -> Iterator[Row]:
    yield ["sla", "kind", "name", "since", "until"]
    yield ["sla", said["kind"], said["name"], said["since"].isoformat(), said["until"].isoformat()]
    yield ["figures", "figure", "value", "before"]
    before = said["before"] or {}
    for name in ("promised", "availability", "met", "requests", "failed", "budget_used", "minutes", "bad_minutes"):
        yield ["figures", name, said[name], before.get(name)]
    yield ["classes", *OF_A_CLASS, "p95_before"]
    was = before.get("p95", {})
    yield from (["classes", *(one[name] for name in OF_A_CLASS), was.get(one["name"])] for one in said["classes"])
    if said["live"]:
        yield ["live", "changes", "p95"]
        yield ["live", said["live"]["changes"], said["live"]["p95"]]
    if said["incidents"]:
        yield ["incidents", *OF_AN_INCIDENT]
        yield from (["incidents", *(cell(one[name]) for name in OF_AN_INCIDENT)] for one in said["incidents"])


def cell(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
