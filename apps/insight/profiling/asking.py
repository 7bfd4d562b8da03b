"""Staff have a request, or the processes of a kind, profiled. While nobody asks, each process looks into the cache."""

import logging
import threading
import time
from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.accounts.tokens import api_token_of
from apps.insight.profiling import profiles
from apps.insight.profiling.profiles import POLL, ProfileRuns, Wanted
from apps.insight.profiling.sampler import Sampler

log = logging.getLogger(__name__)

ASKED = "HTTP_X_PROFILE"
OF_A_REQUEST = 1000  # looks a second: most requests are over in some milliseconds
LONGEST_WHAT = 200


class ProfileRequests:
    """With `X-Profile: 1` from staff, what the request does from here on; the answer says in `X-Profile` where to look.
    An answer that is finished already, from the cache, does nothing here and does not say it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.INSIGHT:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.profiled(request) if ASKED in request.META and is_staff(request) else self.get_response(request)

    def profiled(self, request: HttpRequest) -> HttpResponse:
        what = f"{request.method} {request.path}"[:LONGEST_WHAT]
        try:
            pk = profiles.begin(what, settings.PROFILE_SECONDS)
        except ProfileRuns:
            return self.get_response(request)
        sampler = Sampler(OF_A_REQUEST, threading.get_ident())
        sampler.start()
        began = perf_counter()
        try:
            response = self.get_response(request)
        finally:
            seconds, stacks = perf_counter() - began, sampler.stop()
            profiles.note(pk, what, seconds)
            profiles.keep(pk, stacks)
            profiles.end()
        response.headers["X-Profile"] = reverse("pages:profile", args=[pk])
        return response


def is_staff(request: HttpRequest) -> bool:
    token = api_token_of(request)
    return bool((token.user if token else request.user).is_staff)


def listen(kind: str) -> None:
    """Call it once in each process that serves. Where there is no Redis, it is the only one, and answers for all."""
    if settings.INSIGHT:
        threading.Thread(target=keep_listening, args=[kind], name="profiling", daemon=True).start()


def keep_listening(kind: str) -> None:
    done = 0
    while True:
        time.sleep(POLL)
        try:
            wanted = profiles.wanted_now()
            if wanted and wanted.pk != done and answers(kind, wanted):
                done = wanted.pk
                take(wanted)
        except Exception:
            log.exception("profiling: not taken")


def answers(kind: str, wanted: Wanted) -> bool:
    return wanted.what == kind or (wanted.what in profiles.KINDS and not settings.REDIS_URL)


def take(wanted: Wanted) -> None:
    sampler = Sampler(settings.PROFILE_HERTZ)
    sampler.start()
    time.sleep(min(wanted.seconds, settings.PROFILE_SECONDS))
    profiles.keep(wanted.pk, sampler.stop())
