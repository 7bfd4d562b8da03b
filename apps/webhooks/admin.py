"""Webhooks for staff: where they go and how that went, to be looked at and switched off. Nothing here has a secret."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.admin import InfinitePaginator, OperationsAdmin, ReadOnlyAdmin, staff
from apps.webhooks.endpoints import change_endpoint
from apps.webhooks.inboxes import change_inbox
from apps.webhooks.models import Delivery, Endpoint, Inbox, Received


def switch_off(operation: Callable[..., object], row: str) -> Callable[..., None]:
    @admin.action(description=_("Switch off"))
    def act(model_admin: OperationsAdmin, request: HttpRequest, rows: Any) -> None:
        model_admin.each(request, rows, lambda one: operation(**{row: one}, by=staff(request), enabled=False))

    act.__name__ = "switch_off"
    return act


class LookedAt(OperationsAdmin):
    ordering = ("-pk",)
    paginator = InfinitePaginator

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Endpoint)
class EndpointAdmin(LookedAt):
    list_display = ("name", "url", "venue", "jam", "enabled", "disabled_reason", "failing_since")
    list_filter = ("enabled", "disabled_reason")
    search_fields = ("name", "url")
    fields = ("name", "url", "venue", "jam", "types", "enabled", "disabled_reason", "failing_since",
              "old_secret_until", "made_by", "created_at")  # fmt: skip
    actions = (switch_off(change_endpoint, "endpoint"),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        return super().get_queryset(request).select_related("venue", "jam", "made_by")


@admin.register(Inbox)
class InboxAdmin(LookedAt):
    list_display = ("name", "venue", "enabled", "made_by", "created_at")
    list_filter = ("enabled",)
    search_fields = ("name", "venue__name")
    fields = ("name", "venue", "enabled", "old_secret_until", "made_by", "created_at")
    actions = (switch_off(change_inbox, "inbox"),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Inbox]:
        return super().get_queryset(request).select_related("venue", "made_by")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("event", "endpoint", "state", "tries", "created_at", "ended_at")
    list_filter = ("state",)
    search_fields = ("endpoint__name", "event__key")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = ("event", "endpoint", "state", "tries", "created_at", "ended_at", "tried")
    readonly_fields = ("tried",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).select_related("event", "endpoint")

    def get_object(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """With its last attempts; the page asks for each value several times."""
        found: Any = super().get_object(request, *args, **options)
        if found:
            found.last_attempts = list(found.attempts.order_by("-pk")[:10])
        return found

    @admin.display(description=_("attempts"))
    def tried(self, delivery: Any) -> str:
        rows = delivery.last_attempts
        return "\n".join(f"{one.at:%Y-%m-%d %H:%M:%S} {one.status or ''} {one.error} {one.ms} ms" for one in rows)


@admin.register(Received)
class ReceivedAdmin(ReadOnlyAdmin):
    list_display = ("event", "type", "inbox", "state", "reason", "received_at")
    list_filter = ("state",)
    search_fields = ("event", "type", "inbox__name")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = ("event", "type", "inbox", "happened_at", "state", "reason", "result", "received_at", "ended_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Received]:
        return super().get_queryset(request).select_related("inbox").defer("payload", "digest")
