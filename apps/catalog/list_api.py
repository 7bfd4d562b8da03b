"""A venue's song list over HTTP: for its managers and staff. What takes long is a task."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.catalog import song_lists
from apps.catalog.library_api import managed_venue
from apps.catalog.list_models import ListDifference, SongList
from apps.catalog.list_serializers import (
    ApplyInput,
    DifferenceOutput,
    SongListInput,
    SongListOutput,
    difference_output,
)
from apps.core.api import valid
from apps.core.formats import FewPages
from apps.tasks.api import queued
from apps.tasks.serializers import TaskOutput

FEW = 20  # changes a page: their texts are long


@extend_schema(tags=["venues"])
class VenueSongList(APIView):
    """Where the venue's song list stands, how it is read, and what was found. PUT with another `url` forgets what was
    fetched; with an empty one the venue has no list, and its songs stay."""

    scope = ApiToken.Scope.LIBRARY

    @extend_schema(responses=SongListOutput)
    def get(self, request: Request, slug: str) -> Response:
        venue = managed_venue(request, slug)
        row = SongList.objects.defer("copy").filter(venue=venue).first() or SongList(venue=venue)
        return Response(SongListOutput(row).data)

    @extend_schema(request=SongListInput, responses=SongListOutput)
    def put(self, request: Request, slug: str) -> Response:
        venue = managed_venue(request, slug)
        row = song_lists.set_song_list(venue=venue, by=user_of(request), **valid(SongListInput, request))
        return Response(SongListOutput(row or SongList(venue=venue)).data)


class FetchSongList(APIView):
    """The list is fetched and compared in the background; a copy of the last five minutes is compared as it is. Nothing
    changes by it."""

    scope = ApiToken.Scope.LIBRARY

    @extend_schema(tags=["venues"], request=None, responses={202: TaskOutput})
    def post(self, request: Request, slug: str) -> Response:
        venue = managed_venue(request, slug)
        return queued(song_lists.fetch_song_list(venue=venue, by=user_of(request)))


class ChangePages(FewPages):
    """`digest` says of what they are pages."""

    def __init__(self) -> None:
        super().__init__()
        self.page_size, self.max_page_size = min(settings.PAGE_SIZE, FEW), min(settings.MAX_PAGE_SIZE, FEW)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described: dict[str, Any] = super().get_paginated_response_schema(schema)
        described["properties"] = {"digest": {"type": "string"}, **described["properties"]}
        described["required"] = ["digest", *described["required"]]
        return described


class SongListChanges(GenericAPIView):
    """What the list changes: first what its rows do, in their order, then what goes. What was applied is no longer
    among it."""

    queryset = ListDifference.objects.none()  # the browsable API asks for one
    serializer_class = DifferenceOutput
    pagination_class = ChangePages

    @extend_schema(tags=["venues"], operation_id="venue_song_list_changes", responses=DifferenceOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        row = song_lists.find(venue=managed_venue(request, slug), by=user_of(request))
        page = self.paginate_queryset(row.differences.order_by("place"))
        answer = self.get_paginated_response([difference_output(one) for one in page or []])
        answer.data = {"digest": row.shown, **answer.data}
        return answer


class ApplySongList(APIView):
    """What was looked at is applied in the background; not where the list differs in another way by now. What is still
    to be decided is left out."""

    scope = ApiToken.Scope.LIBRARY

    @extend_schema(tags=["venues"], request=ApplyInput, responses={202: TaskOutput})
    def post(self, request: Request, slug: str) -> Response:
        venue = managed_venue(request, slug)
        digest = valid(ApplyInput, request)["digest"]
        return queued(song_lists.apply_song_list(venue=venue, by=user_of(request), digest=digest))
