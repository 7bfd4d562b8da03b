"""Where allauth asks us."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from apps.core.addresses import client_address


class Accounts(DefaultAccountAdapter):
    """Links in mails begin with PUBLIC_URL, never with what a request calls this host."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def get_reset_password_from_key_url(self, key: str) -> str:
        user, _dash, token = key.partition("-")
        return settings.PUBLIC_URL + reverse("account_reset_password_from_key", args=[user, token])

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return settings.PUBLIC_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("pages:account")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, context | {"site": settings.PUBLIC_URL})


class SecondFactor(DefaultMFAAdapter):
    def build_totp_svg(self, url: str) -> str:
        """The page draws it itself."""
        return ""
