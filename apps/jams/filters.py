from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django_filters import rest_framework as filters

from apps.accounts.roles import Right
from apps.catalog.models import Venue
from apps.core.ordering import both_ways, naming
from apps.core.times import EARLIEST, LATEST
from apps.jams.models import Jam, JamSong

ORDERS = ["starts_at", "name", "created_at"]
BETWEEN = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]


class JamFilter(filters.FilterSet):
    when = filters.ChoiceFilter(
        choices=[("now", "now"), ("upcoming", "upcoming"), ("past", "past")], method="by_time",
        help_text="now: live or last call; upcoming: open; past: ended.",
    )  # fmt: skip
    venue = filters.ModelChoiceFilter(queryset=Venue.objects.all(), to_field_name="slug", help_text="A venue's slug.")
    status = filters.MultipleChoiceFilter(choices=Jam.Status.choices)
    starts_after = filters.IsoDateTimeFilter("starts_at", "gte", validators=BETWEEN)
    starts_before = filters.IsoDateTimeFilter("starts_at", "lt", validators=BETWEEN)
    mine = filters.BooleanFilter(method="by_host", help_text="true: those I host, drafts too; staff host all.")
    search = filters.CharFilter("name", "icontains", help_text="In the name.")
    ordering = filters.OrderingFilter(fields=ORDERS, error_messages=naming(both_ways(ORDERS)))

    class Meta:
        model = Jam
        fields: tuple[str, ...] = ()

    def by_time(self, jams: QuerySet[Jam], name: str, value: str) -> QuerySet[Jam]:
        return {"now": jams.filter(status__in=["live", "last_call"]), "upcoming": jams.filter(status="open"),
                "past": jams.filter(status="ended")}[value]  # fmt: skip

    def by_host(self, jams: QuerySet[Jam], name: str, value: bool) -> QuerySet[Jam]:
        return jams.letting(self.request.user, Right.RUN) if value else jams  # type: ignore[attr-defined]

    def filter_queryset(self, queryset: QuerySet[Jam]) -> QuerySet[Jam]:
        """Drafts are shown to whoever asks for their own. However it is ordered, the id decides between equals."""
        jams = super().filter_queryset(queryset)
        if not self.form.cleaned_data["mine"]:
            jams = jams.public()
        return jams.order_by(*jams.query.order_by, "pk")


class JamSongFilter(filters.FilterSet):
    """Nothing that hidden counts could be told from."""

    status = filters.MultipleChoiceFilter(
        choices=[(status.value, status.label) for status in JamSong.PUBLIC], distinct=False
    )

    class Meta:
        model = JamSong
        fields: tuple[str, ...] = ()
