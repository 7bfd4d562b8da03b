"""What staff do with alerts."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from apps.insight.alerting.alerts import acknowledge
from apps.insight.models import Alert
from apps.pages.views.common import HostRequest, see_other


@login_required
@require_POST
def alert_acknowledge(request: HostRequest, alert: int) -> HttpResponse:
    if not request.user.is_staff:
        raise PermissionDenied
    acknowledge(alert=get_object_or_404(Alert, pk=alert), by=request.user)
    return see_other("pages:insight", fragment="alerts")
