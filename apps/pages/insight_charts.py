"""Response times and the error budget, as charts."""

from datetime import datetime

from django.template.defaultfilters import date as in_words
from django.utils.translation import gettext as _

from apps.insight.overview.summary import MONTH, TONIGHT, WEEK, Summary
from apps.insight.slo import OTHER, promise
from apps.pages.charts import scale
from apps.pages.figures import percent, short
from apps.pages.lines import LineChart, lines

TICKS = {TONIGHT.name: ("H:i", 3600), WEEK.name: ("D", 86_400), MONTH.name: ("j M", 5 * 86_400)}  # format, every


def chart_of_times(found: Summary) -> LineChart:
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


def chart_of_budget(found: Summary) -> LineChart:
    """What is left, and what would be by spending evenly, in percent."""
    month = found.budget.month_ends.day
    rows = [
        (in_words(at, "j M"), (100 * left, 100 * (1 - day / month)))
        for day, (at, left) in enumerate([(found.budget.left[0][0], 1.0), *found.budget.left])
    ]
    names = [f"{percent(max(found.budget.now, 0))} %", _("even pace")]
    at = {0: rows[0][0]} | ({len(rows) - 1: rows[-1][0]} if len(rows) > 2 else {})
    return lines(rows, names, steps=(50, 100), ticks=at)
