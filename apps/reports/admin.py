"""Reports and summaries of nights for staff: to be looked at. What they say is on their pages."""

from typing import Any

from django.contrib import admin
from django.db.models import BigIntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, StrIndex, Substr
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Venue
from apps.core.admin import GoesWithUser, InfinitePaginator, ReadOnlyAdmin
from apps.core.formats import dumps
from apps.jams.models import Jam
from apps.reports.models import NightSummary, Report
from apps.tasks.models import Task

ABOUT = Cast(Substr("about", StrIndex("about", Value(":")) + 1), BigIntegerField())  # 12 of "venue:12"
UNFINISHED = Q(made_at=None, task__state__in=[Task.State.WAITING, Task.State.RUNNING])


class State(admin.SimpleListFilter):
    title, parameter_name = _("state"), "state"
    rows = {"done": Q(made_at__isnull=False), "making": UNFINISHED, "failed": Q(made_at=None) & ~UNFINISHED}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("done", _("ready")), ("making", _("is being made")), ("failed", _("failed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report]:
        return queryset.filter(self.rows.get(self.value() or "", Q()))


@admin.register(Report)
class ReportAdmin(GoesWithUser):
    """The search takes a name, what it is about ("venue:12") and who asked for it. Its page is the one of what it is
    about: a host's own nobody else has."""

    list_display = ("name", "about", "owner", "since", "until", "format", "how_far", "size", "created_at", "page")
    list_filter = (State, "format", "created_at")
    search_fields = ("name", "=about", "owner__email")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = (
        "name", "about", "owner", "since", "until", "format", "how_far", "why", "task", "size", "created_at",
        "made_at", "mailed_at", "expires_at", "page",
    )  # fmt: skip
    readonly_fields = ("how_far", "why", "size", "page")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        rows = super().get_queryset(request).select_related("owner", "task").annotate(about_id=ABOUT)
        jam, venue = (rows.filter(pk=OuterRef("about_id")).values("slug") for rows in (Jam.objects, Venue.objects))
        return rows.annotate(jam_slug=Subquery(jam), venue_slug=Subquery(venue))

    @admin.display(description=_("state"))
    def how_far(self, report: Report) -> str:
        return str(Task.State(report.state).label)

    @admin.display(description=_("error"))
    def why(self, report: Report) -> str:
        return report.task.error if report.task else ""

    @admin.display(description=_("size"))
    def size(self, report: Report) -> str:
        try:
            return filesizeformat(report.file.size) if report.file else ""
        except OSError:  # it is gone
            return ""

    @admin.display(description=_("page"))
    def page(self, report: Report) -> str:
        kind = report.about.partition(":")[0]
        slug = getattr(report, f"{kind}_slug", None)
        return link(f"pages:{kind}_report", slug) if slug else ""


@admin.register(NightSummary)
class NightSummaryAdmin(ReadOnlyAdmin):
    list_display = ("jam", "venue", "people", "voters", "votes", "played", "size", "made_at", "page")
    list_filter = ("made_at",)
    search_fields = ("jam__name", "jam__venue__name")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = ("jam", "venue", "made_at", "mark", "size", "facts", "page")
    readonly_fields = ("venue", "size", "page")

    def get_queryset(self, request: HttpRequest) -> QuerySet[NightSummary]:
        return super().get_queryset(request).select_related("jam__venue")

    @admin.display(description=_("venue"))
    def venue(self, summary: NightSummary) -> Any:
        return summary.jam.venue

    @admin.display(description=_("people"))
    def people(self, summary: NightSummary) -> Any:
        return summary.facts.get("people")

    @admin.display(description=_("voters"))
    def voters(self, summary: NightSummary) -> Any:
        return summary.facts.get("voters")

    @admin.display(description=_("votes"))
    def votes(self, summary: NightSummary) -> Any:
        return summary.facts.get("votes")

    @admin.display(description=_("played"))
    def played(self, summary: NightSummary) -> Any:
        return summary.facts.get("performances")

    @admin.display(description=_("size"))
    def size(self, summary: NightSummary) -> str:
        return filesizeformat(len(dumps(summary.facts)))

    @admin.display(description=_("page"))
    def page(self, summary: NightSummary) -> str:
        return link("pages:jam_report", summary.jam.slug)


def link(name: str, slug: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse(name, args=[slug]), _("Open"))
