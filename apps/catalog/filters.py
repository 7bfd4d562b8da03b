"""What lists of the library can be narrowed and ordered by."""

from collections.abc import Iterable
from typing import Any, ClassVar

import django_filters
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Song, Venue
from apps.catalog.music import parse_key
from apps.catalog.queries import SONG_ORDERS, VENUE_ORDERS, SongQuerySet, VenueQuerySet


def both_ways(orders: Iterable[str]) -> list[tuple[str, str]]:
    return [(sign + name, sign + name) for name in orders for sign in ("", "-")]


class VenueFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="with_words", label=_("Words in the name or the town"))
    town = django_filters.CharFilter(lookup_expr="iexact", label=_("Town"))
    ordering = django_filters.ChoiceFilter(
        method="in_order", choices=both_ways(VENUE_ORDERS), empty_label=None, label=_("Order; a minus turns it round")
    )

    class Meta:
        model = Venue
        fields: ClassVar[list[str]] = []

    def with_words(self, venues: VenueQuerySet, name: str, value: str) -> VenueQuerySet:
        return venues.search(value)

    def in_order(self, venues: VenueQuerySet, name: str, value: str) -> VenueQuerySet:
        return venues.in_order(value)


class SongFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="with_words", label=_("Words in the title or the artist, in any order"))
    style = django_filters.CharFilter(lookup_expr="iexact", label=_("Style"))
    tag = django_filters.CharFilter(method="with_tag", label=_("Tag"))
    key = django_filters.CharFilter(method="in_key", label=_("Key, in any spelling: Ebm, E♭m"))
    year = django_filters.NumberFilter(label=_("Year"), decimal_places=0)
    year_min = django_filters.NumberFilter("year", "gte", label=_("From this year on"), decimal_places=0)
    year_max = django_filters.NumberFilter("year", "lte", label=_("Up to this year"), decimal_places=0)
    tempo_min = django_filters.NumberFilter("tempo", "gte", label=_("At least so many beats a minute"))
    tempo_max = django_filters.NumberFilter("tempo", "lte", label=_("At most so many beats a minute"))
    ordering = django_filters.ChoiceFilter(
        method="in_order", choices=both_ways(SONG_ORDERS), empty_label=None, label=_("Order; a minus turns it round")
    )

    class Meta:
        model = Song
        fields: ClassVar[list[str]] = []

    def with_words(self, songs: SongQuerySet, name: str, value: str) -> SongQuerySet:
        return songs.search(value)

    def with_tag(self, songs: SongQuerySet, name: str, value: str) -> SongQuerySet:
        return songs.tagged(value)

    def in_key(self, songs: SongQuerySet, name: str, value: str) -> Any:
        try:
            return songs.filter(key=parse_key(value))
        except ValueError:
            return songs.none()

    def in_order(self, songs: SongQuerySet, name: str, value: str) -> SongQuerySet:
        return songs.in_order(value)
