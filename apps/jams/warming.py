"""What will be asked for first is computed before: by command, and by a server that has just started."""

import logging
import threading
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import Error, connections

from apps.jams.models import Jam

log = logging.getLogger(__name__)

LISTS = ["/api/v1/jams", "/api/v1/jams?when=now", "/api/v1/jams?when=upcoming", "/api/v1/songs", "/api/v1/venues"]
MOST_JAMS = 200
ONE_WARMS = 30  # seconds in which one server process does it for all


class NotWarm(Exception):
    """An address did not answer 200."""


def warm() -> int:
    """Computes the lists and tonight's jams, as far as the store does not have them; says how many. Raises NotWarm."""
    slugs = Jam.objects.running().values_list("slug", flat=True)[:MOST_JAMS]
    of_jams = [f"/api/v1/jams/{name}" for slug in slugs for name in (f"by-slug/{slug}", f"{slug}/snapshot")]
    handler = WSGIHandler()
    for path in [*LISTS, *of_jams]:
        response = handler.get_response(request_of(path))
        if response.status_code != 200:
            raise NotWarm(f"{path}: HTTP {response.status_code}")
    return len(LISTS) + len(of_jams)


def request_of(path: str) -> WSGIRequest:
    """As visitors ask: the address of the site is a part of the key. HEAD, so that nobody takes it for a visit."""
    site, asked = urlsplit(settings.PUBLIC_URL), urlsplit(path)
    environ: dict[str, Any] = {"REQUEST_METHOD": "HEAD", "PATH_INFO": asked.path, "QUERY_STRING": asked.query}
    environ |= {"wsgi.url_scheme": site.scheme, "HTTP_HOST": site.netloc, "HTTP_X_FORWARDED_PROTO": site.scheme}
    setup_testing_defaults(environ)
    return WSGIRequest(environ)


def warm_at_start() -> None:
    """In a thread, so that the server answers at once; of servers that share a Redis, one warms for all."""
    if settings.CACHED_READS:
        threading.Thread(target=warm_once, name="warming", daemon=True).start()


def warm_once() -> None:
    try:
        if cache.add("warming", 1, ONE_WARMS):  # also refused when Redis is away: then there is nothing to warm
            log.info("cache: %d answers are warm", warm())
    except (Error, NotWarm) as error:
        log.warning("cache: not warm at start: %s", error)
    finally:
        connections.close_all()
