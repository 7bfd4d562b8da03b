from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError


class TokenUnknown(DomainError):
    """Of another server, mistyped, made up, or long ended. Those below are tokens that there were."""

    code = "token_unknown"
    status = 401
    message = _("This API token is not known here. Look whether it was copied whole, or make a new one.")


class TokenRevoked(TokenUnknown):
    code = "token_revoked"
    message = _("This API token was revoked. Make a new one.")


class TokenExpired(TokenUnknown):
    code = "token_expired"
    message = _("This API token has expired. Make a new one.")


class AccountClosed(TokenUnknown):
    code = "account_closed"
    message = _("The account of this API token is switched off. Ask the staff.")


class TooManyTokens(DomainError):
    code = "too_many_tokens"
    message = _("You have as many API tokens as one account can have. Revoke one that you do not need.")


class WrongCredentials(DomainError):
    """The same for an unknown address, a wrong password or code, and an account that may not log in (now)."""

    code = "wrong_credentials"
    status = 401
    message = _("E-mail, password or code are not right, or this account may not log in now.")


class CodeNeeded(DomainError):
    code = "code_needed"
    status = 401
    message = _("This account has a second factor. Send its current code, too.")


class NotYourself(DomainError):
    code = "not_yourself"
    message = _("Nobody changes their own role or locks themselves out. Ask another member of the staff.")
