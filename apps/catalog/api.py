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
from apps.core.conditions import Check, as_seen, tagged
from apps.core.formats import LONGEST, FewPages
from apps.core.paging import Cursors
from apps.core.sparse import Sparse


class Conditional(Sparse):
    """Of a viewset: details have an ETag; whoever changes or deletes one says which they have seen."""

    wants_if_match = True

    def seen(self: Any) -> Check:
        return as_seen(self.request, self.shown)

    def shown(self: Any, row: Any) -> Any:
        return self.sparse([self.get_serializer(row).data])[0]

    def retrieve(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return tagged(Response(self.shown(self.get_object())))

    def create(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return tagged(super().create(request, *args, **kwargs))  # type: ignore[misc]

    def partial_update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().partial_update(request, *args, **kwargs)  # type: ignore[misc]
        return tagged(Response(self.sparse([response.data])[0]))


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
class VenueViewSet(Conditional, viewsets.ModelViewSet[Venue]):
    sparse_fields = VenueSerializer.Meta.fields
    scope = ApiToken.Scope.LIBRARY
    queryset = Venue.objects.in_order()
    serializer_class = VenueSerializer
    filterset_class = VenueFilter
    pagination_class = FewPages
    lookup_field = "slug"
    http_method_names = METHODS

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()).values(*VENUE_COLUMNS))
        return self.get_paginated_response(self.sparse(venue_output(row, longest=LONGEST) for row in page or []))

    def get_success_headers(self, data: dict[str, Any]) -> dict[str, str]:
        return {"Location": f"/api/v1/venues/{data['slug']}"}

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = operations.add_venue(by=user_of(self.request), **serializer.validated_data)

    def perform_update(self, serializer: Any) -> None:
        given, by = serializer.validated_data, user_of(self.request)
        operations.change_venue(venue=serializer.instance, by=by, seen=self.seen(), **given)

    def perform_destroy(self, instance: Venue) -> None:
        operations.delete_venue(venue=instance, by=user_of(self.request), seen=self.seen())


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
class SongViewSet(Conditional, viewsets.ModelViewSet[Song]):
    sparse_fields = SongSerializer.Meta.fields
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
        return self.get_paginated_response(self.sparse(song_output(row) for row in page))

    def get_success_headers(self, data: dict[str, Any]) -> dict[str, str]:
        return {"Location": f"/api/v1/songs/{data['id']}"}

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = operations.add_song(by=user_of(self.request), **serializer.validated_data)

    def perform_update(self, serializer: Any) -> None:
        given, by = serializer.validated_data, user_of(self.request)
        operations.change_song(song=serializer.instance, by=by, seen=self.seen(), **given)

    def perform_destroy(self, instance: Song) -> None:
        operations.delete_song(song=instance, by=user_of(self.request), seen=self.seen())
