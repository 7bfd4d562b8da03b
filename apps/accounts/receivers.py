"""What happens to accounts goes into the audit log; whoever mended their password by mail is locked out no more."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as second_factor
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from apps.accounts import events, lockout
from apps.accounts.audit import record
from apps.accounts.models import User
from apps.core.addresses import client_address


@receiver(account.user_signed_up)
def signed_up(user: User, **kwargs: Any) -> None:
    record(actor=user, verb="sign_up", about=user, after={"email": user.email})


@receiver(account.user_logged_in)
def logged_in(request: Any, user: User, **kwargs: Any) -> None:
    record(actor=user, verb="log_in", about=user, after={"address": client_address(request)})


@receiver(user_locked_out)
def locked_out(request: Any, username: str, ip_address: str, **kwargs: Any) -> None:
    if request.axes_failures_since_start is not None:  # else it was locked before
        user = User.objects.filter(email=username).first()
        record(actor=None, verb="locked_out", about=user, after={"email": username, "address": ip_address})


@receiver(account.password_changed)
@receiver(account.password_set)
def password_changed(request: Any, user: User, **kwargs: Any) -> None:
    """Other sessions have ended by themselves: they hold a hash of the password."""
    record(actor=user, verb="change_password", about=user)
    forget_sessions(user, keep=request.session.session_key)


@receiver(account.password_reset)
def password_reset(user: User, **kwargs: Any) -> None:
    record(actor=user, verb="reset_password", about=user)
    lockout.unlock(user.email)
    forget_sessions(user)


@receiver(account.email_changed)
def email_changed(user: User, from_email_address: Any, to_email_address: Any, **kwargs: Any) -> None:
    if from_email_address:
        before, after = from_email_address.email, to_email_address.email
        record(actor=user, verb="change_email", about=user, before={"email": before}, after={"email": after})


@receiver(account.email_confirmed)
def email_confirmed(email_address: Any, **kwargs: Any) -> None:
    user = email_address.user
    record(actor=user, verb="verify_email", about=user, after={"email": email_address.email})


@receiver(second_factor.authenticator_added)
def second_factor_on(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record(actor=user, verb="second_factor_on", about=user)


@receiver(second_factor.authenticator_removed)
def second_factor_off(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record(actor=user, verb="second_factor_off", about=user)


@receiver(second_factor.authenticator_reset)
def new_recovery_codes(user: User, **kwargs: Any) -> None:
    record(actor=user, verb="new_recovery_codes", about=user)


@receiver(user_logged_out)
def logged_out(request: Any, **kwargs: Any) -> None:
    UserSession.objects.filter(session_key=request.session.session_key or "").delete()


def forget_sessions(user: User, keep: str = "") -> None:
    """Those that a new password has ended."""
    for session in UserSession.objects.filter(user=user).exclude(session_key=keep):
        session.end()
    events.session_ended.send(sender=User, user=user)
