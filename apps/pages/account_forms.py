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
from django.utils.translation import gettext as _

from apps.accounts import lockout
from apps.accounts.codes import use_code
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


class PasswordForm(account.ChangePasswordForm):
    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {"oldpassword": _("Current password"), "password1": _("New password"), "password2": _("Once more")}
        for name, label in labels.items():
            self.fields[name].label = label

    def clean_oldpassword(self) -> str:
        lockout.check_may_guess(context.request, self.user)
        try:
            return super().clean_oldpassword()
        except ValidationError:
            lockout.note_wrong_guess(context.request, self.user)
            raise


class Code:
    """A mixin before one of allauth's forms for a code."""

    user: User
    cleaned_data: dict[str, str]

    def clean_code(self) -> str:
        lockout.check_may_guess(context.request, self.user)
        code = self.cleaned_data["code"]
        self.authenticator = use_code(self.user, code)
        if self.authenticator is None:
            lockout.note_wrong_guess(context.request, self.user)
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(Code, second_factor.AuthenticateForm):
    pass


class CodeAgainForm(Code, second_factor.ReauthenticateForm):
    pass
