"""Whether JamVote keeps its promises, over HTTP, for staff."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import staff_of
from apps.accounts.permissions import TokenMay
from apps.core.formats import BrowsableAPI, JSONRenderer
from apps.insight.levels.said import as_csv, as_dict
from apps.insight.levels.serializers import SlaOutput, SlaQuery, month_of
from apps.insight.levels.sla import sla_of_month, sla_of_night
from apps.jams.models import Jam


class CSVRenderer(BaseRenderer):
    media_type, format, charset = "text/csv", "csv", "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """A problem is told as JSON, whatever was asked for."""
        return as_csv(data) if "classes" in data else JSONRenderer().render(data)


@extend_schema(tags=["insight"])
class SlaDetail(APIView):
    """Whether a month, or the night of a jam, was as promised: availability, times, alerts. `?format=csv` answers the
    same as CSV."""

    permission_classes = (TokenMay, IsAuthenticated)
    renderer_classes = (JSONRenderer, CSVRenderer, BrowsableAPI)

    @extend_schema(parameters=[SlaQuery], responses=SlaOutput)
    def get(self, request: Request) -> Response:
        staff_of(request)
        query = SlaQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        if "night" in asked:
            return Response(as_dict(sla_of_night(get_object_or_404(Jam, slug=asked["night"]))))
        return Response(as_dict(sla_of_month(month_of(asked))))
