"""The codes of a second factor. That one was used stands in the database: where allauth keeps it, in the cache, nobody
with a second factor would get in while Redis is away.
"""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import validate_totp_code
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction

from apps.accounts.models import User

VALID_AT_ONCE = 2 * settings.MFA_TOTP_TOLERANCE + 1  # codes of the app


def use_code(user: User, code: str) -> Authenticator | None:
    """What the code is of, which is then used up; None for a wrong one."""
    code = code.replace(" ", "")
    with transaction.atomic():
        for authenticator in Authenticator.objects.select_for_update().filter(user=user).order_by("pk"):
            if authenticator.type == Authenticator.Type.TOTP:
                used = use_up(authenticator, code)
            else:
                used = authenticator.wrap().validate_code(code)
            if used:
                authenticator.user = user
                return authenticator
    return None


def use_up(authenticator: Authenticator, code: str) -> bool:
    used = authenticator.data.get("used", [])
    if code in used or not validate_totp_code(decrypt(authenticator.data["secret"]), code):
        return False
    authenticator.data["used"] = [*used, code][-VALID_AT_ONCE:]
    authenticator.save(update_fields=["data"])
    return True
