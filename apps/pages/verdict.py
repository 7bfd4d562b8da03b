"""Whether all is well, in one sentence."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.insight.alerting.words import words
from apps.insight.capacity.foreseen import tightest
from apps.insight.models import Alert
from apps.insight.overview.health import ClassHealth, Timing
from apps.insight.overview.summary import Summary
from apps.insight.slo import promise
from apps.pages.figures import duration, n, percent
from apps.stage.wording import listed

CLASSES = {
    "auth": gettext_lazy("log-ins"),
    "users": gettext_lazy("accounts"),
    "reads": gettext_lazy("jams, songs and venues"),
    "jams": gettext_lazy("hosts' actions"),
    "set_lists": gettext_lazy("set lists"),
    "reports": gettext_lazy("reports"),
    "webhooks_in": gettext_lazy("incoming webhooks"),
    "capacity": gettext_lazy("capacity"),
    "other": gettext_lazy("other requests"),
}
RESOURCES = {
    "web": gettext_lazy("the web processes"),
    "live": gettext_lazy("the live processes"),
    "worker": gettext_lazy("the workers"),
    "processor": gettext_lazy("the machine's processors"),
    "memory": gettext_lazy("memory"),
    "pool": gettext_lazy("the pool of database connections"),
}
ENOUGH = 20  # requests: of fewer, a share of errors says little


class Verdict(NamedTuple):
    """`state`: ok, warn or danger; unknown, where nothing can be said."""

    state: str
    text: str


def verdict(found: Summary, alerts: Sequence[Alert]) -> Verdict:
    """What matters most."""
    over = [one for one in found.classes if not one.whole.within]
    if found.recent >= ENOUGH and found.error_share > found.budget.allowed:
        shares = {"share": percent(found.error_share), "allowed": percent(found.budget.allowed)}
        return Verdict("danger", _("Requests fail: %(share)s %% of them, and %(allowed)s %% may.") % shares)
    slow = of_slow(over, found) if over else None
    paged = [alert for alert in alerts if alert.severity == Alert.Severity.PAGE]
    if paged and (slow is None or slow.state != "danger"):
        return Verdict("danger", f"{words(paged[0]).title}.")
    if slow:
        return slow
    if found.live.count >= ENOUGH and (late := found.live.quantile(0.95)) > promise().live_p95:
        said = {"late": duration(late), "promised": duration(promise().live_p95)}
        text = _("Votes come late to the screens: after %(late)s at p95, and %(promised)s is promised.")
        return Verdict("warn", text % said)
    full = tightest(found.foreseen.capacity) if found.foreseen.capacity else None
    if (found.now.waiting or 0) > promise().tasks_waiting:
        said = {"n": n(found.now.waiting or 0)}
        return Verdict("warn", _("Background work piles up: %(n)s tasks wait.") % said)
    if full and full.now >= full.limit:
        said = {"what": resource(full.name), "share": percent(full.now)}
        return Verdict("warn", _("All is well, but hardly anybody more fits: %(what)s: %(share)s %%.") % said)
    return Verdict("ok", _("All is well."))


def of_slow(over: list[ClassHealth], found: Summary) -> Verdict:
    worst = max((one.whole for one in over), key=lambda one: one.share)
    said = {"what": listed([class_name(one.whole.name) for one in over]), "how": how_slow(worst)}
    if 2 * sum(one.whole.count for one in over) > found.recent or 2 * len(over) > len(found.classes):
        return Verdict("danger", _("It is slow: %(what)s: %(how)s.") % {**said, "what": class_name(worst.name)})
    if len(over) > 1:
        return Verdict("warn", _("All is well, apart from %(what)s.") % said)
    return Verdict("warn", _("All is well, apart from %(what)s: %(how)s.") % said)


def how_slow(one: Timing) -> str:
    time = duration(one.target.p95)
    if one.over > 0.5:
        return _("most take over %(time)s") % {"time": time}
    return _("one in %(n)s takes over %(time)s") % {"n": n(1 / one.over), "time": time}


def class_name(name: str) -> str:
    return str(CLASSES.get(name, name))


def resource(name: str) -> str:
    return str(RESOURCES.get(name, name))
