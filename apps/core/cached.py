"""Finished answers of public reads, given before any other middleware runs.

An answer is computed as for somebody of whom nothing is known: no cookie, no token, no language, and no header that
could change it. So whatever the view does, nothing of a viewer can be in it. What nobody may see (a draft) is no
answer to share; such a request goes on as it came. See docs/caching.md.
"""

import copy
import functools
import gzip
import hashlib
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlencode

import brotli
import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import Resolver404, resolve

from apps.core.counts import counts
from apps.core.store import Away, copies, debts, store

LONGEST_QUERY = 200
OWN = {"content-encoding", "content-length", "etag", "vary", "cache-control", "x-request-id"}
ASKED_OF_ALL = {"HTTP_HOST", "HTTP_X_FORWARDED_PROTO"}  # the headers that an answer may depend on; its key has them
REVALIDATED = ("Cache-Control", "CDN-Cache-Control", "Surrogate-Key", "ETag", "Vary")


class Read(NamedTuple):
    """A public read at one address."""

    match: Any
    kind: str  # of settings.CACHED
    group: str
    params: frozenset[str]
    seconds: int
    edge: int


class Answer(NamedTuple):
    until: float
    etag: str
    headers: dict[str, str]
    body: bytes


def public_read(kind: str, *params: str) -> Callable[[Any], Any]:
    """Marks the view of a route whose answer is the same for everybody and depends on no other parameters than these.

    `kind` is a row of settings.CACHED. What a view says of the time must not outlast it: `response.stale_at`.
    """

    def mark(view: Any) -> Any:
        view.public_read = kind, frozenset(params)
        return view

    return mark


class CachedReads:
    """In this process for those without cookie and token, LOCAL_COPY_SECONDS old at most → Redis, exact → the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.locks = [threading.Lock() for _ in range(64)]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"} or not (read := declared(request.path_info)):
            return self.get_response(request)
        response = self.shared(request, read) if settings.CACHED_READS else None
        response = response or self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")  # answers to share say otherwise
        return response

    def shared(self, request: HttpRequest, read: Read) -> HttpResponse | None:
        """None: this request is not one that all would get the same answer to."""
        meta = request.META
        query = normalised(request, read.params) if meta.get("QUERY_STRING") else ""
        if query is None or not wants_json(meta.get("HTTP_ACCEPT", "")):
            return None
        base = f"{request.scheme}://{meta.get('HTTP_HOST')}{request.path_info}?{query}"
        field = f"{preferred(meta.get('HTTP_ACCEPT_ENCODING', ''))} {base}"
        # Who has a cookie or a token may have just written, and must see it; so must who heard of something newer.
        known = bool(meta.get("HTTP_COOKIE") or meta.get("HTTP_AUTHORIZATION"))
        exact = known or "since=" in meta.get("QUERY_STRING", "") or "no-cache" in meta.get("HTTP_CACHE_CONTROL", "")

        answer: Answer | HttpResponse | None = self.find(read, field, exact=exact)
        if answer is None:
            with self.locks[hash(base) % 64]:  # one thread computes, the others find its answer
                answer = self.find(read, field, exact=exact) or self.compute(request, read, query, base, field)
        request.resolver_match = read.match  # logs and metrics name the view, though it did not run
        if isinstance(answer, HttpResponse):
            return None if known or request.method == "HEAD" else answer
        return respond(request, answer)

    def find(self, read: Read, field: str, *, exact: bool) -> Answer | None:
        if not exact and (answer := copies.get(read.group, field)) and answer.until > time.time():
            counts.add(read.kind, "local", len(answer.body))
            return answer
        if read.group in debts.groups:
            return None
        asked = time.monotonic()
        with suppress(Away):
            raw = store.get(read.group, field)
            if raw and (answer := unpack(raw)).until > time.time():
                counts.add(read.kind, "store", len(answer.body))
                copies.put(read.group, field, answer, asked)
                return answer
        return None

    def compute(self, request: HttpRequest, read: Read, query: str, base: str, field: str) -> Answer | HttpResponse:
        """The answer, stored if nothing was retired since; or the response, if that is not for all."""
        revision, asked = None, time.monotonic()
        with suppress(Away):
            # Revision first: the rows that follow are then at least as new as it claims.
            revision = None if read.group in debts.groups else store.revision(read.group)
        response = self.get_response(as_nobody(request, query))
        if not storable(response):
            return response
        answers = {f"{encoding} {base}": answer for encoding, answer in finished(response, read).items()}
        stored = False
        if revision is not None:
            with suppress(Away):
                packed = {name: pack(answer) for name, answer in answers.items()}
                stored = store.put(read.group, revision, packed, read.seconds)
        counts.add(read.kind, "miss" if stored else "refused", len(answers[field].body))
        copies.put(read.group, field, answers[field], asked)
        return answers[field]


@functools.lru_cache(maxsize=4096)
def declared(path: str) -> Read | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    if not (marked := getattr(match.func, "public_read", None)):
        return None
    kind, params = marked
    name, seconds, edge, _retired_by = settings.CACHED[kind]
    return Read(match, kind, name.format(**match.kwargs), params, seconds, edge)


def normalised(request: HttpRequest, params: frozenset[str]) -> str | None:
    """The parameters by name, in one order; None if the view may know more of them than the read declares."""
    if len(request.META["QUERY_STRING"]) > LONGEST_QUERY or not params.union(["since"]).issuperset(request.GET):
        return None
    given = sorted((name, values) for name, values in request.GET.lists() if name != "since")
    return urlencode(given, doseq=True)


@functools.lru_cache(maxsize=256)
def wants_json(accept: str) -> bool:
    """Whether the views answer such a request with plain JSON. Browsers get a page from them, others what they name."""
    types = {part.partition(";")[0].strip() for part in accept.lower().split(",")}
    return "indent" not in accept and "text/html" not in types and bool(types & {"", "*/*", "application/json"})


@functools.lru_cache(maxsize=256)
def preferred(accept: str) -> str:
    """A coding is accepted when it is named without q=0 (RFC 9110, 12.5.3)."""
    named = [part.replace(" ", "").lower().partition(";q=") for part in accept.split(",")]
    accepted = {coding for coding, _, q in named if not q or q.strip("0.")}
    return next((coding for coding in ("br", "gzip") if coding in accepted), "identity")


def as_nobody(request: HttpRequest, query: str) -> HttpRequest:
    """The same request with nothing in it that is not in the key."""
    asked: Any = copy.copy(request)
    meta = {name: value for name, value in request.META.items() if name[:5] != "HTTP_" or name in ASKED_OF_ALL}
    asked.META = asked.environ = meta | {
        "REQUEST_METHOD": "GET", "QUERY_STRING": query, "HTTP_ACCEPT": "application/json"
    }  # fmt: skip
    asked.method = "GET"
    for name in ("GET", "COOKIES", "headers"):  # what was read from the old ones
        asked.__dict__.pop(name, None)
    return asked


def storable(response: HttpResponse) -> bool:
    """It is an answer at all, and sets nothing for the one who asked."""
    said = response.headers.get("Cache-Control", "")
    return response.status_code == 200 and not (
        response.streaming or response.cookies or "private" in said or "no-store" in said
    )


def finished(response: HttpResponse, read: Read) -> dict[str, Answer]:
    """By encoding. Browsers ask every time and mostly hear 304; what stands between them and us may keep an answer for
    `edge` seconds, and give it once more while it asks (RFC 9213, RFC 5861; browsers must not do that)."""
    plain, stale_at = response.content, getattr(response, "stale_at", None)
    until = min(time.time() + read.seconds, stale_at.timestamp() if stale_at else float("inf"))
    digest = hashlib.blake2b(plain, digest_size=9).hexdigest()
    common = {name: value for name, value in response.headers.items() if name.lower() not in OWN} | {
        "Cache-Control": f"public, max-age=0, must-revalidate, s-maxage={read.edge}",
        "CDN-Cache-Control": f"max-age={read.edge}, stale-while-revalidate={read.edge}",
        "Surrogate-Key": f"{read.kind} {read.group}",
        "Vary": "Accept, Accept-Encoding",
    }
    bodies = {"br": brotli.compress(plain, quality=3), "gzip": gzip.compress(plain, 3, mtime=0), "identity": plain}
    answers = {}
    for encoding, body in bodies.items():
        headers = common | {"ETag": f'"{digest}-{encoding}"', "Content-Length": str(len(body))}
        if encoding != "identity":
            headers["Content-Encoding"] = encoding
        answers[encoding] = Answer(until, headers["ETag"], headers, body)
    return answers


def pack(answer: Answer) -> bytes:
    return orjson.dumps(answer[:3]) + b"\n" + answer.body


def unpack(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\n")
    until, etag, headers = orjson.loads(head)
    return Answer(until, etag, headers, body)


def respond(request: HttpRequest, answer: Answer) -> HttpResponse:
    seen = request.META.get("HTTP_IF_NONE_MATCH", "")
    if seen and (answer.etag in seen or seen.strip() == "*"):
        return HttpResponseNotModified(headers={name: answer.headers[name] for name in REVALIDATED})
    return HttpResponse(b"" if request.method == "HEAD" else answer.body, headers=answer.headers)
