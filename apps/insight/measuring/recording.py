"""Every request, and what it spent, to the recorder."""

import errno
from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from apps.core.metrics import METHODS
from apps.core.spent import begin, end
from apps.insight.measuring.recorder import recorder
from apps.insight.profiling import overspent


class RecordRequests:
    """Outside of CachedReads, so that its hits count too. Endpoints are names of routes and never paths."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.INSIGHT:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        spent = begin()
        began = perf_counter()
        try:
            response = self.get_response(request)
        finally:
            end()
        seconds = perf_counter() - began
        match, method = request.resolver_match, request.method if request.method in METHODS else "other"
        saved_as_file = response.streaming or "Content-Disposition" in response.headers
        size = 0 if saved_as_file else len(response.content)
        fault = getattr(request, "fault", "") if response.status_code >= 500 else ""
        endpoint = f"{method} {match.view_name}" if match else "none"
        recorder.request(endpoint, response.status_code, seconds, size, spent, fault)
        overspent.check(endpoint, spent.queries)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        code = errno.errorcode.get(error.errno or 0, "") if isinstance(error, OSError) else ""
        request.fault = f"{type(error).__name__} {code}".strip()  # type: ignore[attr-defined]
