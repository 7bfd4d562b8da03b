"""What the server measures of itself, and `/metrics`, where Prometheus reads it.

Under gunicorn, and in a worker, each process keeps its numbers in files of one folder (see metrics_folder.py), and
whichever is asked adds all of them up. Without that folder a process has its own.
"""

import contextlib
import functools
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Histogram,
    disable_created_metrics,
    generate_latest,
    make_wsgi_app,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from apps.core.looking import look
from apps.core.metrics_folder import FOLDER, of_the_gone
from apps.core.problems import problem_response
from apps.core.store import Away, store

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# Seconds for which an endpoint has a target, so that the share of requests within it is exact.
TARGETS = (0.005, 0.015, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.8, 1, 2, 3, 5, 10, 15, 30)

disable_created_metrics()  # a series more for each, and only without the folder
durations = Histogram(
    "api_request_duration_seconds",
    "From the first middleware to the answer, by route; none: no route, for example a file or an unknown address.",
    ["method", "endpoint", "status_code"],
    buckets=TARGETS,
)


def counted(count: Callable[..., None]) -> Callable[[Any], Any]:
    """Marks the view of a route whose openings are counted: `count` gets the parts of the address."""

    def mark(view: Any) -> Any:
        view.count = count
        return view

    return mark


class MeasureRequests:
    """Outside of CachedReads, so that its hits count too. Labels are names of routes and never paths: there are only
    so many. Also counts what people opened, whether the view ran or not: each once, and no HEAD."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match, status = request.resolver_match, response.status_code
        route = match.view_name if match else "none"
        series(request.method, route, status).observe(time.perf_counter() - began)
        if match and request.method == "GET" and status in {200, 304} and (count := getattr(match.func, "count", None)):
            count(**match.kwargs)
        return response


@functools.lru_cache(maxsize=4096)  # a third of what counting a hit costs
def series(method: str | None, endpoint: str, status_code: int) -> Histogram:
    return durations.labels(method if method in METHODS else "other", endpoint, status_code)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, by METRICS_TOKEN, and for staff."""
    if not (has_token(request) or request.user.is_staff):
        detail = _("Metrics are for staff: log in, or send METRICS_TOKEN as bearer token.")
        return problem_response(request, 403, "not_allowed", detail)
    look()
    return HttpResponse(generate_latest(collected()), content_type=CONTENT_TYPE_LATEST)


def has_token(request: HttpRequest) -> bool:
    return is_token(request.headers.get("Authorization", ""))


def is_token(given: str) -> bool:
    return bool(settings.METRICS_TOKEN) and constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")


def collected() -> CollectorRegistry:
    """What all processes of this service measured. What one that is gone had at the moment counts no more; what it
    counted does."""
    registry = CollectorRegistry()
    if FOLDER in os.environ:
        for pid in of_the_gone():
            with contextlib.suppress(FileNotFoundError):  # somebody else asks too
                mark_process_dead(pid)
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    registry.register(RedisMetrics())
    return registry


class Quiet(WSGIRequestHandler):
    timeout = 5  # seconds for a request

    def log_message(self, *args: Any) -> None:
        """Each look of Prometheus would be a line."""


def serve(port: int) -> None:
    """For a service that answers nothing else, in a thread: by METRICS_TOKEN."""

    def app(environ: Any, start_response: Any) -> Any:
        if not is_token(environ.get("HTTP_AUTHORIZATION", "")):
            start_response("403 Forbidden", [("Content-Type", "text/plain")])
            return [b"Send METRICS_TOKEN as bearer token.\n"]
        return make_wsgi_app(collected())(environ, start_response)

    server = make_server("", port, app, ThreadingWSGIServer, Quiet)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


class RedisMetrics(Collector):
    """The same for all processes, so it is asked for by the one that answers. Nothing while Redis is away."""

    def collect(self) -> Iterator[Metric]:
        try:
            memory = store.memory()
        except Away:
            return
        for name, value in memory.items():
            family, known_as, help_text = REDIS[name]
            yield family(known_as, help_text, value)


REDIS = {  # named as redis_exporter does
    "used_memory": (GaugeMetricFamily, "redis_memory_used_bytes", "Memory of the cache's Redis."),
    "evicted_keys": (CounterMetricFamily, "redis_evicted_keys", "Keys that Redis dropped for want of memory."),
    "expired_keys": (CounterMetricFamily, "redis_expired_keys", "Keys that lived as long as they were to."),
}
