"""Venues and songs for staff."""

import io
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.paginator import InfinitePaginator

from apps.accounts.audited import AuditedAdmin
from apps.catalog import library
from apps.catalog.events import flags_changed
from apps.catalog.exports import SPREADSHEET, export_songs
from apps.catalog.flags import FLAGS
from apps.catalog.models import LibrarySong, Song, SongSearch, SongView, Venue
from apps.catalog.run_models import ImportRun
from apps.core.admin import OperationsAdmin, ReadOnlyAdmin, staff


@admin.register(Venue)
class VenueAdmin(AuditedAdmin, ModelAdmin):
    list_display = ("name", "town", "time_zone", "number_of_managers", "created_at")
    list_filter = ("time_zone", "town")
    search_fields = ("name", "town", "address")
    ordering = ("name", "pk")
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("managers",)
    readonly_fields = ("created_at",)
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("name", "slug", "address", "town", "time_zone", "description", "accent", "managers")}),
        (
            _("What it allows its jams"),
            {"fields": tuple(FLAGS), "description": _("A jam may be stricter, not looser. Its jams follow at once.")},
        ),
        (_("When"), {"fields": ("created_at",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Venue]:
        return super().get_queryset(request).annotate(number_of_managers=Count("managers"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One where a jam was held stays."""
        held = obj is not None and obj.jams.exists()
        return not held and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Venue, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and FLAGS.keys() & set(form.changed_data):
            flags_changed.send(None, venue=obj, by=request.user)

    @admin.display(description=_("managers"), ordering="number_of_managers")
    def number_of_managers(self, venue: Any) -> int:
        return venue.number_of_managers


SHEET = ("chord_sheet_state", "chord_sheet_answer", "chord_sheet_checked_at")


@admin.register(Song)
class SongAdmin(AuditedAdmin, ModelAdmin):
    list_display = ("title", "artist", "year", "key", "tempo", "length", "style", "popularity", "times_played")
    list_filter = ("style", "key", "chord_sheet_found")
    search_fields = ("title", "artist", "folded_title", "folded_artist")
    ordering = ("folded_title", "folded_artist")
    readonly_fields = (*SHEET, "folded_title", "folded_artist", "times_played", "last_played", "created_at")
    show_full_result_count = False
    actions = ("export_as_csv",)
    actions_list = ("import_from_csv",)

    @admin.display(description=_("chord sheet is"))
    def chord_sheet_state(self, song: Song) -> str:
        return str(dict(Song.Sheet.choices).get(song.chord_sheet_state, ""))

    @admin.display(description=_("length"), ordering="duration")
    def length(self, song: Song) -> str:
        return song.length

    @action(description=_("Import from CSV"), url_path="import")
    def import_from_csv(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect("/songs/import")

    @admin.action(description=_("Export as CSV"))
    def export_as_csv(self, request: HttpRequest, songs: QuerySet[Song]) -> HttpResponse:
        text = io.StringIO(newline="")
        export_songs(songs, text)
        headers = {"Content-Disposition": 'attachment; filename="songs.csv"'}
        content = text.getvalue().encode(SPREADSHEET)
        return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


@admin.register(LibrarySong)
class LibrarySongAdmin(OperationsAdmin):
    """With a reason the song is banned at the venue; without one it is played there."""

    list_display = ("song", "venue", "key", "why", "times_played", "last_played")
    list_filter = (("banned_at", admin.EmptyFieldListFilter),)
    search_fields = ("song__title", "song__artist", "song__folded_title", "venue__name", "note")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    autocomplete_fields = ("venue", "song")
    fields = ("venue", "song", "key", "note", "why", "banned_at", "times_played", "last_played")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LibrarySong]:
        return super().get_queryset(request).select_related("song", "venue")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        kept = ("banned_at", "times_played", "last_played")
        return (*kept, "venue", "song") if obj else kept

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # how often it was played there stays

    def save_model(self, request: HttpRequest, obj: LibrarySong, form: Any, change: bool) -> None:
        of = {"venue": obj.venue, "song": obj.song, "by": staff(request)}
        row = library.change_library_song(**of, key=obj.key, note=obj.note)
        if obj.why:
            row = library.ban_song(**of, why=obj.why)
        elif "why" in form.changed_data:
            row = library.unban_song(**of)
        obj.pk = row.pk or obj.pk


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """What it does with them, its own page does."""

    list_display = ("name", "owner", "state", "dry_run", "position", "created_at", "page")
    list_filter = ("state", "dry_run")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__email")
    ordering = ("-pk",)
    paginator = InfinitePaginator

    @admin.display(description=_("page"))
    def page(self, run: ImportRun) -> str:
        return format_html('<a href="{}">{}</a>', run.get_absolute_url(), _("Open"))


@admin.register(SongView)
class SongViewAdmin(ReadOnlyAdmin):
    list_display = ("day", "song", "times")
    list_filter = ("day",)
    list_select_related = ("song",)
    search_fields = ("song__title", "song__artist", "song__folded_title")
    ordering = ("-day", "-times", "-pk")
    paginator = InfinitePaginator


class Found(admin.SimpleListFilter):
    title, parameter_name = _("found"), "found"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("nothing")), ("yes", _("something"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SongSearch]) -> QuerySet[SongSearch]:
        chosen = {"no": queryset.filter(found=0), "yes": queryset.filter(found__gt=0)}
        return chosen.get(self.value() or "", queryset)


@admin.register(SongSearch)
class SongSearchAdmin(ReadOnlyAdmin):
    list_display = ("day", "text", "found", "times")
    list_filter = ("day", Found)
    search_fields = ("text",)
    ordering = ("-day", "-times", "-pk")
    paginator = InfinitePaginator
