"""Who may call how often: settings.LIMITS has the policies, settings.LIMITED which of them a route draws on.

A whole room shares one network address. So whoever shows that they are in a room, or logged in, has an allowance of
their own and draws nothing from the address, which counts for those alone of whom nothing is known.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext

from apps.core.addresses import client_address
from apps.core.credentials import participant_in, user_in
from apps.core.handlers import for_program
from apps.core.limits import Bucket, Left, limiter
from apps.core.problems import problem_response

SAFE = {"GET", "HEAD", "OPTIONS"}


class Limits:
    """Counts each call that reaches a view, and says on its answer how much is left. What CachedReads finds finished
    costs next to nothing and is not counted; nor is an unknown address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (left := getattr(request, "left", None)) and not hasattr(request, "shared"):
            response.headers["RateLimit-Policy"] = policies(tuple(one.bucket._replace(key="") for one in left))
            response.headers["RateLimit"] = ", ".join(map(state, left))
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Before the token of a form is looked at: who sends none is counted too."""
        if hasattr(request, "shared"):  # CachedReads has counted whoever asked
            return None
        return refusal(request, request.resolver_match)


def refusal(request: HttpRequest, match: Any) -> HttpResponse | None:
    """Counts the call as its route says, and answers it where it is one too many."""
    method = "GET" if request.method in SAFE else "POST"
    names = settings.LIMITED.get(f"{method} {match.view_name}")
    return refused(request, settings.LIMITED[method] if names is None else names, inbox=match.kwargs.get("key", ""))


def refused(request: HttpRequest, names: tuple[str, ...], *, inbox: str = "") -> HttpResponse | None:
    """Counts the call on these policies, and answers it where it is one too many. `inbox`: which it is for."""
    if not (buckets := buckets_of(request, names, inbox)):
        return None
    taken = limiter.take(buckets)
    request.left = taken.left  # type: ignore[attr-defined]
    return too_many_requests(request, taken.wait) if taken.refused else None


def buckets_of(request: HttpRequest, names: tuple[str, ...], inbox: str = "") -> list[Bucket]:
    kind, key = asker(request) if names else ("", "")
    found = []
    for name in names:
        whose, (calls, seconds) = settings.LIMITS[name]
        counted = key if whose == kind else others(request, inbox).get(whose, lambda: "")()
        if counted:
            found.append(Bucket(name, counted, calls, seconds))
    return found


def others(request: HttpRequest, inbox: str) -> dict[str, Callable[[], str | None]]:
    """What is counted whoever asks; an account also where its user is in a room, too."""
    return {
        "address": lambda: client_address(request),
        "account": lambda: user_in(request.META.get("HTTP_AUTHORIZATION", "")) or user_of(request),
        "inbox": lambda: inbox,
    }


def asker(request: HttpRequest) -> tuple[str, str]:
    """What is known of whoever asks, without a query that the view would not make."""
    authorization = request.META.get("HTTP_AUTHORIZATION", "")
    if participant := participant_in(authorization, request.COOKIES):
        return "participant", participant
    if user := user_in(authorization) or user_of(request):
        return "user", user
    return "anonymous", client_address(request)


def user_of(request: HttpRequest) -> str | None:
    """By the session. CachedReads asks before there is one."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not hasattr(request, "session"):
        return None
    return request.session.get(SESSION_KEY)


def too_many_requests(request: HttpRequest, wait: float) -> HttpResponse:
    seconds = max(1, math.ceil(wait))
    detail = ngettext(
        "That was too much at once. Try again in %(count)s second.",
        "That was too much at once. Try again in %(count)s seconds.",
        seconds,
    ) % {"count": seconds}
    response: HttpResponse
    if for_program(request):
        response = problem_response(request, 429, "too_many_requests", detail)
    else:
        response = render(request, "429.html", {"detail": detail}, status=429)
    response.headers["Retry-After"] = str(seconds)
    response._has_been_logged = True  # type: ignore[attr-defined] # a line for each would be another way to do harm
    return response


# The headers of draft-ietf-httpapi-ratelimit-headers-10 ------------------------------------------------


@functools.lru_cache(maxsize=64)
def policies(buckets: tuple[Bucket, ...]) -> str:
    return ", ".join(f'"{bucket.policy}";q={bucket.calls};w={bucket.seconds}' for bucket in buckets)


def state(left: Left) -> str:
    """Calls left, and the seconds until all are back; where there is none, until there is one, as Retry-After says."""
    seconds = left.full if left.calls else left.wait
    return f'"{left.bucket.policy}";r={left.calls};t={math.ceil(seconds)}'
