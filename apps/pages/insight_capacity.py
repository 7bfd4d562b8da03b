"""What /insight says of how many fit, and of what is full first."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.insight.capacity.fitting import Capacity, Resource
from apps.insight.capacity.foreseen import tightest
from apps.insight.capacity.plan import Months, Plan
from apps.insight.overview.summary import Summary
from apps.pages.dials import Dial, dial
from apps.pages.figures import n, percent, short
from apps.pages.verdict import resource
from apps.stage.wording import listed


def dial_of_capacity(found: Summary) -> Dial:
    fits = found.foreseen.capacity
    nearest = tightest(fits) if fits else None
    if fits is None or nearest is None:
        return dial(0, "–", _("of capacity"), _("not known yet"))
    share, more = nearest.now / nearest.limit, more_voters(fits)
    against = resource(nearest.name) if more is None else _("%(n)s more fit") % {"n": n(more)}
    return dial(100 * share, f"{percent(share)} %", _("of capacity"), against)


def more_voters(fits: Capacity) -> float | None:
    """By the resource that has least left for them; none where one is past its limit, whatever fills it."""
    if full(fits):
        return 0.0
    filled = [one for one in fits.resources if one.demand]
    if not filled or not fits.rate_of_a_voter:
        return None
    return min(max(one.limit - one.now, 0.0) / one.demand for one in filled) / fits.rate_of_a_voter


def full(fits: Capacity) -> Resource | None:
    """What is at its limit now, or furthest past it."""
    one = tightest(fits)
    return one if one and one.now >= one.limit else None


def capacity(found: Summary) -> dict[str, Any] | None:
    fits, plan = found.foreseen.capacity, found.foreseen.plan
    if fits is None:
        return None
    over, first = full(fits), fits.first
    if over is None and first is None:
        return None
    named = first is not None and first is not over and (first.limit_at or not over)
    return {
        "full": full_row(over, fits) if over else None,
        "first": first_row(first) if first and named else None,
        "lasts": lasts(plan.months) if plan and plan.months and not over else "",
        "wanted": wanted(plan) if plan else "",
        "resources": [resource_row(one) for one in fits.resources],
    }


def full_row(one: Resource, fits: Capacity) -> dict[str, Any]:
    """`elsewhere`: by no moment of the last hours do requests explain half of it."""
    return figures(one) | {"elsewhere": 2 * one.demand * fits.peak < one.now}


def first_row(one: Resource) -> dict[str, Any]:
    rate = _("%(n)s requests a second") % {"n": short(one.limit_at or 0)}
    return figures(one) | {"fit": rate if one.voters is None else voters(one.voters)}


def figures(one: Resource) -> dict[str, Any]:
    return {"name": resource(one.name), "now": percent(one.now), "limit": percent(one.limit)}


def voters(number: int) -> str:
    return ngettext("%(n)s voter", "%(n)s voters", number) % {"n": n(number)}


def lasts(months: Months) -> str:
    """A sentence. Empty where the limit is reached."""
    number = round(months.expected)
    if not number:
        return _("As it is foreseen to grow, that lasts for less than a month.") if months.expected else ""
    text = ngettext(
        "As it is foreseen to grow, that lasts for %(n)s month.",
        "As it is foreseen to grow, that lasts for %(n)s months.",
        number,
    )
    return text % {"n": n(number)}


def wanted(plan: Plan) -> str:
    """'web 4, live 2': where more should run than do."""
    return listed([f"{one.kind} {one.wanted}" for one in plan.instances if one.now and one.wanted > one.now])


def resource_row(one: Resource) -> dict[str, Any]:
    return figures(one) | {
        "voters": n(one.voters) if one.voters is not None else "–",
        "rate": short(one.limit_at) if one.limit_at is not None else "–",
    }
