"""Finished answers of public reads, given before any other middleware runs.

An answer is computed as for somebody of whom nothing is known: no cookie, no token, and no header that could change it
but, for a page, which of our languages they read. So whatever the view does, nothing of a viewer can be in it. What
nobody may see (a draft) is no answer to share; such a request goes on as it came. So does whoever brings a cookie that
says more than a language, where a page is asked for: pages say who one is. See docs/caching.md.
"""

import functools
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, resolve

from apps.core import edge
from apps.core.answers import HTML, JSON, Answer, finished, pack, respond, storable, unpack
from apps.core.counts import counts
from apps.core.formats import dumps
from apps.core.headers import Protection
from apps.core.languages import ONLY_A_LANGUAGE, preferred_language, spoken_to
from apps.core.limited import refusal
from apps.core.prepared import at_once
from apps.core.store import Away, Group, copies, debts, store

LONGEST = 700  # characters of all that an answer may depend on: each of them is remembered
SINCE = "since="
ASKED_OF_ALL = {"HTTP_HOST", "HTTP_X_FORWARDED_PROTO"}  # the headers that an answer may depend on; its key has them


class Output(NamedTuple):
    """What a view answers to a request without parameters, made without the framework."""

    data: Any
    stale_at: datetime | None = None
    place: int | None = None  # in the stream whose state it is


HotRead = Callable[..., Output | None]  # None: let the view answer


class Read(NamedTuple):
    """A public read at one address."""

    match: Any
    kind: str  # of settings.CACHED
    group: str
    params: frozenset[str]
    media: str
    hot: HotRead | None
    seconds: int
    edge: int


class Wanted(NamedTuple):
    """What a request asks for."""

    read: Read
    query: str  # its parameters by name, in one order
    language: str  # of a page
    base: str  # the address, and in which language
    field: str  # the address in a coding: what the answer is kept under
    since: int | None = None  # the place in a stream that somebody has heard of: only what is as new will do


def public_read(kind: str, *params: str, media: str = JSON, hot: HotRead | None = None) -> Callable[[Any], Any]:
    """Marks the view of a route whose answer is the same for everybody and depends on no other parameters than these.

    `kind` is a row of settings.CACHED. What a view says of the time must not outlast it: `response.stale_at`.
    `hot(request, **kwargs)` says the same as the view, to the byte, at a third of its cost: for reads that are hot.
    """

    def mark(view: Any) -> Any:
        view.public_read = kind, frozenset(params), media, hot
        return view

    return mark


def public_page(kind: str, *params: str) -> Callable[[Any], Any]:
    """The same for a page, which all who have no cookie share."""
    return public_read(kind, *params, media=HTML)


class LastComputed(NamedTuple):
    """What was computed last: also for those who waited, if it began after they had asked. Where each answer is retired
    by the next vote before anybody finds it, this keeps a crowd from computing one by one."""

    base: str
    began: float
    answers: dict[str, Answer]

    def answer(self, wanted: Wanted, asked: float) -> Answer | None:
        answer = self.answers.get(wanted.field) if self.base == wanted.base else None
        if answer is None or answer.until <= time.time():
            return None
        young = asked - self.began < 2 * settings.LOCAL_COPY_SECONDS
        if not (self.began >= asked or (young and has_reached(answer, wanted))):
            return None
        counts.add(wanted.read.kind, "local", len(answer.body))
        return answer

    def is_for_nobody(self, wanted: Wanted, asked: float) -> bool:
        """It turned out to be no answer to share: each of those who waited asks the view for their own."""
        return self.base == wanted.base and not self.answers and self.began >= asked


NOTHING = LastComputed("", 0.0, {})


def slot_of(wanted: Wanted) -> int:
    return hash(wanted.base) % 64


class CachedReads:
    """In this process for those without cookie and token, LOCAL_COPY_SECONDS old at most → Redis, exact → the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.protect = Protection()
        self.locks = [threading.Lock() for _ in range(64)]
        self.computed = [0] * 64  # under each lock
        self.latest = [NOTHING] * 64

    def __call__(self, request: HttpRequest) -> HttpResponse:
        shared = self.shared(request) if request.method in {"GET", "HEAD"} and settings.CACHED_READS else None
        return shared or self.get_response(request)

    def shared(self, request: HttpRequest) -> HttpResponse | None:
        """None: this request is not one that all would get the same answer to."""
        header = request.META.get
        site = f"{request.scheme}://{header('HTTP_HOST')}{header('SCRIPT_NAME', '')}"
        path, cookie = request.path_info, header("HTTP_COOKIE", "")
        chosen = ONLY_A_LANGUAGE.get(cookie, "")
        # What programs read says the same in every language.
        language = "" if path.startswith("/api/") else chosen or preferred_language(header("HTTP_ACCEPT_LANGUAGE", ""))
        query, since = without_since(header("QUERY_STRING", ""))
        words = site, path, query, language, header("HTTP_ACCEPT", ""), header("HTTP_ACCEPT_ENCODING", "")
        wanted = understood(*words) if sum(map(len, words)) < LONGEST else None
        if wanted and since is not None:
            wanted = wanted._replace(since=since)
        known = bool((cookie and not chosen) or header("HTTP_AUTHORIZATION"))
        if wanted is None or (known and wanted.read.media == HTML):
            return None
        # Who has a cookie or a token may have just written, and must see it; so must who heard of something newer.
        exact = known or wanted.since is not None or "no-cache" in header("HTTP_CACHE_CONTROL", "")

        read, slot = wanted.read, slot_of(wanted)
        computed, asked = self.computed[slot], time.monotonic()
        answer: Answer | HttpResponse | None
        answer, group = self.find(wanted, exact=exact)
        if answer is None:
            with self.locks[slot]:  # one thread computes, the others find its answer
                if self.computed[slot] != computed:
                    if self.latest[slot].is_for_nobody(wanted, asked):
                        return None
                    answer = self.latest[slot].answer(wanted, asked)
                    if answer is None:
                        asked = time.monotonic()
                        answer, group = self.find(wanted, exact=exact)
                if answer is None:
                    answer = self.compute(request, wanted, group, asked)
                    self.computed[slot] += 1
        request.resolver_match = read.match  # logs and metrics name the view, though it did not run
        if isinstance(answer, HttpResponse):
            return None if known or request.method == "HEAD" else answer
        return respond(request, answer)

    def find(self, wanted: Wanted, *, exact: bool) -> tuple[Answer | None, Group | None]:
        """The answer; and how its group stands, for who must compute it: what is read later is at least as new."""
        read, field = wanted.read, wanted.field
        since = wanted.since is not None
        copy = copies.get(read.group, field, since=since) if since or not exact else None
        if copy and copy.until > time.time() and (not since or has_reached(copy, wanted)):
            counts.add(read.kind, "local", len(copy.body))
            return copy, None
        if read.group in debts.groups:
            return None, None
        asked = time.monotonic()
        try:
            group, raw = store.get(read.group, field)
        except Away:
            return None, None
        if raw and (answer := unpack(raw)).until > time.time():
            counts.add(read.kind, "store", len(answer.body))
            copies.put(read.group, field, answer, asked)
            return answer, group
        return None, group

    def compute(self, request: HttpRequest, wanted: Wanted, group: Group | None, asked: float) -> Answer | HttpResponse:
        """The answer, stored if nothing was retired since; or the response, if that is not for all."""
        read, field, began = wanted.read, wanted.field, time.monotonic()
        asked_by_nobody = as_nobody(request, wanted)
        asked_by_nobody.place = group.place if group else None  # type: ignore[attr-defined]
        hot = self.answer_hot(asked_by_nobody, read) if read.hot and not wanted.query else None
        response = hot or self.refusal(request, read) or self.get_response(asked_by_nobody)
        if response.status_code == 429:
            return response  # for whoever asks, not for those who wait
        if not storable(response):
            self.latest[slot_of(wanted)] = LastComputed(wanted.base, began, {})
            return response
        self.protect(asked_by_nobody, response)
        coded = finished(response, tags=f"{read.kind} {read.group}", seconds=read.seconds, edge=read.edge)
        answers = {f"{encoding} {wanted.base}": answer for encoding, answer in coded.items()}
        stored = False
        if group is not None:
            with suppress(Away):
                packed = {name: pack(answer) for name, answer in answers.items()}
                stored = store.put(read.group, group.revision, packed, read.seconds)
        self.latest[slot_of(wanted)] = LastComputed(wanted.base, began, answers)
        counts.add(read.kind, "miss" if stored else "refused", len(answers[field].body))
        copies.put(read.group, field, answers[field], asked)
        return answers[field]

    def refusal(self, request: HttpRequest, read: Read) -> HttpResponse | None:
        with spoken_to(request):
            return refusal(request, read.match)

    def answer_hot(self, request: HttpRequest, read: Read) -> HttpResponse | None:
        request.get_host()  # refuses what ALLOWED_HOSTS does not name
        output = at_once(read.hot, request, **read.match.kwargs) if read.hot else None
        if output is None:
            return None
        response = HttpResponse(dumps(output.data), content_type=JSON)
        response.stale_at, response.place = output.stale_at, output.place  # type: ignore[attr-defined]
        return response


def without_since(query_string: str) -> tuple[str, int | None]:
    """The place is of who asks. What is no number has been reached by nobody."""
    if SINCE not in query_string:
        return query_string, None
    parts = query_string.split("&")
    places = [part.removeprefix(SINCE) for part in parts if part.startswith(SINCE)]
    if not places:
        return query_string, None
    number = int(places[-1]) if places[-1].isdecimal() and len(places[-1]) < 18 else sys.maxsize
    return "&".join(part for part in parts if not part.startswith(SINCE)), number


@functools.lru_cache(maxsize=1024)  # each takes 2.5 KB
def understood(
    site: str, path: str, query_string: str, language: str, accept: str, accept_encoding: str
) -> Wanted | None:
    """What is asked for, if it is a read to share, with parameters that it declares, in a form that the view gives."""
    read = declared(path)
    if read is None or (read.media == JSON and not wants_json(accept)):
        return None
    given = QueryDict(query_string)
    if not read.params.issuperset(given):
        return None
    query = urlencode(sorted(given.lists()), doseq=True)
    base = f"{site}{path}?{query} {language}"
    return Wanted(read, query, language, base, f"{preferred(accept_encoding)} {base}")


def declared(path: str) -> Read | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    if not (marked := getattr(match.func, "public_read", None)):
        return None
    kind, params, media, hot = marked
    name, seconds, at_edge, _retired_by = settings.CACHED[kind]
    group = name.format(**match.kwargs)
    return Read(match, kind, group, params, media, hot, seconds, edge.seconds(group, at_edge))


def wants_json(accept: str) -> bool:
    """Whether the views answer such a request with plain JSON. Browsers get a page from them, others what they name."""
    types = {part.partition(";")[0].strip() for part in accept.lower().split(",")}
    return "indent" not in accept and "text/html" not in types and bool(types & {"", "*/*", "application/json"})


def preferred(accept: str) -> str:
    """A coding is accepted when it is named without q=0 (RFC 9110, 12.5.3)."""
    named = [part.replace(" ", "").lower().partition(";q=") for part in accept.split(",")]
    accepted = {coding for coding, _, q in named if not q or q.strip("0.")}
    return next((coding for coding in ("br", "gzip") if coding in accepted), "identity")


def as_nobody(request: HttpRequest, wanted: Wanted) -> HttpRequest:
    """The same request with nothing in it that is not in the key."""
    asked: Any = object.__new__(type(request))
    vars(asked).update(vars(request))
    meta = {name: value for name, value in request.META.items() if name[:5] != "HTTP_" or name in ASKED_OF_ALL}
    asked.META = asked.environ = meta | {
        "REQUEST_METHOD": "GET", "QUERY_STRING": wanted.query, "HTTP_ACCEPT": wanted.read.media
    }  # fmt: skip
    if wanted.language:
        asked.META["HTTP_ACCEPT_LANGUAGE"] = wanted.language
    asked.method, asked.shared = "GET", True
    for name in ("GET", "COOKIES", "headers"):  # what was read from the old ones
        asked.__dict__.pop(name, None)
    return asked


def has_reached(answer: Answer, wanted: Wanted) -> bool:
    """As new as whoever asks has heard of."""
    return answer.place is not None and wanted.since is not None and answer.place >= wanted.since
