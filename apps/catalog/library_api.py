"""A venue's own view of songs over HTTP: for its managers and staff."""

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.accounts.roles import Right
from apps.catalog import library
from apps.catalog.errors import NotAVenueManager
from apps.catalog.filters import LibraryFilter
from apps.catalog.models import LibrarySong, Song, SongSearch, Venue
from apps.catalog.serializers import LibrarySongInput, LibrarySongOutput, WantedOutput, WantedQuery
from apps.catalog.statistics import MOST_WANTED, period
from apps.core.api import Empty, valid
from apps.core.formats import LONGEST, FewPages, cut

TEXTS = ("title", "artist", "note")


class Library(GenericAPIView):
    """The songs of which the venue says something of its own, or that were played there, by title."""

    queryset = LibrarySong.objects.none()  # the browsable API asks for one
    serializer_class = LibrarySongOutput
    filterset_class = LibraryFilter
    pagination_class = FewPages

    @extend_schema(tags=["venues"], operation_id="venue_library_list", responses=LibrarySongOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        rows = managed_venue(request, slug).library.telling().in_order()
        page = LibrarySongOutput(self.paginate_queryset(self.filter_queryset(rows)), many=True).data
        return self.get_paginated_response([row | {name: cut(row[name], LONGEST) for name in TEXTS} for row in page])


@extend_schema(tags=["venues"])
class LibrarySongDetail(APIView):
    """What the venue says of one song, by the song's id. PATCH may be said of any song of the library; with `banned` it
    leaves the venue's jams. DELETE takes back key, note and ban; how often it was played there stays.
    """

    scope = ApiToken.Scope.LIBRARY

    @extend_schema(responses=LibrarySongOutput)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        venue = managed_venue(request, slug)
        song = song_for(venue, pk)
        row = venue.library.filter(song=song).first() or LibrarySong(venue=venue, song=song)
        return Response(LibrarySongOutput(row).data)

    @extend_schema(request=LibrarySongInput, responses=LibrarySongOutput)
    def patch(self, request: Request, slug: str, pk: int) -> Response:
        venue, by = managed_venue(request, slug), user_of(request)
        song = song_for(venue, pk)
        wanted = valid(LibrarySongInput, request)
        with transaction.atomic():
            if "banned" in wanted:
                why = wanted.pop("banned")
                if why is None:
                    library.unban_song(venue=venue, song=song, by=by)
                else:
                    library.ban_song(venue=venue, song=song, by=by, why=why)
            row = library.change_library_song(venue=venue, song=song, by=by, **wanted)
        return Response(LibrarySongOutput(row).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        venue = managed_venue(request, slug)
        library.forget_song(venue=venue, song=song_for(venue, pk), by=user_of(request))
        return Empty()


class VenueWanted(APIView):
    """What people look for in the venue's jams and the library has not: in the last 90 days, or from `since` to
    `until`. What was asked for once is not told, since a text can be private; who asked, nobody knows.
    """

    @extend_schema(tags=["venues"], parameters=[WantedQuery], responses=WantedOutput)
    def get(self, request: Request, slug: str) -> Response:
        venue = managed_venue(request, slug)
        query = WantedQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        since, until = period(**query.validated_data)
        rows = SongSearch.objects.wanted_at(venue, since, until)[:MOST_WANTED]
        return Response(WantedOutput({"since": since, "until": until, "wanted": rows}).data)


def managed_venue(request: Request, slug: str) -> Venue:
    venue = get_object_or_404(Venue, slug=slug)
    if not venue.lets(request.user, Right.CHANGE_VENUE):
        raise NotAVenueManager
    return venue


def song_for(venue: Venue, pk: int) -> Song:
    """Any of the shared library, and those that the venue alone knows."""
    return get_object_or_404(Song.objects.known_to(venue), pk=pk)
