"""What every request passes first."""

import logging
import random
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.answers import HTML, JSON, is_finished
from apps.core.errors import Unavailable
from apps.core.handlers import unavailable
from apps.core.headers import Protection
from apps.core.logs import Ids, ids
from apps.core.problems import problem_response
from apps.core.versions import say_what_is_retired

log = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]

GIVEN_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
API = "/api/"
CURRENT = "/api/v1"
LONG = 4096


class EveryAnswer:
    """Has an id: in the log, in `X-Request-Id`, in every error; a balancer may give it. And is for whoever asked and
    kept by nobody, unless it says otherwise. And has the headers of headers.py, faults of other middleware too."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.protect = Protection()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request.id = given if GIVEN_ID.fullmatch(given) else f"{random.getrandbits(64):016x}"  # type: ignore[attr-defined]
        ids.set(Ids(request.id))  # type: ignore[attr-defined] # stays for what Django logs after the answer
        response = self.get_response(request)
        response.headers["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        if not is_finished(response):
            response.headers.setdefault("Cache-Control", "private, no-store")
            self.protect(request, response)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        """What is logged from here on names the jam too."""
        match = request.resolver_match
        if match and "jams/" in match.route and "slug" in kwargs:
            ids.set(ids.get()._replace(jam=kwargs["slug"]))


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
        response = self.get_response(request)
        if settings.API_RETIRED:
            say_what_is_retired(request, response)
        return response


class Compressed(GZipMiddleware):
    """What is somebody's own: pages, and what the API answers at length. Its size, which says something of what is in
    it (BREACH), is left to chance; and tokens of forms differ each time."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        media = response.headers.get("Content-Type", "").partition(";")[0]
        long = media == JSON and not response.streaming and len(response.content) > LONG  # type: ignore[attr-defined]
        return super().process_response(request, response) if long or media == HTML else response


class Csrf(CsrfViewMiddleware):
    """A form that the browser itself says was sent from a page of ours needs no token, so that finished pages, which
    hold none, can have forms. A page of another site can set neither header; whoever sends neither brings the token."""

    def process_view(self, request: HttpRequest, callback: Any, args: Any, kwargs: Any) -> Any:
        if from_our_page(request):
            return self._accept(request)  # type: ignore[attr-defined]
        return super().process_view(request, callback, args, kwargs)


def from_our_page(request: HttpRequest) -> bool:
    """By Fetch Metadata (W3C), which is sent over TLS only; else by Origin (RFC 6454)."""
    if site := request.META.get("HTTP_SEC_FETCH_SITE"):
        return site == "same-origin"
    return request.META.get("HTTP_ORIGIN") == f"{request.scheme}://{request.get_host()}"


class BodyCheck:
    """A body that is too large, of unknown length or not UTF-8 is refused before anything reads it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            return refused(request, 411, "length_required", _("Say how long the body is: send a Content-Length."))
        if (request.content_params or {}).get("charset", "utf-8").strip('"').lower() not in {"utf-8", "utf8"}:
            return refused(request, 415, "unsupported_charset", _("Send text as UTF-8."))
        # Forms with files may be larger.
        upload = request.headers.get("Content-Type", "").startswith("multipart/form-data")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE if upload else settings.MAX_BODY_BYTES
        if length_of(request) > limit:
            detail = _("That is too large: at most %(kb)d KB can be sent.") % {"kb": limit // 1024}
            return refused(request, 413, "too_large", detail)
        return self.get_response(request)


class StoreErrors:
    """What was sent passed every check and still cannot be a value of the database: that is a request gone wrong.
    Where the database is away, or the files are, it is one to send again."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, InterfaceError | OperationalError):
            log.error("The database is away: %s", error)
            return unavailable(request)
        if isinstance(error, Unavailable):
            log.error("The files are away: %s", error.__cause__)
            return unavailable(request, error.message)
        in_admin = request.path_info.startswith("/admin/")  # it looks rows up by whatever the request names
        if isinstance(error, DataError | OverflowError) or (in_admin and isinstance(error, ValueError)):
            return refused(request, 400, "bad_request", _("This request holds a value that cannot be."))
        return None


def refused(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if request.path_info.startswith(API):
        return problem_response(request, status, code, detail)
    return render(request, "413.html" if status == 413 else "400.html", {"detail": detail}, status=status)


def length_of(request: HttpRequest) -> int:
    """What is no number counts as nothing, as in Django, which then reads nothing."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
