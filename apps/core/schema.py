"""What the OpenAPI description says of every operation alike: how it can be refused, and the headers it heeds."""

from typing import Any, ClassVar

from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from apps.core.problems import CONTENT_TYPE
from apps.core.retries import METHODS
from apps.core.strict import Strict

REFUSALS = {
    400: "The request cannot be read or holds a value that cannot be: `errors` names the fields.",
    401: "It is not known who calls.",
    403: "Whoever calls may not do this.",
    404: "There is nothing at this address, or nothing that the caller may know of.",
    406: "The answer is JSON, and that is not accepted.",
    429: "Too many calls. Try again after `Retry-After` seconds.",
    500: "A fault of ours.",
    503: "The database is away, or the request came too late to be done. Try again after `Retry-After` seconds.",
}
REFUSED_CHANGES = {
    409: "Not possible now: `code` says why.",
    411: "The body comes without a Content-Length.",
    413: "The body is too large.",
    415: "The body is not JSON.",
}
REUSED = {422: "The Idempotency-Key was used for another call."}
UNSEEN = {412: "Changed by somebody else since it was read.", 428: "`If-Match` is missing."}
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 20, "maxLength": 200, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="A new UUID for each call: said again with it, the call has its effect once and the same reply.",
)
SEEN = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The `ETag` of what was read, or `*` to change whatever is there.",
)


class Description(SchemaGenerator):
    """The whole takes a third of a second and is the same for everybody: it is made once, for each language."""

    made: ClassVar[dict[Any, Any]] = {}

    def get_schema(self, request: Request | None = None, public: bool = False) -> Any:
        if not public:
            return super().get_schema(request, public)
        key = (self.api_version, get_language())
        if key not in self.made:
            self.made[key] = super().get_schema(None, public)
        return self.made[key]


class Problem(serializers.Serializer):
    """Every error (RFC 9457). Some have further members, which their `code` brings along."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="For people, in their language.")
    code = serializers.CharField(help_text="For programs; it stays.")
    request_id = serializers.CharField(help_text="Stands in the server's log and in `X-Request-Id`.")
    errors: Any = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="Texts by field."
    )


class Schema(AutoSchema):
    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)
        if direction == "request" and isinstance(force_instance(serializer), Strict):
            schema["additionalProperties"] = False
        return schema

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation:
            problem = self.resolve_serializer(Problem, "response").ref
            for status, why in self.refusals().items():
                answer = {"description": why, "content": {CONTENT_TYPE: {"schema": problem}}}
                operation["responses"].setdefault(str(status), answer)
            for status, answer in operation["responses"].items():
                answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in self.headers(status)}
        return operation

    def headers(self, status: str) -> list[str]:
        """What an answer may say beside its body: settings.SPECTACULAR_SETTINGS has the meaning of each."""
        said = ["X-Request-Id", "RateLimit", "RateLimit-Policy"]
        said += ["Retry-After"] if status in {"409", "429", "503"} else []
        said += ["WWW-Authenticate"] if status == "401" else []
        said += ["ETag"] if status in {"200", "201"} and hasattr(self.view, "sparse_fields") else []
        said += ["Idempotency-Replayed"] if self.heeds_keys else []
        return said

    def refusals(self) -> dict[int, str]:
        said = dict(REFUSALS)
        if self.method not in {"GET", "HEAD"}:
            said |= REFUSED_CHANGES
        if self.heeds_keys:
            said |= REUSED
        if self.wants_seen:
            said |= UNSEEN
        return dict(sorted(said.items()))

    def get_override_parameters(self) -> list[Any]:
        found: list[Any] = [KEY] if self.heeds_keys else []
        found += [SEEN] if self.wants_seen else []
        if (names := getattr(self.view, "sparse_fields", ())) and self.method in {"GET", "PATCH"}:
            found.append(fields_parameter(list(names)))
        return found

    @property
    def heeds_keys(self) -> bool:
        return self.method in METHODS and not getattr(self.view, "says_nothing_twice", False)

    @property
    def wants_seen(self) -> bool:
        return self.method in {"PATCH", "DELETE"} and getattr(self.view, "wants_if_match", False)


def fields_parameter(names: list[str]) -> OpenApiParameter:
    shape = {"type": "array", "items": {"type": "string", "enum": names}}
    said = "Only these members, in the order of the answer. Such a read goes past the cache."
    return OpenApiParameter("fields", shape, explode=False, style="form", description=said)
