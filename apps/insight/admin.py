"""Findings and alerts for staff: to be looked at. What they say is in words on /insight."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.admin import InfinitePaginator, OperationsAdmin, ReadOnlyAdmin, staff
from apps.insight.alerting.alerts import acknowledge
from apps.insight.alerting.words import words
from apps.insight.models import Alert, Finding


class Open(admin.SimpleListFilter):
    title, parameter_name = _("open"), "open"
    field = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        opened = Q(**{f"{self.field}__isnull": True})
        return queryset.filter({"yes": opened, "no": ~opened}.get(self.value() or "", Q()))


class NotResolved(Open):
    field = "resolved_at"


class NotClosed(Open):
    field = "closed_at"


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin, OperationsAdmin):
    list_display = ("raised_at", "name", "subject", "severity", "said", "acknowledged_by", "resolved_at")
    list_filter = (NotResolved, "severity", "name", "raised_at")
    list_select_related = ("acknowledged_by",)
    search_fields = ("name", "subject")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = (
        "name", "subject", "severity", "said", "do", "evidence", "raised_at", "acknowledged_at", "acknowledged_by",
        "resolved_at", "sent_at",
    )  # fmt: skip
    readonly_fields = ("said", "do")
    actions = ("acknowledge",)

    @admin.display(description=_("what it says"))
    def said(self, alert: Alert) -> str:
        return words(alert).said

    @admin.display(description=_("what to do"))
    def do(self, alert: Alert) -> str:
        said = words(alert)
        return f"{said.do} ({said.runbook})"

    @admin.action(description=_("I look after it"))
    def acknowledge(self, request: HttpRequest, alerts: QuerySet[Alert]) -> None:
        self.each(request, alerts, lambda alert: acknowledge(alert=alert, by=staff(request)))


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    list_display = ("opened_at", "kind", "subject", "saved", "seen_at", "closed_at")
    list_filter = (NotClosed, "kind", "opened_at")
    search_fields = ("subject",)
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = ("kind", "subject", "saved", "evidence", "opened_at", "seen_at", "closed_at")
