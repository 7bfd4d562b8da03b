"""What lists of the library can be narrowed and ordered by."""

from typing import Any, ClassVar

import django_filters
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import LibrarySong, Song, Venue
from apps.catalog.music import parse_key
from apps.catalog.queries import SONG_ORDERS, VENUE_ORDERS, LibrarySongQuerySet, SongQuerySet, VenueQuerySet, folded
from apps.core.ordering import Ordering


class VenueFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="with_words", label=_("Words in the name or the town"))
    town = django_filters.CharFilter(lookup_expr="iexact", label=_("Town"))
    ordering = Ordering(VENUE_ORDERS)

    class Meta:
        model = Venue
        fields: ClassVar[list[str]] = []

    def with_words(self, venues: VenueQuerySet, name: str, value: str) -> VenueQuerySet:
        return venues.search(value)


class LibraryFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="with_words", label=_("Words in the title or the artist, in any order"))
    banned = django_filters.BooleanFilter("banned_at", "isnull", exclude=True, label=_("Only those that are banned"))

    class Meta:
        model = LibrarySong
        fields: ClassVar[list[str]] = []

    def with_words(self, songs: LibrarySongQuerySet, name: str, value: str) -> LibrarySongQuerySet:
        return songs.search(value)


class SongFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="with_words", label=_("Words in the title or the artist, in any order"))
    artist = django_filters.CharFilter(method="by_artist", label=_("Artist, in any spelling"))
    style = django_filters.CharFilter(lookup_expr="iexact", label=_("Style"))
    tag = django_filters.CharFilter(method="with_tag", label=_("Tag"))
    key = django_filters.CharFilter(method="in_key", label=_("Key, in any spelling: Ebm, E♭m"))
    year = django_filters.NumberFilter(label=_("Year"), decimal_places=0)
    year_min = django_filters.NumberFilter("year", "gte", label=_("From this year on"), decimal_places=0)
    year_max = django_filters.NumberFilter("year", "lte", label=_("Up to this year"), decimal_places=0)
    tempo_min = django_filters.NumberFilter("tempo", "gte", label=_("At least so many beats a minute"))
    tempo_max = django_filters.NumberFilter("tempo", "lte", label=_("At most so many beats a minute"))
    duration_min = django_filters.NumberFilter("duration", "gte", label=_("At least so many seconds long"))
    duration_max = django_filters.NumberFilter("duration", "lte", label=_("At most so many seconds long"))
    # Only for counting what is looked for: see statistics.py.
    after = django_filters.CharFilter(method="as_it_is", label=_("The text that this search was typed on from"))
    venue = django_filters.CharFilter(method="as_it_is", label=_("The venue (slug) in whose jam somebody searches"))
    ordering = Ordering(SONG_ORDERS)

    class Meta:
        model = Song
        fields: ClassVar[list[str]] = []

    def with_words(self, songs: SongQuerySet, name: str, value: str) -> SongQuerySet:
        return songs.search(value)

    def as_it_is(self, songs: SongQuerySet, name: str, value: str) -> SongQuerySet:
        return songs

    def by_artist(self, songs: SongQuerySet, name: str, value: str) -> SongQuerySet:
        return songs.filter(folded_artist=folded(value))

    def with_tag(self, songs: SongQuerySet, name: str, value: str) -> SongQuerySet:
        return songs.tagged(value)

    def in_key(self, songs: SongQuerySet, name: str, value: str) -> Any:
        try:
            return songs.filter(key=parse_key(value))
        except ValueError:
            return songs.none()
