"""How JamVote itself is doing, for staff."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.accounts.roles import Right, may, roles_of
from apps.insight.alerts import shown as shown_alerts
from apps.insight.models import Finding
from apps.insight.summary import MONTH, TONIGHT, WEEK, summary
from apps.pages.insight import MOST_FINDINGS, shown
from apps.pages.views.common import HostRequest

TABS = {"tonight": _("Tonight"), "week": _("7 days"), "month": _("30 days"), "releases": _("Releases")}
SPANS = {span.name: span for span in (TONIGHT, WEEK, MONTH)}


@login_required
@require_safe
def insight(request: HostRequest) -> HttpResponse:
    """`?over=` is a tab; with `?part`, which its script asks for, what is in it."""
    if not may(Right.ADMINISTER, roles_of(request.user)):
        raise PermissionDenied
    over = request.GET.get("over", "")
    span = SPANS.get(over, TONIGHT)
    found = summary(span)
    alerts = shown_alerts()
    open_alerts = [one.alert for one in alerts if one.alert.resolved_at is None]
    findings = Finding.objects.filter(closed_at=None).order_by("-saved", "pk")[:MOST_FINDINGS]
    closed = Finding.objects.filter(closed_at__gte=found.since).count()
    context = shown(found, open_alerts, findings, closed) | {"alerts": alerts, "tabs": TABS, "over": span.name}
    return render(request, "pages/insight/part.html" if "part" in request.GET else "pages/insight.html", context)
