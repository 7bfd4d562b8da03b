"""Songs and venues: everybody reads, whoever is logged in adds, managers and staff change."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.catalog import operations
from apps.catalog.filters import SongFilter, VenueFilter
from apps.catalog.models import Song, Venue
from apps.catalog.serializers import (
    SONG_COLUMNS,
    VENUE_COLUMNS,
    SongSerializer,
    VenueSerializer,
    song_output,
    venue_output,
)
from apps.catalog.statistics import count_search, is_search
from apps.core.formats import LONGEST, FewPages
from apps.core.paging import Cursors

METHODS = ["get", "post", "patch", "delete", "head", "options"]

VENUE = OpenApiExample(
    "The Copper Room",
    value={
        "name": "The Copper Room",
        "address": "12 Quay Street",
        "town": "Bristol",
        "time_zone": "Europe/London",
        "description": "A cellar with a piano that is in tune.",
        "accent": "#e0a030",
    },
    request_only=True,
)
SONG = OpenApiExample(
    "Superstition",
    value={
        "title": "Superstition",
        "artist": "Stevie Wonder",
        "year": 1972,
        "key": "E♭m",
        "tempo": 101,
        "duration": 266,
        "style": "Funk",
        "tags": ["70s"],
        "parts": [
            {"instrument": "vocals", "count": 1, "required": True},
            {"instrument": "trumpet", "count": 1, "required": False},
        ],
    },
    request_only=True,
)


@extend_schema_view(
    list=extend_schema(summary="Venues", description="By name, unless `ordering` says otherwise."),
    retrieve=extend_schema(summary="One venue", description="By its address on this site, which never changes."),
    create=extend_schema(
        summary="Add a venue",
        description="For whoever is logged in, and who then manages it. 409 `venue_name_taken`.",
        examples=[VENUE],
    ),
    partial_update=extend_schema(
        summary="Change a venue", description="For its managers and staff. 409 `venue_name_taken`.", examples=[VENUE]
    ),
    destroy=extend_schema(
        summary="Delete a venue", description="For its managers and staff. 409 `venue_in_use` while it has jams."
    ),
)
@extend_schema(tags=["venues"])
class VenueViewSet(viewsets.ModelViewSet[Venue]):
    scope = ApiToken.Scope.LIBRARY
    queryset = Venue.objects.in_order()
    serializer_class = VenueSerializer
    filterset_class = VenueFilter
    pagination_class = FewPages
    lookup_field = "slug"
    http_method_names = METHODS

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()).values(*VENUE_COLUMNS))
        return self.get_paginated_response([venue_output(row, longest=LONGEST) for row in page or []])

    def get_success_headers(self, data: dict[str, Any]) -> dict[str, str]:
        return {"Location": f"/api/v1/venues/{data['slug']}"}

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = operations.add_venue(by=user_of(self.request), **serializer.validated_data)

    def perform_update(self, serializer: Any) -> None:
        operations.change_venue(venue=serializer.instance, by=user_of(self.request), **serializer.validated_data)

    def perform_destroy(self, instance: Venue) -> None:
        operations.delete_venue(venue=instance, by=user_of(self.request))


@extend_schema_view(
    list=extend_schema(summary="Songs", description="By title, unless `ordering` says otherwise."),
    retrieve=extend_schema(summary="One song"),
    create=extend_schema(
        summary="Add a song",
        description="For whoever is logged in. A title and artist that differ from a known song in capitals, accents "
        "or punctuation only are that song: 409 `song_known`.",
        examples=[SONG],
    ),
    partial_update=extend_schema(summary="Change a song", description="For staff. 409 `song_known`.", examples=[SONG]),
    destroy=extend_schema(
        summary="Delete a song", description="For staff. 409 `song_in_use` while it is in the line-up of a jam."
    ),
)
@extend_schema(tags=["songs"])
class SongViewSet(viewsets.ModelViewSet[Song]):
    scope = ApiToken.Scope.LIBRARY
    queryset = Song.objects.listed().in_order()
    serializer_class = SongSerializer
    filterset_class = SongFilter
    pagination_class = Cursors
    http_method_names = METHODS

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()).values(*SONG_COLUMNS)) or []
        if request.method == "GET" and is_search(request.query_params):
            count_search(request.query_params["search"], len(page))
        return self.get_paginated_response([song_output(row) for row in page])

    def get_success_headers(self, data: dict[str, Any]) -> dict[str, str]:
        return {"Location": f"/api/v1/songs/{data['id']}"}

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = operations.add_song(by=user_of(self.request), **serializer.validated_data)

    def perform_update(self, serializer: Any) -> None:
        operations.change_song(song=serializer.instance, by=user_of(self.request), **serializer.validated_data)

    def perform_destroy(self, instance: Song) -> None:
        operations.delete_song(song=instance, by=user_of(self.request))
