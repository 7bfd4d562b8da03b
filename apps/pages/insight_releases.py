"""What the tab of releases shows: endpoints side by side, trends, and a sentence that sums them up."""

from typing import Any

from django.template.defaultfilters import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.insight.changes.compared import Compared, Endpoint, Rising
from apps.insight.changes.trends import LEAST_POINTS
from apps.pages.figures import duration, ms, n, percent
from apps.pages.verdict import Verdict, class_name

SOON = 90  # days


def shown(found: Compared) -> dict[str, Any]:
    return {
        "compared": found,
        "verdict": verdict(found),
        "endpoints": [endpoint_row(one) for one in found.endpoints],
        "trends": [trend_row(one) for one in found.rising],
    }


def verdict(found: Compared) -> Verdict:
    slower = [one for one in found.endpoints if one.comparison and one.comparison.slower]
    soon = [one for one in found.rising if one.days is not None and one.days < SOON]
    if slower:
        said = {"n": len(slower), "release": found.after}
        text = ngettext(
            "%(n)s endpoint is slower since release %(release)s.",
            "%(n)s endpoints are slower since release %(release)s.",
            len(slower),
        )
        return Verdict("warn", text % said)
    if soon:
        said = {"what": capfirst(rising_name(soon[0].what)), "when": days(soon[0].days)}
        return Verdict("warn", _("%(what)s: the limit is reached in %(when)s.") % said)
    if any(one.comparison for one in found.endpoints):
        return Verdict("ok", _("Release %(release)s is as fast as the one before.") % {"release": found.after})
    if found.days >= LEAST_POINTS:
        return Verdict("ok", _("No limit comes near."))
    return Verdict("unknown", _("Too early to tell: too little was measured."))


def endpoint_row(one: Endpoint) -> dict[str, Any]:
    said = {"name": one.name, "count": n(one.count), "before": ms(one.before), "after": ms(one.after)}
    if one.comparison is None:
        return said | {"few": True, "change": "–", "chance": "–"}
    chance = n(one.comparison.p, 3) if one.comparison.p >= 0.001 else "< 0.001"
    change = f"{100 * (one.comparison.ratio - 1):+.0f} %"
    return said | {"slower": one.comparison.slower, "change": change, "chance": chance}


def trend_row(one: Rising) -> dict[str, Any]:
    week = 7 * one.trend.slope
    return {
        "name": rising_name(one.what),
        "now": figure(one.what, one.trend.level),
        "week": f"{'+' if week > 0 else '−'}{figure(one.what, abs(week))}",
        "limit": figure(one.what, one.limit) if one.limit is not None else "–",
        "days": days(one.days),
    }


def rising_name(what: str) -> str:
    named = {"requests": _("requests a day"), "memory": _("memory"), "disk": _("disk")}
    return named.get(what) or _("%(what)s, p95") % {"what": class_name(what)}


def figure(what: str, value: float) -> str:
    if what == "requests":
        return n(value)
    return f"{percent(value)} %" if what in {"memory", "disk"} else duration(value)


def days(number: float | None) -> str:
    if number is None:
        return "–"
    return ngettext("%(n)s day", "%(n)s days", round(number)) % {"n": n(number)}
