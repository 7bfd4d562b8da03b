"""Reports as plain text, for mails and terminals."""

from collections.abc import Iterator, Sequence
from math import floor

from django.conf import settings
from django.template.defaultfilters import date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.insight.capacity.fitting import Capacity
from apps.insight.capacity.plan import GB, Plan, Room
from apps.insight.findings.words import n
from apps.insight.levels.sla import Sla
from apps.insight.reporting.growth import CapacityReport, Growth
from apps.insight.reporting.performance import Performance, incidents, titles

LONGEST_STATEMENT = 200
MONTHS = 30  # days


def performance_subject(report: Performance) -> str:
    state = _("as promised") if report.sla.met else _("not as promised")
    return _("JamVote on %(day)s: %(state)s") % {"day": date(report.sla.since, "j M Y"), "state": state}


def performance_text(report: Performance) -> str:
    parts = [
        [performance_subject(report)],
        requests(report.sla),
        section(_("p95 of requests, in milliseconds"), times(report.sla)),
        section(_("Slowest endpoints, p95 in milliseconds"), endpoints(report)),
        section(_("Statements that took longest"), statements(report)),
        section(_("Cache"), cache(report)),
        section(_("Findings"), findings(report)),
        section(_("Alerts"), alerts(report.sla)),
        section(_("Capacity"), [fits(report.capacity)]),
        [f"{settings.PUBLIC_URL}/insight"],
    ]
    return paragraphs(parts)


def paragraphs(parts: Sequence[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def section(title: str, lines: Sequence[str] | Iterator[str]) -> list[str]:
    found = list(lines)
    return [title, *(f"  {line}" for line in found)] if found else []


# A day ------------------------------------------------------------------------------------------------


def requests(sla: Sla) -> list[str]:
    if sla.availability is None:
        return [_("Nobody asked for anything.")]
    said = {
        "requests": n(sla.requests), "before": n(sla.before.requests if sla.before else 0), "errors": n(sla.errors),
        "share": succeeded(sla.availability), "promised": succeeded(sla.promised), "bad": n(sla.bad),
        "minutes": n(sla.measured),
    }  # fmt: skip
    return [
        _("%(requests)s requests, %(before)s the day before. %(errors)s failed.") % said,
        _("%(share)s %% succeeded, %(promised)s %% were to.") % said,
        _("%(bad)s of %(minutes)s minutes were not as promised.") % said,
    ]


def succeeded(availability: float) -> str:
    """In per cent, rounded down: what is not all, or not enough, does not look as if it was. '100', '99.99'"""
    hundredths = floor(round(10_000 * availability, 6))
    return n(hundredths / 100, 2 if hundredths % 100 else 0)


def times(sla: Sla) -> Iterator[str]:
    was = {one.name: one.p95 for one in sla.before.classes} if sla.before else {}
    for one in sla.classes:
        before = n(1000 * was[one.name]) if one.name in was else "–"
        said = {"p95": n(1000 * one.p95), "target": n(1000 * one.target.p95), "before": before, "count": n(one.count)}
        mark = "" if one.within else " !"
        text = _("%(p95)s (target %(target)s, the day before %(before)s) of %(count)s requests") % said
        yield f"{one.name}: {text}{mark}"


def endpoints(report: Performance) -> Iterator[str]:
    for one in report.endpoints:
        said = {"p95": n(1000 * one.p95), "target": n(1000 * one.target.p95), "count": n(one.count)}
        yield f"{one.name}: " + _("%(p95)s (target %(target)s) of %(count)s requests") % said


def statements(report: Performance) -> Iterator[str]:
    for one in report.statements:
        said = {"share": n(100 * one.share), "mean": n(1000 * one.mean, 1), "calls": n(one.calls), "at": one.endpoint}
        yield _("%(share)s %% of the database's time: %(mean)s ms, %(calls)s times, most of it for %(at)s") % said
        yield f"  {one.text[:LONGEST_STATEMENT]}"


def cache(report: Performance) -> Iterator[str]:
    if report.asked:
        yield _("%(share)s %% of %(asked)s reads.") % {
            "share": n(100 * report.hits / report.asked, 1), "asked": n(report.asked),
        }  # fmt: skip


def findings(report: Performance) -> Iterator[str]:
    yield from (_("opened: %(title)s") % {"title": title} for title in titles(report.opened))
    yield from (_("closed: %(title)s") % {"title": title} for title in titles(report.closed))


def alerts(sla: Sla) -> Iterator[str]:
    for alert, title in incidents(sla.incidents):
        until = date(alert.resolved_at, "H:i") if alert.resolved_at else _("open")
        yield f"{date(alert.raised_at, 'H:i')} – {until}: {title}"


def fits(capacity: Capacity | None) -> str:
    first = capacity.first if capacity else None
    if first is None or first.limit_at is None:
        return _("Not known: too little was asked for.")
    said = {"limit": first.name, "share": n(100 * first.now), "most": n(100 * first.limit)}
    if first.voters is None:
        said["rate"] = n(first.limit_at, 1)
        return _("%(rate)s requests a second; first limit: %(limit)s (%(share)s %% of %(most)s %%)") % said
    return _("%(n)s voters; first limit: %(limit)s (%(share)s %% of %(most)s %%)") % (said | {"n": n(first.voters)})


# A week -----------------------------------------------------------------------------------------------


def capacity_subject(report: CapacityReport) -> str:
    return _("Capacity of JamVote, %(day)s: %(fits)s") % {
        "day": date(report.foreseen.until, "j M Y"), "fits": fits(report.foreseen.capacity),
    }  # fmt: skip


def capacity_text(report: CapacityReport) -> str:
    found = report.foreseen
    parts = [
        [_("Capacity of JamVote, %(day)s") % {"day": date(found.until, "j M Y")}],
        section(_("What fits"), [fits(found.capacity)]),
        section(_("Resources: now, limit, requests a second there"), resources(found.capacity)),
        section(_("Growth as it was"), growth(report)),
        section(_("Growth as it is foreseen (GROWTH_… of the settings)"), foreseen(found.plan)),
        section(_("Instances"), instances(found.plan)),
        [f"{settings.PUBLIC_URL}/insight"],
    ]
    return paragraphs(parts)


def resources(capacity: Capacity | None) -> Iterator[str]:
    for one in capacity.resources if capacity else ():
        at = n(one.limit_at, 1) if one.limit_at is not None else "–"
        yield f"{one.name}: {n(100 * one.now)} %, {n(100 * one.limit)} %, {at}"


def growth(report: CapacityReport) -> Iterator[str]:
    if not report.growth:
        text = ngettext("Nothing rises or falls for good, in %(n)s day.",
                        "Nothing rises or falls for good, in %(n)s days.", report.days)  # fmt: skip
        yield text % {"n": n(report.days)}
    for one in report.growth:
        yield f"{one.name}: {grows(one)}"


def grows(one: Growth) -> str:
    times, digits = (1, 0) if one.limit is None else (100, 1)
    unit = "" if one.limit is None else " %"
    said = {"level": n(times * one.level, digits) + unit, "more": f"{times * one.a_month:+,.{digits}f}{unit}"}
    text = _("%(level)s, %(more)s a month") % said
    if one.days is None:
        return text
    return text + _("; its limit in %(n)s months") % {"n": n(one.days / MONTHS, 1)}


def foreseen(plan: Plan | None) -> Iterator[str]:
    if plan is None:
        yield _("Not known: nothing was asked for lately.")
        return
    if plan.months:
        said = {name: n(value, 1) for name, value in vars(plan.months).items()}
        yield _("The first limit is reached in %(expected)s months (%(soonest)s to %(latest)s).") % said
    yield room(plan.storage)


def room(storage: Room) -> str:
    said = {name: n(value / GB, 1) for name, value in (("used", storage.used), ("size", storage.size))}
    text = _("Storage: %(used)s of %(size)s GB") % said
    if storage.months is None:
        return text
    return text + _("; full in %(n)s months") % {"n": n(storage.months, 1)}


def instances(plan: Plan | None) -> Iterator[str]:
    for one in plan.instances if plan else ():
        text = _("%(now)s now, %(wanted)s are recommended") % {"now": n(one.now), "wanted": n(one.wanted)}
        more = "" if one.enough else _("; more would be needed than there may be")
        yield f"{one.kind}: {text}{more}"
