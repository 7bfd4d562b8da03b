"""How JamVote itself is doing, for staff."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.accounts.roles import Right, may, roles_of
from apps.insight.alerting.alerts import shown as shown_alerts
from apps.insight.changes.compared import compared
from apps.insight.models import Finding
from apps.insight.overview.summary import MONTH, TONIGHT, WEEK, Span, summary
from apps.pages import insight_releases
from apps.pages.insight import MOST_FINDINGS, shown
from apps.pages.views.common import HostRequest

RELEASES = "releases"
TABS = {"tonight": _("Tonight"), "week": _("7 days"), "month": _("30 days"), RELEASES: _("Releases")}
SPANS = {span.name: span for span in (TONIGHT, WEEK, MONTH)}


@login_required
@require_safe
def insight(request: HostRequest) -> HttpResponse:
    """`?over=` is a tab; `?part`: what is in it alone, for the script that draws it anew."""
    if not may(Right.ADMINISTER, roles_of(request.user)):
        raise PermissionDenied
    over = request.GET.get("over", "")
    if over == RELEASES:
        return render(request, "pages/insight.html", insight_releases.shown(compared()) | tabs(RELEASES))
    span = SPANS.get(over, TONIGHT)
    template = "pages/insight/part.html" if "part" in request.GET else "pages/insight.html"
    return render(request, template, context_of(span) | tabs(span.name))


def tabs(chosen: str) -> dict[str, Any]:
    return {"tabs": TABS, "over": chosen}


def context_of(span: Span) -> dict[str, Any]:
    found = summary(span)
    alerts = shown_alerts()
    findings = Finding.objects.filter(closed_at=None).order_by("-saved", "pk")[:MOST_FINDINGS]
    closed = Finding.objects.filter(closed_at__gte=found.since).count()
    still = [one.alert for one in alerts if one.alert.resolved_at is None]
    return shown(found, still, list(findings), closed) | {"alerts": alerts}
