"""API tokens of hosts and staff: `jvt_`, 256 random bits, and a signature, by which one that is made up or mistyped is
known without the database. That has the hash alone, so a token is shown once, to whoever made it."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import events
from apps.accounts.audit import record
from apps.accounts.errors import AccountClosed, TokenExpired, TokenRevoked, TokenUnknown, TooManyTokens
from apps.accounts.models import ApiToken, ApiTokens, User
from apps.core.credentials import API_TOKEN, bearer
from apps.core.credentials import api_token_signer as signer
from apps.core.errors import Invalid
from apps.core.text import clean

SHOWN = len(API_TOKEN) + 6  # letters that tell two tokens apart and give nothing away
USED_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=30)  # so long one that ended can still be told what became of it


def make_token(*, user: User, name: str, scopes: Collection[str], days: int | None = None) -> tuple[ApiToken, str]:
    """The row, and the token itself, which nobody can find out again. Raises Invalid, TooManyTokens."""
    days = settings.API_TOKEN_DAYS if days is None else days
    name = checked_name(name, scopes, days)
    secret, now = secrets.token_urlsafe(32), timezone.now()
    text = API_TOKEN + signer.sign(secret)
    with transaction.atomic():
        # Two that are made at once must see each other.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        user.tokens.ended(before=now - KEPT).delete()
        if user.tokens.live().count() >= settings.MAX_API_TOKENS:
            raise TooManyTokens
        token = user.tokens.create(
            name=name, scopes=[scope for scope in ApiToken.Scope.values if scope in scopes],
            secret_hash=hashed(secret), beginning=text[:SHOWN], expires_at=now + timedelta(days=days),
        )  # fmt: skip
        said = {"token": str(token), "scopes": token.scopes, "expires_at": token.expires_at}
        record(actor=user, verb="make_token", about=user, after=said)
    return token, text


def checked_name(name: str, scopes: Collection[str], days: int) -> str:
    errors: dict[str, list[Any]] = {}
    name, longest = clean(name), settings.MAX_API_TOKEN_DAYS
    if not name or len(name) > ApiToken.LONGEST_NAME:
        errors["name"] = [_("Give it a name of at most %(n)d letters.") % {"n": ApiToken.LONGEST_NAME}]
    if unknown := set(scopes) - set(ApiToken.Scope.values):
        errors["scopes"] = [_("There is no scope “%(name)s”.") % {"name": min(unknown)}]
    if not 1 <= days <= longest:
        errors["days"] = [_("A token lives for 1 to %(n)d days.") % {"n": longest}]
    if errors:
        raise Invalid(fields=errors)
    return name


def revoke_token(*, token: ApiToken, by: User) -> None:
    """At once, sockets too. Saying it twice does no harm."""
    revoke(token.user, ApiToken.objects.filter(pk=token.pk), by)


def revoke_tokens(*, user: User, by: User | None) -> int:
    """All that are live; answers how many. `by` is None for who has a shell."""
    return revoke(user, user.tokens.all(), by)


def revoke(user: User, tokens: ApiTokens, by: User | None) -> int:
    with transaction.atomic():
        live = list(tokens.live().select_for_update(no_key=True))
        ApiToken.objects.filter(pk__in=[token.pk for token in live]).update(revoked_at=timezone.now())
        for token in live:
            record(actor=by, verb="revoke_token", about=user, before={"token": str(token)})
        if live:
            transaction.on_commit(lambda: events.tokens_revoked.send(User, user=user), robust=True)
    return len(live)


# Using one --------------------------------------------------------------------------------------------


def api_token_in(authorization: str) -> str | None:
    """What a header has of ours. An attendee's token, which comes in the same header, has no prefix."""
    token = bearer(authorization)
    return token if token and token.startswith(API_TOKEN) else None


def api_token_of(request: Any) -> ApiToken | None:
    """The token that a request brings, looked up once; None if it brings none. Raises as `find_token`."""
    text = api_token_in(request.META.get("HTTP_AUTHORIZATION", ""))
    if text is None:
        return None
    if not hasattr(request, "api_token"):
        request.api_token = find_token(text)
    return request.api_token


def find_token(text: str) -> ApiToken:
    """With its user, who may log in. Raises TokenUnknown, TokenRevoked, TokenExpired, AccountClosed."""
    try:
        secret = signer.unsign(text.removeprefix(API_TOKEN))
    except signing.BadSignature:
        raise TokenUnknown from None
    token = ApiToken.objects.select_related("user").filter(secret_hash=hashed(secret)).first()
    now = timezone.now()
    if token is None:
        raise TokenUnknown
    if token.revoked_at:
        raise TokenRevoked
    if token.expires_at <= now:
        raise TokenExpired
    if not token.user.is_active:
        raise AccountClosed
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def hashed(secret: str) -> str:
    """SHA-256 is enough: there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()
