"""What /insight shows of a summary: words, figures, charts."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.template.defaultfilters import date as in_words
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.insight.findings.words import words
from apps.insight.health import PLACES, ClassHealth, Timing, nearest
from apps.insight.models import Alert, Finding
from apps.insight.running import Cached, Machine, Process, Statement, Worked
from apps.insight.slo import OTHER, promise
from apps.insight.summary import MONTH, TONIGHT, WEEK, Summary
from apps.pages.charts import Chart, lines, scale
from apps.pages.dials import Dial
from apps.pages.figures import duration, ms, n, percent, short
from apps.pages.verdict import class_name, resource, verdict

MOST_FINDINGS = 20
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
TICKS = {TONIGHT.name: ("H:i", 3600), WEEK.name: ("D", 86_400), MONTH.name: ("j M", 5 * 86_400)}  # format, every


def shown(found: Summary, alerts: Sequence[Alert], findings: Sequence[Finding], closed: int) -> dict[str, Any]:
    """The context of the page."""
    return {
        "found": found,
        "recently": recently(found),
        "verdict": verdict(found, alerts),
        "dials": [dial_of_times(found), dial_of_errors(found), dial_of_capacity(found)],
        "facts": facts(found),
        "alerts": alerts,
        "findings": [finding(one) for one in findings],
        "closed": closed,
        "times": chart_of_times(found),
        "budget": chart_of_budget(found),
        "budget_left": percent(max(found.budget.now, 0)),
        "at_pace": percent(max(found.budget.at_pace, 0)),
        "availability": n(100 * promise().availability, 1).removesuffix(".0"),
        "classes": [class_row(one) for one in found.classes],
        "statements": [statement_row(one) for one in found.statements],
        "postgres": postgres_rows(found),
        "cached": [cached_row(one) for one in found.cached],
        "machines": [machine_row(one) for one in found.machines],
        "processes": [process_row(one) for one in found.processes],
        "tasks": [task_row(one) for one in found.tasks],
        "oldest": duration(found.now.oldest) if found.now.oldest else "",
        "capacity": capacity(found),
    }


def recently(found: Summary) -> str:
    """What the figures of now are of."""
    if found.recent_since == found.since:
        return whole(found)
    minutes = found.span.recent * found.span.length // timedelta(minutes=1)
    return _("last %(n)s minutes") % {"n": minutes}


def whole(found: Summary) -> str:
    if found.span == TONIGHT:
        return _("since %(time)s") % {"time": in_words(found.since, "H:i")}
    return _("last %(n)s days") % {"n": 7 if found.span == WEEK else 30}


# At a glance ------------------------------------------------------------------------------------------


def dial(percent_of: float, value: str, name: str, against: str) -> Dial:
    return Dial(percent_of, value, name, against, f"{value} {name}: {against}")


def dial_of_times(found: Summary) -> Dial:
    """Of the class that is nearest to its target."""
    one = nearest(found.classes)
    if one is None:
        return dial(0, "–", _("p95"), _("too few requests"))
    said = {"percent": percent(one.share), "target": duration(one.target.p95)}
    name = _("p95, %(what)s") % {"what": class_name(one.name)}
    return dial(100 * one.share, duration(one.p95), name, _("%(percent)s %% of target, %(target)s") % said)


def dial_of_errors(found: Summary) -> Dial:
    share = found.error_share / found.budget.allowed
    said = {"percent": percent(share), "target": percent(found.budget.allowed)}
    value = _("%(n)s %%") % {"n": percent(found.error_share)}
    return dial(100 * share, value, _("errors"), _("%(percent)s %% of what may fail, %(target)s %%") % said)


def dial_of_capacity(found: Summary) -> Dial:
    fits = found.foreseen.capacity
    if fits is None or fits.first is None:
        return dial(0, "–", _("of capacity"), _("not known yet"))
    share = fits.first.now / fits.first.limit
    more = max(0, fits.voters - round(found.now.people)) if fits.voters else None
    against = resource(fits.first.name) if more is None else _("%(n)s more fit") % {"n": n(more)}
    return dial(100 * share, _("%(n)s %%") % {"n": percent(share)}, _("of capacity"), against)


def facts(found: Summary) -> list[tuple[str, str, str]]:
    """Label, figure, unit. What there is not here is left out."""
    now, hits, asked = found.now, sum(one.hits for one in found.cached), sum(one.asked for one in found.cached)
    told = [
        (_("Requests a second"), short(found.rate), ""),
        (_("Phones connected"), n(now.people), ""),
    ]
    if found.live.count:
        told.append((_("Vote to screen, p95"), ms(found.live.quantile(0.95)), _("ms")))
    if asked:
        told.append((_("Cache hits"), n(100 * hits / asked, 1), "%"))
    if now.pool:
        told.append((_("Pool in use"), n(now.pool[0]), _("of %(n)s") % {"n": n(now.pool[1])}))
    if now.waiting is not None:
        told.append((_("Tasks waiting"), n(now.waiting), ""))
    return told


def finding(one: Finding) -> dict[str, Any]:
    said = words(one)
    return {"id": one.pk, "words": said, "code": shortened(said.code), "saved": duration(max(one.saved, 1.0))}


# Over time --------------------------------------------------------------------------------------------


def chart_of_times(found: Summary) -> Chart:
    """p99, p50 and p95 of each step, in milliseconds, beside the target of what is not named."""
    limit = 1000 * next(one.p95 for one in promise().classes if one.name == OTHER)
    rows: list[tuple[str, list[float | None]]] = [
        (tick(found, one.at), [1000 * value if one.count else None for value in (one.p99, one.p50, one.p95)])
        for one in found.times
    ]
    most = [max((values[number] or 0 for _at, values in rows), default=0) for number in (0, 2)]
    top = min(most[0], 3 * max(most[1], limit))  # or a few slow ones would press the rest to the floor
    last = [next((values[number] for _at, values in reversed(rows) if values[number]), 0) for number in (0, 1, 2)]
    names = [f"{name} {short(value or 0)}" for name, value in zip(("p99", "p50", "p95"), last, strict=True)]
    return lines(rows, names, steps=scale(max(top, 1.1 * limit)), ticks=ticks(found), limit=limit)


def tick(found: Summary, at: datetime) -> str:
    return in_words(at, "H:i" if found.span == TONIGHT else "D H:i" if found.span == WEEK else "j M")


def ticks(found: Summary) -> dict[int, str]:
    pattern, every = TICKS[found.span.name]
    return {
        place: in_words(one.at, pattern) for place, one in enumerate(found.times) if one.at.timestamp() % every == 0
    }


def chart_of_budget(found: Summary) -> Chart:
    """What is left, and what would be by spending evenly, in percent."""
    month = found.budget.month_ends.day
    rows = [
        (in_words(at, "j M"), (100 * left, 100 * (1 - day / month)))
        for day, (at, left) in enumerate([(found.budget.left[0][0], 1.0), *found.budget.left])
    ]
    names = [_("%(n)s %%") % {"n": percent(max(found.budget.now, 0))}, _("even pace")]
    return lines(rows, names, steps=(50, 100), ticks={0: rows[0][0], len(rows) - 1: rows[-1][0]})


# Tables -----------------------------------------------------------------------------------------------


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


def postgres_rows(found: Summary) -> dict[str, Any] | None:
    says = found.postgres
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
        "long": [{"text": shortened(one["query"]), "lasts": duration(one["seconds"])} for one in says.long_transactions],
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
        "name": one.name, "count": n(one.count), "errors": n(one.errors), "failed": one.errors, "p50": ms(one.p50),
        "p95": ms(one.p95),
    }  # fmt: skip


# Capacity ---------------------------------------------------------------------------------------------


def capacity(found: Summary) -> dict[str, Any] | None:
    fits, plan = found.foreseen.capacity, found.foreseen.plan
    if fits is None or fits.first is None or fits.first.limit_at is None:
        return None
    first = fits.first
    return {
        "fit": _("%(n)s voters") % {"n": n(fits.voters)}
        if fits.voters
        else _("%(n)s requests a second") % {"n": short(first.limit_at)},
        "first": resource(first.name),
        "now": percent(first.now),
        "limit": percent(first.limit),
        "months": n(plan.months.expected) if plan and plan.months and plan.months.expected else "",
        "wanted": [one for one in plan.instances if one.now and one.wanted > one.now] if plan else [],
        "resources": [
            {
                "name": resource(one.name), "now": percent(one.now), "limit": percent(one.limit),
                "percent": round(100 * min(one.now, 1), 1), "voters": n(one.voters) if one.voters else "–",
                "rate": short(one.limit_at) if one.limit_at is not None else "–",
            }
            for one in fits.resources
        ],
    }  # fmt: skip
