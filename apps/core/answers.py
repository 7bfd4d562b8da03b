"""Finished answers: a response as bytes in each coding with its headers, how it is kept and how it is given."""

import hashlib
import time
import zlib
from typing import NamedTuple

import brotli
import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

JSON, HTML = "application/json", "text/html"
VARY_OF_PAGES = "Cookie, Authorization, Accept-Encoding, Accept-Language"
OWN = {"allow", "content-encoding", "content-length", "etag", "vary", "cache-control", "x-request-id"}
# JSON is none: see nosniff.
OF_DOCUMENTS = {
    "x-frame-options", "cross-origin-opener-policy", "referrer-policy", "content-security-policy", "permissions-policy",
}  # fmt: skip
LATE = 5  # seconds that an edge may be behind the clock
REVALIDATED = ("cache-control", "cdn-cache-control", "surrogate-key", "etag", "vary")


class Answer(NamedTuple):
    until: float
    place: int | None
    etag: str
    headers: dict[str, tuple[str, str]]  # as HttpResponse.headers keeps them: by their names in small letters
    body: bytes


def storable(response: HttpResponse) -> bool:
    """It is an answer at all, and sets nothing for the one who asked."""
    said = response.headers.get("Cache-Control", "")
    return response.status_code == 200 and not (
        response.streaming or response.cookies or "private" in said or "no-store" in said
    )


def finished(response: HttpResponse, *, tags: str, seconds: int, edge: int) -> dict[str, Answer]:
    """By encoding, for so many seconds. Browsers ask every time and mostly hear 304; what stands between them and us
    may keep an answer for `edge` seconds, and give it once more while it asks (RFC 9213, RFC 5861: not browsers)."""
    media = response.headers["Content-Type"].partition(";")[0]
    content, stale_at = response.content, getattr(response, "stale_at", None)
    until, stale = time.time() + seconds, stale_at.timestamp() if stale_at else float("inf")
    if until + edge > stale:  # given by us at its very end, an edge would still give it
        until, edge = min(until, stale), min(edge, LATE)
    digest = digest_of(content)
    left_out = OWN | OF_DOCUMENTS if media == JSON else OWN
    common = {low: pair for low, pair in response.headers._store.items() if low not in left_out} | {
        name.lower(): (name, value)
        for name, value in (
            ("Cache-Control", f"public, max-age=0, must-revalidate, s-maxage={edge}"),
            ("CDN-Cache-Control", f"max-age={edge}, stale-while-revalidate={edge}"),
            ("Surrogate-Key", tags),
            ("Vary", "Accept, Accept-Encoding" if media == JSON else VARY_OF_PAGES),
        )
    }
    bodies = {
        "br": brotli.compress(content, quality=2),
        "gzip": gzipped(content),
        "identity": content,
    }
    answers = {}
    for encoding, body in bodies.items():
        etag = f'"{digest}-{encoding}"'
        headers = common | {"etag": ("ETag", etag), "content-length": ("Content-Length", str(len(body)))}
        if encoding != "identity":
            headers["content-encoding"] = ("Content-Encoding", encoding)
        answers[encoding] = Answer(until, getattr(response, "place", None), etag, headers, body)
    return answers


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:18]


def gzipped(content: bytes) -> bytes:
    """With a window and tables that fit the content: gzip.compress takes 300 KB of memory for each answer."""
    window = min(14, max(9, len(content).bit_length() - 1))
    compressor = zlib.compressobj(3, zlib.DEFLATED, 16 + window, 4)
    return compressor.compress(content) + compressor.flush()


def pack(answer: Answer) -> bytes:
    return orjson.dumps(answer[:4]) + b"\n" + answer.body


def unpack(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\n")
    until, place, etag, headers = orjson.loads(head)
    return Answer(until, place, etag, headers, body)


def is_finished(response: HttpResponse) -> bool:
    """It has all its headers."""
    return "Surrogate-Key" in response.headers


def respond(request: HttpRequest, answer: Answer) -> HttpResponse:
    seen = request.META.get("HTTP_IF_NONE_MATCH", "")
    response: HttpResponse
    if seen and (answer.etag in seen or seen.strip() == "*"):
        response, headers = HttpResponseNotModified(), {name: answer.headers[name] for name in REVALIDATED}
    else:
        response, headers = HttpResponse(b"" if request.method == "HEAD" else answer.body), answer.headers
    response.headers._store.update(headers)  # they were checked one by one when the answer was computed
    return response
