"""What all API views share."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView


class Empty(Response):
    """204: done, nothing to say."""

    def __init__(self) -> None:
        super().__init__(status=204)


def valid(serializer: type[serializers.Serializer], request: Any, **options: Any) -> dict[str, Any]:
    """What the request's body says, checked."""
    checked = serializer(data=request.data, **options)
    checked.is_valid(raise_exception=True)
    return checked.validated_data


class Root(APIView):
    """Where to begin."""

    permission_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        names = ("auth", "jams", "search", "songs", "tasks", "users", "venues", "webhooks", "schema", "docs")
        return Response({name: reverse(f"api:{name}", request=request) for name in names})
