"""Who is logged in, for the operations that need somebody."""

from typing import Any

from apps.accounts.models import User
from apps.core.errors import NotAllowed


def user_of(request: Any) -> User:
    """The host or staff member who is logged in. Raises NotAllowed for anybody else."""
    if not isinstance(request.user, User):
        raise NotAllowed
    return request.user


def staff_of(request: Any) -> User:
    """Raises NotAllowed for anybody but staff."""
    user = user_of(request)
    if not user.is_staff:
        raise NotAllowed
    return user
