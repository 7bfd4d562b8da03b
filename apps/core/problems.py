"""Errors of the API as problem+json (RFC 9457), one shape everywhere."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.core.errors import DomainError
from apps.core.formats import JSONRenderer

CONTENT_TYPE = "application/problem+json"


def problem(request: Any, status: int, code: str, detail: Any, errors: dict[str, Any] | None = None) -> dict[str, Any]:
    """`{type, title, status, detail, code, request_id, errors?}`; `errors` has a list of texts a field."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(detail),
        "code": code,
        "request_id": getattr(request, "id", ""),
    }
    return body | {"errors": errors} if errors else body


def problem_response(request: HttpRequest, status: int, code: str, detail: Any) -> JsonResponse:
    return JsonResponse(problem(request, status, code, detail), status=status, content_type=CONTENT_TYPE)


def problem_of(error: Exception, context: dict[str, Any]) -> Response | None:
    """The exception handler of Django REST framework. What it does not know is a fault, and Django's to report."""
    if isinstance(error, Http404):
        error = exceptions.NotFound(_("There is nothing here. Check the address."))
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, ValidationError):
        error = exceptions.ValidationError(error.message_dict if hasattr(error, "error_dict") else error.messages)

    request = context["request"]._request
    if isinstance(error, DomainError):
        body = problem(request, error.status, error.code, error.message, error.fields) | error.extra
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    elif isinstance(error, exceptions.APIException):
        body, headers = api_problem(request, error)
    else:
        return None
    set_rollback()
    form = getattr(getattr(context["request"], "accepted_renderer", None), "format", "")
    if form not in {"json", "api"}:  # a form of the view's own, or none was found
        context["request"].accepted_renderer, context["request"].accepted_media_type = JSONRenderer(), CONTENT_TYPE
    # The browsable API shows the same body as a page.
    content_type = None if form == "api" else CONTENT_TYPE
    return Response(body, status=body["status"], headers=headers, content_type=content_type)


def api_problem(request: HttpRequest, error: exceptions.APIException) -> tuple[dict[str, Any], dict[str, str]]:
    given = {"WWW-Authenticate": getattr(error, "auth_header", None), "Retry-After": getattr(error, "wait", None)}
    headers = {name: str(value) for name, value in given.items() if value}
    if isinstance(error, exceptions.ValidationError):
        fields = by_field(error.detail)
        detail = _("Some of what was sent is not right. See the fields.")
        return problem(request, error.status_code, "invalid", detail, fields), headers
    code = error.get_codes()
    return problem(request, error.status_code, code if isinstance(code, str) else "error", error.detail), headers


def by_field(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Texts by the way to their field, however deep: `parts.0.count`."""
    if isinstance(detail, list) and any(isinstance(one, dict | list) for one in detail):
        detail = dict(enumerate(detail))
    if not isinstance(detail, dict):
        return {path or "non_field_errors": [str(one) for one in (detail if isinstance(detail, list) else [detail])]}
    found: dict[str, list[str]] = {}
    for name, inner in detail.items():
        if inner:
            found |= by_field(inner, f"{path}.{name}" if path else str(name))
    return found
