"""Slots and sign-ups for staff. Changes are operations, so that lines move up, rooms follow and the audit knows."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.admin import InfinitePaginator, OperationsAdmin, ReadOnlyAdmin, staff, step
from apps.stage.models import Performance, SignUp, Slot
from apps.stage.operations import check_in_for, take_off
from apps.stage.slots import add_slot, remove_slot


@admin.register(Slot)
class SlotAdmin(OperationsAdmin):
    list_display = ("__str__", "jam_song", "jam", "required", "holder", "waiting")
    list_filter = ("required", "jam_song__status")
    search_fields = ("instrument", "jam_song__song__title", "jam_song__jam__name", "jam_song__jam__slug")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    autocomplete_fields = ("jam_song",)
    actions = (step(_("Remove with its sign-ups"), remove_slot, "slot"),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Slot]:
        return super().get_queryset(request).select_related("jam_song__song", "jam_song__jam").with_holders()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = ("jam_song", "instrument", "required")
        return (*fields, "number", "holder", "waiting", "revision") if obj else fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)  # whoever wants another one removes this one

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # see the action

    def save_model(self, request: HttpRequest, obj: Slot, form: Any, change: bool) -> None:
        obj.pk = add_slot(host=staff(request), **form.cleaned_data).pk

    @admin.display(description=_("jam"))
    def jam(self, slot: Slot) -> Any:
        return slot.jam_song.jam

    @admin.display(description=_("holder"))
    def holder(self, slot: Any) -> str:
        return slot.holder

    @admin.display(description=_("in line"), ordering="waiting")
    def waiting(self, slot: Any) -> int:
        return slot.waiting


@admin.register(SignUp)
class SignUpAdmin(OperationsAdmin):
    list_display = ("attendee", "slot", "jam_song", "jam", "state", "place", "created_at")
    list_filter = ("state", "slot__jam_song__status")
    search_fields = ("attendee__display_name", "slot__instrument", "slot__jam_song__song__title",
                     "slot__jam_song__jam__slug")  # fmt: skip
    ordering = ("-pk",)
    paginator = InfinitePaginator
    actions = (
        step(_("Is here"), check_in_for, "sign_up"),
        step(_("Take off; the first in line has the slot"), take_off, "sign_up"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignUp]:
        rows = super().get_queryset(request).select_related("attendee", "slot__jam_song__song", "slot__jam_song__jam")
        return rows.with_place()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("attendee", "slot", "jam_song", "jam", "state", "place", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # hosts do that where they see the room

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # see the actions

    @admin.display(description=_("jam song"))
    def jam_song(self, sign_up: SignUp) -> Any:
        return sign_up.slot.jam_song

    @admin.display(description=_("jam"))
    def jam(self, sign_up: SignUp) -> Any:
        return sign_up.slot.jam_song.jam

    @admin.display(description=_("place in line"))
    def place(self, sign_up: Any) -> Any:
        return sign_up.place


@admin.register(Performance)
class PerformanceAdmin(ReadOnlyAdmin):
    """History: it is written when a song is over."""

    list_display = ("song", "jam", "votes", "started_at", "ended_at")
    list_filter = ("started_at",)
    search_fields = ("song__title", "song__artist", "jam__name", "jam__slug")
    ordering = ("-started_at", "-pk")
    paginator = InfinitePaginator
    fields = ("jam", "song", "votes", "line_up", "started_at", "ended_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Performance]:
        return super().get_queryset(request).select_related("song", "jam")
