"""What was played, over HTTP, and how a venue's nights went."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.roles import Right
from apps.catalog.errors import NotAVenueManager
from apps.catalog.models import Venue
from apps.core.formats import LONGEST_TITLE, cut
from apps.core.paging import Cursors
from apps.stage.filters import PerformanceFilter
from apps.stage.models import Performance
from apps.stage.serializers import PERFORMANCE_COLUMNS, PerformanceOutput, StatisticsOutput, StatisticsQuery
from apps.stage.statistics import most_played, nights_of, statistics_of


@extend_schema(tags=["performances"])
class Performances(GenericAPIView):
    """What was played, wherever, the last first: the same for everybody. Who played it is not told, only which
    instruments; nor are votes, while the room of that jam may not see them."""

    queryset = Performance.objects.none()
    serializer_class = PerformanceOutput
    filterset_class = PerformanceFilter
    pagination_class = Cursors

    @extend_schema(auth=[], responses=PerformanceOutput(many=True))
    def get(self, request: Request) -> Response:
        found = self.filter_queryset(Performance.objects.public().with_shown_votes())
        page: Any = self.paginate_queryset(found.values(*PERFORMANCE_COLUMNS)) or []
        return self.get_paginated_response([output(row) for row in page])


def output(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "jam": row["jam__slug"],
        "jam_name": row["jam__name"],
        "venue": row["jam__venue__slug"],
        "song": row["song"],
        "title": cut(row["song__title"], LONGEST_TITLE),
        "artist": cut(row["song__artist"], LONGEST_TITLE),
        "votes": row["shown_votes"],
        "instruments": sorted(part["instrument"] for part in row["line_up"]),
        "started_at": row["started_at"],
        "ended_at": row["ended_at"],
    }


@extend_schema(tags=["venues"])
class VenueStatistics(APIView):
    """How the nights of a venue went, for its managers and staff: of all that are over, or of those that began from
    `since` to `until`."""

    @extend_schema(parameters=[StatisticsQuery], responses=StatisticsOutput)
    def get(self, request: Request, slug: str) -> Response:
        venue = get_object_or_404(Venue, slug=slug)
        if not venue.lets(request.user, Right.READ_STATISTICS):
            raise NotAVenueManager
        query = StatisticsQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        nights = nights_of(venue, **query.validated_data)
        most = [
            {"song": row["song"], "title": cut(row["song__title"], LONGEST_TITLE),
             "artist": cut(row["song__artist"], LONGEST_TITLE), "times": row["times"], "votes": row["all_votes"]}
            for row in most_played(nights)
        ]  # fmt: skip
        return Response({**statistics_of(nights), "most_played": most})
