"""What an API token may do of what its user may."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.accounts.models import ApiToken


class TokenMay(BasePermission):
    """A token reads what its user may read, and changes what the view's `scope` names if its own scopes have it.

    A view without a scope takes no change from a token; one that is `sessions_only` nothing at all. Every view that
    changes anything has this permission: a test looks.
    """

    message, code = "", ""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiToken) or request.method not in view.allowed_methods:  # which is 405
            return True
        scope = getattr(view, "scope", "")
        reads = request.method in SAFE_METHODS
        if getattr(view, "sessions_only", False) or not (reads or scope):
            self.code, self.message = "token_refused", _("An API token cannot do this, whatever its scopes.")
            return False
        if not reads and scope not in request.auth.scopes:
            text = _("This API token has not the scope “%(scope)s”. Make one that has it.") % {"scope": scope}
            self.code, self.message = "scope_missing", text
            return False
        return True
