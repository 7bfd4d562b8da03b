"""What every request passes first."""

import re
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.logs import request_id
from apps.core.problems import problem_response

GetResponse = Callable[[HttpRequest], HttpResponse]

GIVEN_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
API = "/api/"
CURRENT = "/api/v1"


class RequestId:
    """Each request has an id: in the log, in `X-Request-Id`, in every error. A balancer may give it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.id = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex[:16]  # type: ignore[attr-defined]
        token = request_id.set(request.id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response


class ApiPaths:
    """One address in the URL table for each resource: `/api/` means the current version, a closing slash nothing."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path == "/api" or path.startswith(API):
            path = path.rstrip("/")
            if not re.match(r"/api/v\d+(/|$)", path):
                path = CURRENT + path.removeprefix("/api")
            request.path_info = path
            request.path = request.META.get("SCRIPT_NAME", "").rstrip("/") + path
        return self.get_response(request)


class BodyLimit:
    """Too large a body is refused by its length, before anything reads it. Forms with files may be larger."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        upload = request.headers.get("Content-Type", "").startswith("multipart/form-data")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE if upload else settings.MAX_BODY_BYTES
        if length_of(request) <= limit:
            return self.get_response(request)
        detail = _("That is too large: at most %(kb)d KB can be sent.") % {"kb": limit // 1024}
        if request.path_info.startswith(API):
            return problem_response(request, 413, "too_large", detail)
        return render(request, "413.html", {"detail": detail}, status=413)


def length_of(request: HttpRequest) -> int:
    """What is no number counts as nothing, as in Django, which then reads nothing."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
