"""allauth's forms where ours do more: wrong passwords and codes count for the lock-out, and no address is told of."""

from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.base import forms as second_factor
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from apps.accounts import lockout
from apps.accounts.models import User


class NewAddressForm(account.AddEmailForm):
    user: User

    def save(self, request: HttpRequest) -> EmailAddress:
        """Takes the old one's place when it is verified. That another account has it is told to its owner alone."""
        email = self.cleaned_data["email"]
        if User.objects.filter(email=email).exists():
            get_adapter().send_mail("account/email/account_already_exists", email, {})
            return EmailAddress(email=email)
        EmailAddress.objects.filter(user=self.user, verified=False).exclude(email=self.user.email).delete()
        address = EmailAddress.objects.create(user=self.user, email=email)
        send_verification_email_to_address(request, address)
        return address


class Guessed:
    """A mixin: what is typed here may be a guess."""

    user: User

    def guess(self, checked: Any) -> Any:
        """The result of `checked()`, which raises ValidationError for a wrong one."""
        lockout.check_may_guess(context.request, self.user)
        try:
            return checked()
        except ValidationError:
            lockout.note_wrong_guess(context.request, self.user)
            raise


class PasswordForm(Guessed, account.ChangePasswordForm):
    def clean_oldpassword(self) -> str:
        return self.guess(super().clean_oldpassword)


class PasswordAgainForm(Guessed, account.ReauthenticateForm):
    def clean_password(self) -> str:
        return self.guess(super().clean_password)


class CodeForm(Guessed, second_factor.AuthenticateForm):
    def clean_code(self) -> str:
        return self.guess(super().clean_code)


class CodeAgainForm(Guessed, second_factor.ReauthenticateForm):
    def clean_code(self) -> str:
        return self.guess(super().clean_code)
