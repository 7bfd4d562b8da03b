"""How many fit, and what will be needed, over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import staff_of
from apps.accounts.permissions import TokenMay
from apps.insight.capacity.foreseen import foreseen
from apps.insight.serializers import CapacityOutput

UNKNOWN: dict[str, Any] = {"voters": None, "first_limit": None, "peak": None, "rate_of_a_voter": None, "resources": []}


class CapacityView(APIView):
    """How many voters fit on what runs now, which resource is full first, and what growth will ask for: reckoned from
    the last four hours, minute by minute. For staff."""

    permission_classes = (TokenMay, IsAuthenticated)

    @extend_schema(tags=["insight"], responses=CapacityOutput)
    def get(self, request: Request) -> Response:
        staff_of(request)
        found = foreseen()
        said = {
            "since": found.since,
            "until": found.until,
            "plan": found.plan.as_dict() if found.plan else None,
            **(found.capacity.as_dict() if found.capacity else UNKNOWN),
        }
        return Response(CapacityOutput(said).data)
