from django_filters import rest_framework as filters

from apps.jams.filters import BETWEEN
from apps.stage.models import Performance, Slot


class SlotFilter(filters.FilterSet):
    jam_song = filters.NumberFilter("jam_song", decimal_places=0, help_text="Of this jam song only.")
    playable = filters.BooleanFilter(
        "playable", help_text="true: of songs with every required slot filled; false: of the others."
    )

    class Meta:
        model = Slot
        fields: tuple[str, ...] = ()


class PerformanceFilter(filters.FilterSet):
    jam = filters.CharFilter("jam__slug", help_text="Of this jam, by its address.")
    venue = filters.CharFilter("jam__venue__slug", help_text="At this venue, by its address.")
    song = filters.NumberFilter("song", decimal_places=0, help_text="Of this song of the library.")
    started_after = filters.IsoDateTimeFilter("started_at", "gte", validators=BETWEEN)
    started_before = filters.IsoDateTimeFilter("started_at", "lt", validators=BETWEEN)

    class Meta:
        model = Performance
        fields: tuple[str, ...] = ()
