"""Who it is that sends an e-mail address and a password with a request, in place of a session."""

from typing import Any

from django.apps import apps
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed

from apps.accounts.errors import CodeNeeded, WrongCredentials
from apps.accounts.models import User


def user_with(*, request: Any, email: str, password: str, code: str = "") -> User:
    """As at the log-in page, so that what locks out there does so here. Raises WrongCredentials, CodeNeeded."""
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        raise WrongCredentials
    if not passes_second_factor(user, code):
        # Whoever knows the password and guesses codes is to be counted, too.
        user_login_failed.send(__name__, credentials={"username": email}, request=request)
        raise WrongCredentials
    return user


def passes_second_factor(user: User, code: str) -> bool:
    """Also where the account has none. Raises CodeNeeded."""
    if not apps.is_installed("allauth.mfa"):
        return True
    from allauth.mfa.models import Authenticator

    factors = list(Authenticator.objects.filter(user=user))
    if factors and not code:
        raise CodeNeeded
    typed = [factor for factor in factors if factor.type != Authenticator.Type.WEBAUTHN]  # a key types nothing
    return not factors or any(factor.wrap().validate_code(code) for factor in typed)
