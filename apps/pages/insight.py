"""What /insight shows of a summary: its words and figures; charts (insight_charts.py), tables (insight_tables.py)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.template.defaultfilters import date as in_words
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.insight.capacity.fitting import Capacity, Resource
from apps.insight.capacity.foreseen import tightest
from apps.insight.capacity.plan import Plan
from apps.insight.findings.words import words
from apps.insight.models import Alert, Finding
from apps.insight.overview.health import nearest
from apps.insight.overview.summary import TONIGHT, WEEK, Summary
from apps.insight.slo import promise
from apps.pages.dials import Dial
from apps.pages.figures import duration, ms, n, percent, short
from apps.pages.insight_charts import chart_of_budget, chart_of_times
from apps.pages.insight_tables import (
    cached_row,
    class_row,
    machine_row,
    postgres_rows,
    process_row,
    shortened,
    statement_row,
    task_row,
)
from apps.pages.verdict import class_name, resource, verdict
from apps.stage.wording import listed

MOST_FINDINGS = 20


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
        "postgres": postgres_rows(found.postgres),
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
    return _("7 days") if found.span == WEEK else _("30 days")


# At a glance ------------------------------------------------------------------------------------------


def dial(percent_of: float, value: str, name: str, against: str) -> Dial:
    return Dial(percent_of, value, name, against, f"{value} {name}: {against}")


def dial_of_times(found: Summary) -> Dial:
    """Of the class that is nearest to its target."""
    one = nearest(found.classes)
    if one is None:
        return dial(0, "–", "p95", _("too few requests"))
    said = {"percent": percent(one.share), "target": duration(one.target.p95)}
    name = _("p95, %(what)s") % {"what": class_name(one.name)}
    return dial(100 * one.share, duration(one.p95), name, _("%(percent)s %% of target, %(target)s") % said)


def dial_of_errors(found: Summary) -> Dial:
    share = found.error_share / found.budget.allowed
    said = {"percent": percent(share), "target": percent(found.budget.allowed)}
    value = f"{percent(found.error_share)} %"
    return dial(100 * share, value, _("errors"), _("%(percent)s %% of what may fail, %(target)s %%") % said)


def dial_of_capacity(found: Summary) -> Dial:
    fits = found.foreseen.capacity
    full = tightest(fits) if fits else None
    if fits is None or full is None:
        return dial(0, "–", _("of capacity"), _("not known yet"))
    share, more = full.now / full.limit, more_voters(fits)
    against = resource(full.name) if more is None else _("%(n)s more fit") % {"n": n(more)}
    return dial(100 * share, f"{percent(share)} %", _("of capacity"), against)


def more_voters(fits: Capacity) -> float | None:
    """By the resource that has least left for them."""
    filled = [one for one in fits.resources if one.demand]
    if not filled or not fits.rate_of_a_voter:
        return None
    return min(max(one.limit - one.now, 0.0) / one.demand for one in filled) / fits.rate_of_a_voter


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


def capacity(found: Summary) -> dict[str, Any] | None:
    fits, plan = found.foreseen.capacity, found.foreseen.plan
    first = fits.first if fits else None
    if fits is None or first is None or first.limit_at is None:
        return None
    rate = _("%(n)s requests a second") % {"n": short(first.limit_at)}
    return {
        "fit": voters(fits.voters) if fits.voters else rate,
        "first": resource(first.name),
        "now": percent(first.now),
        "limit": percent(first.limit),
        "months": n(plan.months.expected) if plan and plan.months and plan.months.expected else "",
        "wanted": wanted(plan) if plan else "",
        "resources": [resource_row(one) for one in fits.resources],
    }


def voters(number: int) -> str:
    return ngettext("%(n)s voter", "%(n)s voters", number) % {"n": n(number)}


def wanted(plan: Plan) -> str:
    """'web 4, live 2': where more should run than do."""
    return listed([f"{one.kind} {one.wanted}" for one in plan.instances if one.now and one.wanted > one.now])


def resource_row(one: Resource) -> dict[str, Any]:
    return {
        "name": resource(one.name), "now": percent(one.now), "limit": percent(one.limit),
        "voters": n(one.voters) if one.voters else "–",
        "rate": short(one.limit_at) if one.limit_at is not None else "–",
    }  # fmt: skip
