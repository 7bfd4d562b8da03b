"""Whether a month or a night was as promised, for staff."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from apps.core.formats import dumps
from apps.insight.alerting.words import words
from apps.insight.levels.said import as_csv, as_dict
from apps.insight.levels.serializers import SlaQuery, month_of
from apps.insight.levels.sla import Sla, sla_of_month, sla_of_night
from apps.insight.reporting.words import succeeded
from apps.jams.models import Jam
from apps.pages.figures import ms, n, percent
from apps.pages.sla import class_rows, months_around
from apps.pages.views.common import HostRequest
from apps.pages.views.reports import TYPES


@login_required
@require_safe
def sla(request: HostRequest, kind: str = "") -> HttpResponse:
    """`?month=2026-11`, the one that runs unless it is said, or `?night=` a jam's slug."""
    if not request.user.is_staff:
        raise PermissionDenied
    found = asked_for(request)
    if kind:
        return file_of(found, kind)
    query = request.GET.urlencode()
    return render(request, "pages/insight/sla.html", shown(found) | {"query": f"?{query}" if query else ""})


def asked_for(request: HostRequest) -> Sla:
    query = SlaQuery(data=request.GET.dict())
    if not query.is_valid():
        raise Http404
    asked = query.validated_data
    if "night" in asked:
        return sla_of_night(get_object_or_404(Jam.objects.select_related("venue"), slug=asked["night"]))
    return sla_of_month(month_of(asked))


def file_of(found: Sla, kind: str) -> HttpResponse:
    said = as_dict(found)
    name = f"sla-{slugify(found.name) or found.kind}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(as_csv(said) if kind == "csv" else dumps(said), content_type=TYPES[kind], headers=headers)


def shown(found: Sla) -> dict[str, Any]:
    before = found.before if found.before and found.before.requests else None
    return {
        "sla": found,
        "before": before,
        "counts": counts(found),
        "counts_before": counts(before) if before else {},
        "promised": n(100 * found.promised, 1).removesuffix(".0"),
        "availability": None if found.availability is None else succeeded(found.availability),
        "availability_before": succeeded(before.availability) if before and before.availability is not None else "",
        "used": percent(found.budget_used or 0),
        "used_before": percent(before.budget_used or 0) if before else "",
        "rows": class_rows(found, before),
        "live": ms(found.live.quantile(0.95)) if found.live.count else "",
        "incidents": [(alert, words(alert)) for alert in found.incidents],
        "days": settings.INSIGHT_DAYS,
        "months": months_around(found.since) if found.kind == "month" else (),
    }


def counts(found: Sla) -> dict[str, str]:
    return {name: n(getattr(found, name)) for name in ("requests", "errors", "measured", "bad")}
