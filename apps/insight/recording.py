"""Every request, and what it spent, to the recorder."""

from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from apps.core.metrics import METHODS
from apps.core.spent import spent
from apps.insight import budgets
from apps.insight.recorder import recorder


class RecordRequests:
    """Outside of CachedReads, so that its hits count too. Endpoints are names of routes and never paths."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.INSIGHT:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        spent.begin()
        began = perf_counter()
        try:
            response = self.get_response(request)
        finally:
            spent.end()
        seconds = perf_counter() - began
        match, method = request.resolver_match, request.method if request.method in METHODS else "other"
        size = 0 if response.streaming else len(response.content)
        fault = getattr(request, "fault", "") if response.status_code >= 500 else ""
        endpoint = f"{method} {match.view_name}" if match else "none"
        recorder.request(endpoint, response.status_code, seconds, size, spent, fault)
        budgets.check(endpoint, spent.queries)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        request.fault = type(error).__name__  # type: ignore[attr-defined]
