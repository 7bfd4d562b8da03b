"""Who it is that sends an e-mail address and a password with a request, in place of a session."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import authenticate

from apps.accounts import lockout
from apps.accounts.codes import use_code
from apps.accounts.errors import CodeNeeded, WrongCredentials
from apps.accounts.models import User


def user_with(*, request: Any, email: str, password: str, code: str = "") -> User:
    """As at the log-in page, so that what locks out there does so here. Raises WrongCredentials, CodeNeeded."""
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User) or not is_verified(user):
        raise WrongCredentials
    if not passes_second_factor(user, code):
        lockout.note_wrong_guess(request, user)
        raise WrongCredentials
    return user


def is_verified(user: User) -> bool:
    if settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory":
        return True
    return EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()


def passes_second_factor(user: User, code: str) -> bool:
    """Also where the account has none. Raises CodeNeeded."""
    if not Authenticator.objects.filter(user=user).exists():
        return True
    if not code:
        raise CodeNeeded
    return use_code(user, code) is not None  # as at the log-in page, so that one which was used there is used up here
