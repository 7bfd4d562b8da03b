"""What shows who asks before the database is asked: a secret that is signed says itself whether it is of our making.

Of somebody in the room the same string is the bearer token of programs and the cookie of pages; the API token of a
host or staff member begins with `jvt_`.
"""

import functools
from collections.abc import Mapping

from django.conf import settings
from django.core import signing

LONGEST = 200  # characters; what we sign has 87
API_TOKEN = "jvt_"  # noqa: S105
signer = signing.Signer(salt="jamvote.attendee", sep=".")
api_token_signer = signing.Signer(salt="jamvote.token", sep=".")
performer_signer = signing.Signer(salt="jamvote.performer", sep=".")  # whom a venue remembers


def signed(secret: str, by: signing.Signer = signer) -> str:
    """`secret.signature`"""
    return by.sign(secret)


def secret_of(token: str | None, by: signing.Signer = signer) -> str | None:
    """What was signed for an attendee; None where it is not of our making."""
    return known(token, by) if token and len(token) < LONGEST else None


@functools.lru_cache(maxsize=4096)  # who limits asks, and then who answers
def known(token: str, by: signing.Signer) -> str | None:
    try:
        return by.unsign(token)
    except signing.BadSignature:
        return None


def bearer(authorization: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def cookie_prefix(of: str = "jam") -> str:
    # Browsers take the prefix as a promise (secure, this host, whole path) that plain HTTP cannot give.
    return f"__Host-{of}-" if settings.HTTPS else f"{of}-"


def tokens_in(cookie_jar: Mapping[str, str]) -> list[str]:
    """Of all jams that this browser knows, the newest first, and all of them of our making."""
    prefix = cookie_prefix()
    numbers = {name: name[len(prefix) :] for name in cookie_jar if name.startswith(prefix)}
    names = [name for name, number in numbers.items() if number.isdecimal() and len(number) < LONGEST]
    newest_first = sorted(names, key=lambda name: int(numbers[name]), reverse=True)
    return [cookie_jar[name] for name in newest_first if secret_of(cookie_jar[name])]


def participant_in(authorization: str, cookie_jar: Mapping[str, str]) -> str | None:
    """A name for whoever proves to be in some room, which gives nothing away; None for everybody else."""
    token = bearer(authorization)
    if token is None:
        token = next(iter(tokens_in(cookie_jar)), None)
    return token.rpartition(".")[2] if token and secret_of(token) else None


def user_in(authorization: str) -> str | None:
    """The same for whoever shows an API token. Whether it still holds, the database knows."""
    token = bearer(authorization) or ""
    if not token.startswith(API_TOKEN) or len(token) >= LONGEST:
        return None
    signed_part = token.removeprefix(API_TOKEN)
    return signed_part.rpartition(".")[2] if known(signed_part, api_token_signer) else None
