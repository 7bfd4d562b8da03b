"""What shows who somebody in the room is, before the database is asked: a secret that is signed says itself whether it
is of our making. The same string is the bearer token of programs and the cookie of pages."""

import functools
from collections.abc import Mapping

from django.conf import settings
from django.core import signing

LONGEST = 200  # characters; what we sign has 87
signer = signing.Signer(salt="jamvote.attendee", sep=".")


def signed(secret: str) -> str:
    """`secret.signature`"""
    return signer.sign(secret)


@functools.lru_cache(maxsize=4096)  # who limits asks, and then who answers
def known(token: str) -> str | None:
    try:
        return signer.unsign(token)
    except signing.BadSignature:
        return None


def secret_of(token: str | None) -> str | None:
    """What was signed; None where it is not of our making."""
    return known(token) if token and len(token) < LONGEST else None


def bearer(authorization: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def cookie_prefix() -> str:
    # Browsers take the prefix as a promise (secure, this host, whole path) that plain HTTP cannot give.
    return "__Host-jam-" if settings.HTTPS else "jam-"


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
