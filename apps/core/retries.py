"""Calls of the API that may be said again: the same Idempotency-Key has the effect once and the same reply each time
(draft-ietf-httpapi-idempotency-key-header).

That a call runs is committed first. Then its effect and its reply are committed together, or neither is: so a process
may die at any moment. What it leaves is a mark, which another call takes over after IDEMPOTENCY_TAKE_OVER_SECONDS; a
call that was only slow finds its mark taken, and undoes what it did.
"""

import functools
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.addresses import client_address
from apps.core.credentials import cookie_prefix
from apps.core.models import KeptReply
from apps.core.problems import problem_response
from apps.core.sealing import fingerprint, seal, unseal

View = Callable[..., HttpResponse]

METHODS = {"POST", "PATCH", "DELETE"}
VISIBLE = re.compile(r"[!-~]{20,200}")
TRANSIENT = {401, 429}  # and all from 500 on: the same call may well succeed later


class Call(NamedTuple):
    """One call as its key tells it from others. `key` opens the reply and is kept nowhere."""

    key: str
    name: str  # of caller and key
    content: str  # of what is asked


class TakenOver(Exception):
    """It took so long that somebody else runs the same call now."""


class Undone(Exception):
    """The reply is one not to be kept."""


def repeatable(patterns: Iterable[Any]) -> list[Any]:
    """The same routes, whose unsafe methods heed an Idempotency-Key; but not where a view says `says_nothing_twice`."""
    patterns = list(patterns)
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            repeatable(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            view: Any = pattern.callback
            pattern.callback = view if getattr(view.cls, "says_nothing_twice", False) else heeding(view)
    return patterns


def heeding(view: Any) -> View:
    @functools.wraps(view)
    def heed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        given = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if given is None or request.method not in METHODS:
            return view(request, *args, **kwargs)
        key = given.strip().removeprefix('"').removesuffix('"')  # a string of RFC 9651, or bare
        if not VISIBLE.fullmatch(key):
            detail = _("An Idempotency-Key has 20 to 200 visible characters. Use a UUID, a new one for each call.")
            return problem_response(request, 400, "idempotency_key_invalid", detail)
        return answer(request, call_of(request, key), lambda: view(request, *args, **kwargs))

    return heed


def answer(request: HttpRequest, call: Call, ask: Callable[[], HttpResponse]) -> HttpResponse:
    kept = begin(call)
    if kept.call != call.content:
        detail = _("This Idempotency-Key was used for another call. Take a new one for each.")
        return problem_response(request, 422, "idempotency_key_reused", detail)
    if kept.reply is not None:
        return replay(kept, call)
    if not kept.is_ours:
        return in_progress(request)
    return run(request, kept, call, ask)


def begin(call: Call) -> Any:
    """The mark of this call; `is_ours` says whether it is for us to run. Committed at once."""
    kept: Any
    now = timezone.now()
    kept, kept.is_ours = KeptReply.objects.get_or_create(
        key=call.name, defaults={"call": call.content, "begun_at": now}
    )
    overdue = kept.begun_at < now - timedelta(seconds=settings.IDEMPOTENCY_TAKE_OVER_SECONDS)
    if not kept.is_ours and kept.reply is None and kept.call == call.content and overdue:
        if unfinished(kept).update(begun_at=now):
            kept.begun_at, kept.is_ours = now, True
        else:  # it ended, or somebody else was faster
            kept = KeptReply.objects.filter(pk=kept.pk).first() or kept
            kept.is_ours = False
    return kept


def unfinished(kept: KeptReply) -> Any:
    """The mark as we left it: none where it has ended, or was taken over."""
    return KeptReply.objects.filter(pk=kept.pk, begun_at=kept.begun_at, reply=None)


def run(request: HttpRequest, kept: KeptReply, call: Call, ask: Callable[[], HttpResponse]) -> HttpResponse:
    response: Any = None
    try:
        with transaction.atomic():
            response = ask()
            if hasattr(response, "render"):
                response = response.render()
            if response.status_code >= 500 or response.status_code in TRANSIENT:
                raise Undone
            if not unfinished(kept).update(reply=seal(packed(response), call.key)):
                raise TakenOver
    except Undone:
        unfinished(kept).delete()
    except TakenOver:
        return in_progress(request)
    except Exception:
        with suppress(DatabaseError):  # what it raised says more
            unfinished(kept).delete()
        raise
    return response


def in_progress(request: HttpRequest) -> HttpResponse:
    detail = _("The first call with this Idempotency-Key still runs. Say it again in a moment.")
    response = problem_response(request, 409, "in_progress", detail)
    response.headers["Retry-After"] = "1"
    return response


def packed(response: HttpResponse) -> bytes:
    return orjson.dumps([response.status_code, dict(response.headers)]) + b"\n" + response.content


def replay(kept: KeptReply, call: Call) -> HttpResponse:
    head, _line, body = unseal(bytes(kept.reply or b""), call.key).partition(b"\n")
    status, headers = orjson.loads(head)
    response = HttpResponse(body, status=status)
    del response.headers["Content-Type"]  # an answer without a body has none
    for name, value in headers.items():
        response.headers[name] = value
    response.headers["Idempotency-Replayed"] = "true"
    return response


def call_of(request: HttpRequest, key: str) -> Call:
    condition = request.META.get("HTTP_IF_MATCH", "")
    content = fingerprint(request.method or "", request.get_full_path(), condition, request.body)
    return Call(key, fingerprint(*caller_of(request), key), content)


def caller_of(request: HttpRequest) -> tuple[str, ...]:
    """By what the caller proves who it is; else by the address. Whether the proof holds, the view finds out."""
    if token := request.META.get("HTTP_AUTHORIZATION"):
        return "token", token
    if request.user.is_authenticated:
        return "user", str(request.user.pk)
    if cookies := sorted(v for name, v in request.COOKIES.items() if name.startswith(cookie_prefix())):
        return "attendee", *cookies
    return "address", client_address(request)


def erase_replies() -> int:
    """Those of calls from IDEMPOTENCY_HOURS ago. Answers how many it erased."""
    before = timezone.now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)
    return KeptReply.objects.filter(begun_at__lt=before).delete()[0]
