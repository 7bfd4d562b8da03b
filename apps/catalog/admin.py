"""Venues and songs for staff."""

import io
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.views import ChangeList

from apps.accounts.audited import AuditedAdmin
from apps.catalog import library, list_models
from apps.catalog.events import flags_changed
from apps.catalog.exports import SPREADSHEET, export_songs
from apps.catalog.flags import FLAGS
from apps.catalog.models import LibrarySong, Song, SongSearch, SongView, Venue
from apps.catalog.queries import styles
from apps.catalog.run_models import ImportRun
from apps.catalog.song_actions import ACTIONS
from apps.core.admin import GoesWithUser, InfinitePaginator, OperationsAdmin, ReadOnlyAdmin, staff


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


MOST_STYLES = 60  # to choose from
SHEET = ("chord_sheet_state", "chord_sheet_answer", "chord_sheet_checked_at")


class Style(admin.SimpleListFilter):
    """The styles that there are, found by the index that orders them; in any spelling of capitals."""

    title, parameter_name = _("style"), "style"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(style, style) for style in styles(MOST_STYLES)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Song]) -> QuerySet[Song]:
        return queryset.filter(style__iexact=self.value()) if self.value() else queryset


class Listed(admin.SimpleListFilter):
    """What people wrote in is few among many, and has an index of its own. "Yes" would narrow nothing."""

    title, parameter_name = _("in the library"), "listed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("no: somebody wrote it in"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Song]) -> QuerySet[Song]:
        return queryset.filter(listed=False) if self.value() == "no" else queryset


class SongList(ChangeList):
    """Sorted by one column; title and artist, which are unique together, go its way: so the indexes are to the end."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Song]) -> list[Any]:
        first = super().get_ordering(request, queryset)[0]
        falling = first.startswith("-") if isinstance(first, str) else first.descending
        named = first.removeprefix("-") if isinstance(first, str) else ""
        others = [name for name in ("folded_title", "folded_artist") if name != named]
        return [first, *(f"-{name}" if falling else name for name in others)]


@admin.register(Song)
class SongAdmin(AuditedAdmin, ModelAdmin):
    """Of a library however large: nothing is counted, and what can be sorted and narrowed by has an index."""

    list_display = ("titled", "by_artist", "year", "key", "tempo", "length", "style", "known", "played", "listed")
    list_display_links = ("titled",)
    list_filter = (Style, Listed, "chord_sheet_found")
    sortable_by = ("titled", "by_artist", "year", "known", "played")
    search_fields = ("title", "artist")
    search_help_text = _("Words in the title or the artist, in any order")
    ordering = ("folded_title", "folded_artist")
    readonly_fields = (*SHEET, "folded_title", "folded_artist", "times_played", "last_played", "created_at")
    show_full_result_count = False
    paginator = InfinitePaginator
    list_disable_select_all = True  # of a list that nobody has counted
    actions: tuple[Any, ...] = ("export_as_csv", *ACTIONS)
    actions_list = ("import_from_csv",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SongList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Song], search_term: str
    ) -> tuple[QuerySet[Song], bool]:
        """As everywhere else; also for fields of other pages that songs are chosen in."""
        return queryset & Song.objects.search(search_term), False

    @admin.display(description=_("title"), ordering="folded_title")
    def titled(self, song: Song) -> str:
        return song.title

    @admin.display(description=_("artist"), ordering="folded_artist")
    def by_artist(self, song: Song) -> str:
        return song.artist

    # The indexes have the most known first.
    @admin.display(description=_("popularity"), ordering=-F("popularity"))
    def known(self, song: Song) -> int:
        return song.popularity

    @admin.display(description=_("times played"), ordering=-F("times_played"))
    def played(self, song: Song) -> int:
        return song.times_played

    @admin.display(description=_("chord sheet is"))
    def chord_sheet_state(self, song: Song) -> str:
        return str(dict(Song.Sheet.choices).get(song.chord_sheet_state, ""))

    @admin.display(description=_("length"))
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
class ImportRunAdmin(GoesWithUser):
    """What it does with them, its own page does."""

    list_display = ("name", "owner", "state", "dry_run", "position", "created_at", "task", "page")
    list_filter = ("state", "dry_run")
    list_select_related = ("owner", "task")
    search_fields = ("name", "owner__email")
    ordering = ("-pk",)
    paginator = InfinitePaginator

    @admin.display(description=_("page"))
    def page(self, run: ImportRun) -> str:
        return format_html('<a href="{}">{}</a>', run.get_absolute_url(), _("Open"))


@admin.register(list_models.SongList)
class SongListAdmin(ReadOnlyAdmin):
    """What is done with them, their venue's page does."""

    list_display = ("venue", "schedule", "by_itself", "state", "trouble", "fetched_at", "next_at", "page")
    list_filter = ("state", "schedule", "by_itself", "trouble")
    list_select_related = ("venue",)
    search_fields = ("venue__name",)
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = (
        "venue", "url", "schedule", "by_itself", "near", "update", "changed_by", "next_at", "fetched_at", "said",
        "failed_at", "state", "compared_at", "applied_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[list_models.SongList]:
        return super().get_queryset(request).select_related("venue", "changed_by").defer("copy")

    @admin.display(description=_("page"))
    def page(self, row: list_models.SongList) -> str:
        return format_html('<a href="{}">{}</a>', row.get_absolute_url(), _("Open"))


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
        chosen = {"no": queryset.filter(found=0, times__gt=0), "yes": queryset.filter(found__gt=0)}
        return chosen.get(self.value() or "", queryset)


@admin.register(SongSearch)
class SongSearchAdmin(ReadOnlyAdmin):
    list_display = ("day", "text", "where", "found", "times", "chosen", "written_in")
    list_filter = ("day", Found)
    search_fields = ("text",)
    ordering = ("-day", "-times", "-pk")
    paginator = InfinitePaginator
    fields = ("day", "text", "where", "found", "times", "chosen", "written_in")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SongSearch]:
        venues = Venue.objects.filter(pk=OuterRef("place")).values("name")
        return super().get_queryset(request).telling().annotate(venue_name=Subquery(venues))

    @admin.display(description=_("venue"))
    def where(self, search: Any) -> str:
        return search.venue_name or ""
