"""What /insight shows of a summary: its words and figures; capacity, charts and tables have files of their own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.template.defaultfilters import date as in_words
from django.utils.translation import gettext as _

from apps.insight.findings.words import words
from apps.insight.models import Alert, Finding
from apps.insight.overview.health import nearest
from apps.insight.overview.summary import TONIGHT, WEEK, Summary
from apps.insight.slo import promise
from apps.pages.dials import Dial, dial
from apps.pages.figures import duration, ms, n, percent, short
from apps.pages.insight_capacity import capacity, dial_of_capacity
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
from apps.pages.verdict import ENOUGH, class_name, verdict

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


def dial_of_times(found: Summary) -> Dial:
    """Of the class that is nearest to its target."""
    one = nearest(found.classes)
    if one is None:
        return dial(0, "–", "p95", _("too few requests"))
    said = {"percent": percent(one.share), "target": duration(one.target.p95)}
    name = _("p95, %(what)s") % {"what": class_name(one.name)}
    return dial(100 * one.share, duration(one.p95), name, _("%(percent)s %% of target, %(target)s") % said)


def dial_of_errors(found: Summary) -> Dial:
    if found.recent < ENOUGH:
        return dial(0, "–", _("errors"), _("too few requests"))
    share = found.error_share / found.budget.allowed
    said = {"percent": percent(share), "target": percent(found.budget.allowed)}
    value = f"{percent(found.error_share)} %"
    return dial(100 * share, value, _("errors"), _("%(percent)s %% of what may fail, %(target)s %%") % said)


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
