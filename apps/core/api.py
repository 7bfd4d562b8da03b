"""What all API views share."""

from typing import Any

from django.utils.translation import gettext as _
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


class Strict(serializers.Serializer):
    """Refuses fields that it does not know: a mistyped or foreign one is told of, not dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            known = {name for name, field in self.fields.items() if not field.read_only}
            if unknown := sorted(set(data) - known):
                raise serializers.ValidationError({name: [_("This cannot be set.")] for name in unknown})
        return super().to_internal_value(data)


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
        names = ("auth", "jams", "songs", "users", "venues", "schema", "docs")
        return Response({name: reverse(f"api:{name}", request=request) for name in names})
