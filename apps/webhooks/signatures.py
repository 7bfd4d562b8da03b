"""Signatures of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 of id, time and body.

A secret is 256 random bits, written `whsec_` and base64. While one is rotated there are two, and either will do.
"""

import hmac
import secrets
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping

from django.conf import settings

from apps.webhooks.errors import SignatureInvalid, TimestampOutside

PREFIX = "whsec_"
BYTES = 32
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
LONGEST_ID, MOST_SIGNATURES = 100, 20


def new_secret() -> bytes:
    return secrets.token_bytes(BYTES)


def written(secret: bytes) -> str:
    return PREFIX + b64encode(secret).decode()


def signed(keys: Iterable[bytes], *, event: str, body: bytes, at: int | None = None) -> dict[str, str]:
    """The three headers, with a signature by each secret. `at`: seconds since 1970, now unless it is said."""
    at = int(time.time()) if at is None else at
    signatures = [f"v1,{signature(key, event, str(at), body)}" for key in keys]
    return {ID: event, TIMESTAMP: str(at), SIGNATURE: " ".join(signatures)}


def signature(key: bytes, event: str, at: str, body: bytes) -> str:
    return b64encode(hmac.digest(key, f"{event}.{at}.".encode() + body, "sha256")).decode()


def verify(keys: Iterable[bytes], headers: Mapping[str, str], body: bytes) -> str:
    """The id of what is signed. Raises SignatureInvalid, and TimestampOutside for what was signed long ago, or will be.

    All signatures are compared with all secrets, each in constant time.
    """
    event, at = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    given = [one.encode() for one in headers.get(SIGNATURE, "").split(" ")[:MOST_SIGNATURES]]
    if not (event.isascii() and event.isprintable() and 0 < len(event) <= LONGEST_ID):
        raise SignatureInvalid
    if not (at.isascii() and at.isdecimal() and len(at) < 13):
        raise SignatureInvalid
    expected = [b"v1," + signature(key, event, at, body).encode() for key in keys]
    if not sum(hmac.compare_digest(one, other) for one in expected for other in given):
        raise SignatureInvalid
    if abs(time.time() - int(at)) > settings.WEBHOOK_TOLERANCE_SECONDS:
        raise TimestampOutside
    return event
