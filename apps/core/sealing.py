"""What may be kept but not read: hashes that cannot be guessed at, and texts that open with the caller's key only."""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.crypto import salted_hmac

PURPOSE = "jamvote.kept-reply"
AT_REST = "jamvote.at-rest"


def fingerprint(*parts: str | bytes) -> str:
    """By SECRET_KEY, so that whoever reads the table cannot try what it may have been made of."""
    raw = [part.encode() if isinstance(part, str) else part for part in parts]
    told_apart = b"".join(b"%d:%b" % (len(part), part) for part in raw)
    return salted_hmac(PURPOSE, told_apart, algorithm="sha256").hexdigest()


def seal(content: bytes, key: str) -> bytes:
    return fernet(key).encrypt(content)


def unseal(sealed: bytes, key: str) -> bytes:
    """Raises cryptography.fernet.InvalidToken for another key."""
    return fernet(key).decrypt(sealed)


def fernet(key: str) -> Fernet:
    """Made of both secrets: neither the database with SECRET_KEY opens a reply, nor with the caller's key alone
    (HKDF, RFC 5869)."""
    return derived(f"{settings.SECRET_KEY}\0{key}", PURPOSE)


def derived(secret: str, purpose: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())
    return Fernet(urlsafe_b64encode(key))


# What we need again ourselves -------------------------------------------------------------------------


def seal_at_rest(content: bytes) -> bytes:
    """For a column that a copy of the database alone must not tell."""
    return at_rest(settings.SECRET_KEY).encrypt(content)


def unseal_at_rest(sealed: bytes) -> bytes:
    """Also what an earlier key sealed, while SECRET_KEY_FALLBACKS names it. Raises cryptography.fernet.InvalidToken."""
    return MultiFernet([at_rest(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]).decrypt(sealed)


@lru_cache(maxsize=16)
def at_rest(secret: str) -> Fernet:
    return derived(secret, AT_REST)
