"""Requests that nobody waits for any longer: the process stood still, or was too busy, while they were on their way.

What is done late may undo what was said since. A phone gives up, takes its vote back by way of another process, is told
so: then the first process goes on, and counts the vote.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.core.handlers import unavailable

SAID = _("This waited too long on its way. Send it again: what may be said twice counts once.")


def is_late(request: HttpRequest) -> bool:
    """By the clock of the proxy, which is in step with ours: `X-Request-Start: t=SECONDS` since 1970, nginx's $msec.
    Where it says nothing, nothing is late."""
    given = request.META.get("HTTP_X_REQUEST_START", "").rpartition(",")[2].strip().removeprefix("t=")
    try:
        return time.time() - float(given) > settings.LATE_SECONDS
    except ValueError:
        return False


def late(request: HttpRequest) -> HttpResponse:
    return unavailable(request, SAID)


class InTime:
    """What is late is refused before anything is done for it. Votes are asked again right before they count."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return late(request) if is_late(request) else self.get_response(request)
