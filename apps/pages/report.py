"""What a report's page shows of a report: words, changes, charts."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.template.defaultfilters import date as in_words
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.pages.charts import Chart, columns, curve
from apps.pages.templatetags.parts import as_hours
from apps.reports.figures import change
from apps.reports.periods import ALL, Period, last_month_of, month_of, season_of

MOST_BARS = 40  # nights that have a bar of their own; of more, months have
FIGURES = {
    "nights": gettext_lazy("Nights"),
    "people": gettext_lazy("People"),
    "voters": gettext_lazy("Voted"),
    "votes": gettext_lazy("Votes"),
    "performances": gettext_lazy("Songs played"),
    "performers": gettext_lazy("Performers"),
    "seconds": gettext_lazy("Music"),
}


def shown(report: dict[str, Any]) -> dict[str, Any]:
    """The context of the page."""
    nights = report["nights"]
    return {
        "report": report,
        "one": report["about"]["kind"] == "jam",
        "facts": [fact(name, report) for name in FIGURES if name != "nights" or report["about"]["kind"] != "jam"],
        "over_time": curve([(row["at"], row["votes"]) for row in report["votes_over_time"]]),
        "turnout": turnout(nights),
        "by_month": len(nights) > MOST_BARS,
        "lists": [
            ("wanted", _("Most wanted"), _("votes"), bars(report["most_wanted"], "votes")),
            ("played", _("Most played"), _("times"), bars(report["most_played"], "played")),
            ("unplayed", _("Wanted and never played"), _("votes"), bars(report["never_played"], "votes")),
        ],
        "song_waits": waits(report["waiting"]["songs"]),
        "waits": waits(report["waiting"]["performers"]),
        "instruments": bars(report["instruments"], "times"),
    }


def fact(name: str, report: dict[str, Any]) -> dict[str, Any]:
    figures, figure = report["figures"], report["figures"][name]
    value, before = figure["value"], figure["before"]
    small = {
        "people": lambda: _("%(n)s a night") % {"n": figures["per_night"]["value"]},
        "voters": lambda: f"{share(value, figures['people']['value'])} %",
        "performances": lambda: (
            ngettext("%(n)d different", "%(n)d different", report["songs_played"]) % {"n": report["songs_played"]}
        ),
    }.get(name)
    alone = name in {"people", "performances"} and report["about"]["kind"] == "jam"
    moved = change(value, before)
    return {
        "label": FIGURES[name],
        "value": as_hours(value) if name == "seconds" else f"{value:,}",
        "small": small() if small and not alone else "",
        "unit": _("h") if name == "seconds" else "",
        "change": moved,
        "amount": abs(moved or 0),
        "way": "up" if (moved or 0) > 0 else "down",
    }


def share(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def turnout(nights: list[dict[str, Any]]) -> Chart:
    """People and who of them voted, night by night; of many nights, month by month on average."""
    dated = [(datetime.fromisoformat(row["starts_at"]), row["people"], row["voters"]) for row in reversed(nights)]
    if len(dated) <= MOST_BARS:
        return columns([(in_words(at, "j M"), people, voters) for at, people, voters in dated])
    months: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for at, people, voters in dated:
        months[at.date().replace(day=1)].append((people, voters))
    return columns([(in_words(month, "M Y"), *averages(rows)) for month, rows in sorted(months.items())])


def averages(rows: list[tuple[int, int]]) -> tuple[int, int]:
    people, voters = (round(sum(numbers) / len(rows)) for numbers in zip(*rows, strict=True))
    return people, voters


def bars(rows: Iterable[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """With `share` of the longest, in percent, and the `number` that it stands for."""
    rows = list(rows)
    most = max((row[by] for row in rows), default=0)
    return [row | {"number": row[by], "share": round(100 * row[by] / most, 1) if most else 0} for row in rows]


def waits(waiting: dict[str, Any]) -> Chart:
    return columns([(minutes(row), row["number"], 0) for row in waiting["minutes"]], most_ticks=9, short=since)


def minutes(row: dict[str, Any]) -> str:
    return f"{row['since']}+" if row["below"] is None else f"{row['since']}–{row['below']}"


def since(text: str) -> str:
    """Where the minutes of a column begin: more has no room under it on a phone."""
    return text.partition("–")[0]


# Periods ----------------------------------------------------------------------------------------------


def presets(today: date, chosen: Period) -> list[dict[str, Any]]:
    named = [
        (_("This month"), month_of(today)),
        (_("Last month"), last_month_of(today)),
        (_("This season"), season_of(today)),
        (_("All nights"), ALL),
    ]
    return [{"name": name, "query": query_of(period), "chosen": period == chosen} for name, period in named]


def query_of(period: Period) -> str:
    return "&".join(f"{name}={day}" for name, day in (("since", period.since), ("until", period.until)) if day)


def ordered(period: Period) -> Period:
    """As it was meant, where the days stand the wrong way round."""
    since, until = period
    return Period(until, since) if since and until and since > until else period
