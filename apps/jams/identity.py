"""Who an attendee is: a random secret. Signed it is a token: a cookie a jam (pages) or a bearer token (programs)."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.accounts.roles import Right
from apps.core.compiled import GIVEN, Compiled
from apps.core.credentials import bearer, cookie_prefix, secret_of, signed, tokens_in
from apps.jams.models import Attendee, Jam
from apps.jams.queries import hashed
from apps.live.changes import HOST

COOKIE_SECONDS = 3 * 24 * 3600
MOVE_SECONDS = 600  # how long a link that brings votes to another phone holds
SEEN_EVERY = timedelta(minutes=1)
HOLDERS = Compiled(lambda: Attendee.objects.filter(secret_hash=GIVEN))


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def cookie_name(jam: Jam) -> str:
    return f"{cookie_prefix()}{jam.pk}"


def remember(response: HttpResponse, jam: Jam, token: str) -> None:
    response.set_cookie(
        cookie_name(jam), token, max_age=COOKIE_SECONDS, path="/",
        secure=settings.HTTPS, httponly=True, samesite="Lax",
    )  # fmt: skip


def forget(response: HttpResponse, jam: Jam) -> None:
    response.delete_cookie(cookie_name(jam), path="/", samesite="Lax")


def secrets_in(cookie_jar: Mapping[str, str]) -> list[str]:
    """Of all jams that this browser knows."""
    return [secret for token in tokens_in(cookie_jar) if (secret := secret_of(token))]


def secret_in(cookie_jar: Mapping[str, str], jam: Jam) -> str | None:
    """The secret of this jam's cookie; None without one, or when it is not of our making."""
    return secret_of(cookie_jar.get(cookie_name(jam)))


def secret_shown(authorization: str) -> str | None:
    """The secret of a bearer token; None without one, or when it is not of our making."""
    return secret_of(bearer(authorization))


def attendee_with(secret: str | None, jam: Jam) -> Attendee | None:
    """Whoever holds the secret, if it is of this jam. Somebody who was removed is found too: say so to them."""
    if not secret:
        return None
    for attendee in HOLDERS(hashed(secret), limit=1):
        if attendee.jam_id == jam.pk:
            attendee.jam = jam
            return attendee
    return None


def attendee_from(request: HttpRequest, jam: Jam) -> Attendee | None:
    attendee = attendee_with(secret_in(request.COOKIES, jam), jam)
    if attendee:
        see(attendee.pk, attendee.last_seen)
    return attendee


def see(attendee: int, last_seen: datetime) -> None:
    """Notes that the attendee is about, at most once a minute."""
    now = timezone.now()
    if now - last_seen > SEEN_EVERY:
        Attendee.objects.filter(pk=attendee).update(last_seen=now)


def move_token(request: HttpRequest, jam: Jam) -> str | None:
    """A code that brings this attendee to another phone, once and for ten minutes. It says nothing by itself."""
    secret = secret_in(request.COOKIES, jam)
    if attendee_with(secret, jam) is None:
        return None
    code = secrets.token_urlsafe(16)
    cache.set(f"move:{code}", secret, MOVE_SECONDS)
    return code


def peek(code: str, jam: Jam) -> Attendee | None:
    """Whom the code would bring along; None when it is too old, used up, made up, or of another jam."""
    return attendee_with(cache.get(f"move:{code[:64]}"), jam)


def moved(code: str, jam: Jam) -> tuple[Attendee, str] | None:
    """The attendee and token of a code, which is used up by it."""
    key = f"move:{code[:64]}"
    secret = cache.get(key)
    attendee = attendee_with(secret, jam)
    if attendee is None or not cache.delete(key):
        return None
    return attendee, signed(secret)


def addresses(user: Any, attendee: Attendee | None, jam: Jam) -> frozenset[str]:
    """What a socket may hear beyond what all hear."""
    found = {attendee.address} if attendee and attendee.state != Attendee.State.REMOVED else set()
    return frozenset(found | ({HOST, user_address(user)} if jam.lets(user, Right.RUN) else set()))


def user_address(user: Any) -> str:
    return f"user:{user.pk}"
