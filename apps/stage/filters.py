from django_filters import rest_framework as filters

from apps.stage.models import Slot


class SlotFilter(filters.FilterSet):
    jam_song = filters.NumberFilter("jam_song", decimal_places=0, help_text="Of this jam song only.")
    playable = filters.BooleanFilter(
        "playable", help_text="true: of songs with every required slot filled; false: of the others."
    )

    class Meta:
        model = Slot
        fields: tuple[str, ...] = ()
