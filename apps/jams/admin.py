"""Jams and their songs for staff. Changes are operations, so that the room follows and the audit knows.

Attendees stand in apps/voting/admin.py, since they go with their votes.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from apps.core.admin import InfinitePaginator, OperationsAdmin, ReadOnlyAdmin, staff, step
from apps.jams import lineup, operations
from apps.jams.models import Jam, JamHost, JamSong, JamView, Performer, Recurrence


class HostInline(TabularInline):
    """Hosts are added and taken off. A field to change one would look its choices up host by host."""

    model = JamHost
    extra = 0
    autocomplete_fields = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[JamHost]:
        return super().get_queryset(request).select_related("user")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class JamForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        fields = super().clean() or self.cleaned_data
        starts_at, ends_at = fields.get("starts_at"), fields.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("The end must be after the start."))
        return fields


@admin.register(Jam)
class JamAdmin(OperationsAdmin):
    form = JamForm
    list_display = ("name", "venue", "starts_at", "status", "people", "votes_cast", "code")
    list_filter = ("status", "voting_paused", "counts")
    list_select_related = ("venue",)
    search_fields = ("name", "slug", "code", "venue__name")
    ordering = ("-starts_at", "-pk")
    autocomplete_fields = ("venue",)
    actions = (
        step(_("Open to votes"), operations.open_jam, "jam"),
        step(_("Start"), operations.start_jam, "jam"),
        step(_("Last call"), operations.last_call, "jam"),
        step(_("End"), operations.end_jam, "jam"),
    )
    inlines = (HostInline,)
    fieldsets = (
        (None, {"fields": ("venue", "name", "description", "background")}),
        (_("When"), {"fields": ("starts_at", "ends_at", "voting_closes_at"), "description": _("Times are in UTC.")}),
        (_("Votes"), {"fields": ("max_votes", "counts", "counts_top", "voting_paused")}),
        (_("Door"), {"fields": ("door",)}),
        (_("Suggestions"), {"fields": ("max_suggestions", "approve_suggestions", "suggestions_paused")}),
        (_("Sign-ups"), {"fields": ("sign_ups", "max_sign_ups")}),
        (_("State"), {"fields": ("status", "slug", "code", "revision", "created_at", "ended_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Jam]:
        return super().get_queryset(request).with_counts()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = ("status", "slug", "code", "revision", "created_at", "ended_at")
        return (*fields, "venue") if obj else (*fields, "voting_paused", "suggestions_paused")

    def get_inlines(self, request: HttpRequest, obj: Any) -> tuple[type[HostInline], ...]:
        return (HostInline,) if obj else ()  # whoever makes a jam is its owner

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One that people have voted in stays: see operations.delete_jam."""
        voted = obj is not None and obj.songs.filter(votes__gt=0).exists()
        return not voted and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], Any]:
        """The jam alone: its songs and people go along, and are not listed one by one."""
        return [str(jam) for jam in objs], {str(_("jams")): len(objs)}, set(), []

    def save_model(self, request: HttpRequest, obj: Jam, form: Any, change: bool) -> None:
        fields = {name: form.cleaned_data[name] for name in form.changed_data}
        if fields.get("background") is False:
            fields["background"] = ""
        if not change:
            obj.pk = operations.create_jam(host=staff(request), **fields).pk
            return
        paused = {name: fields.pop(f"{name}_paused", None) for name in ("voting", "suggestions")}
        if fields:
            operations.change_jam(jam=obj, host=staff(request), **fields)
        if paused != {"voting": None, "suggestions": None}:
            operations.set_paused(jam=obj, host=staff(request), **paused)

    def delete_model(self, request: HttpRequest, obj: Jam) -> None:
        operations.delete_jam(jam=obj, host=staff(request))

    @admin.display(description=_("people"), ordering="people")
    def people(self, jam: Any) -> int:
        return jam.people

    @admin.display(description=_("votes"), ordering="votes_cast")
    def votes_cast(self, jam: Any) -> int:
        return jam.votes_cast


@admin.register(JamSong)
class JamSongAdmin(OperationsAdmin):
    list_display = ("song", "jam", "status", "votes", "position", "locked", "pinned", "origin", "suggested_by")
    list_filter = ("status", "origin", "pinned")
    list_select_related = ("song", "jam", "suggested_by")
    search_fields = ("song__title", "song__artist", "song__folded_title", "jam__name", "jam__slug")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    autocomplete_fields = ("jam", "song")
    actions = (
        step(_("Approve"), lineup.approve_song, "jam_song"),
        step(_("Queue"), lineup.queue_song, "jam_song"),
        step(_("Take off the set list"), lineup.unqueue_song, "jam_song"),
        step(_("Pin"), lineup.pin_song, "jam_song", pinned=True),
        step(_("Unpin"), lineup.pin_song, "jam_song", pinned=False),
        step(_("Lock in its place"), lineup.lock_song, "jam_song", locked=True),
        step(_("Unlock"), lineup.lock_song, "jam_song", locked=False),
        step(_("Remove from the jam"), lineup.remove_song, "jam_song"),
    )
    kept = (
        "status", "position", "locked", "votes", "counted_at", "votable", "origin", "suggested_by", "times_queued",
        "started_at", "ended_at", "created_at", "revision",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("jam", "song", "pinned", *self.kept) if obj else ("jam", "song")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("jam", "song", *self.kept) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # removed songs keep their votes, in case they come back

    def save_model(self, request: HttpRequest, obj: JamSong, form: Any, change: bool) -> None:
        if not change:
            added, _skipped = lineup.add_songs(jam=obj.jam, host=staff(request), songs=[obj.song])
            obj.pk = added[0].pk
        elif "pinned" in form.changed_data:
            lineup.pin_song(jam_song=obj, host=staff(request), pinned=obj.pinned)


@admin.register(Recurrence)
class RecurrenceAdmin(ReadOnlyAdmin):
    """To look at: hosts change it at the jam, or over the API."""

    list_display = ("jam", "rule", "until", "opens", "made_until")
    list_filter = ("opens",)
    list_select_related = ("jam",)
    search_fields = ("jam__name", "jam__slug", "rule")
    ordering = ("-pk",)


@admin.register(Performer)
class PerformerAdmin(ReadOnlyAdmin):
    """To look at, and to forget for whoever asks staff to."""

    list_display = ("name", "venue", "instruments", "used_at", "created_at")
    list_select_related = ("venue",)
    search_fields = ("name", "venue__name")
    ordering = ("-pk",)
    paginator = InfinitePaginator

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(JamView)
class JamViewAdmin(ReadOnlyAdmin):
    list_display = ("day", "jam", "page", "times")
    list_filter = ("day", "page")
    list_select_related = ("jam",)
    search_fields = ("jam__name", "jam__slug")
    ordering = ("-day", "-times", "-pk")
    paginator = InfinitePaginator
