"""What hosts and staff did, written down: in the transaction of the deed, so that neither is without the other."""

from collections.abc import Mapping
from typing import Any

from django.db import models

from apps.accounts.models import AuditEvent, User, name_of

Values = Mapping[str, Any]


def record(
    *,
    actor: User | None,
    verb: str,
    about: models.Model | None = None,
    before: Values | None = None,
    after: Values | None = None,
) -> AuditEvent:
    """`about` is kept by its name ("jam:12"), so say it before you delete the row."""
    return AuditEvent.objects.create(
        actor=actor,
        verb=verb,
        about=name_of(about) if about else "",
        before=plain(before or {}),
        after=plain(after or {}),
    )


def plain(value: Any) -> Any:
    """As it can stand in JSON."""
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, models.Model):
        return name_of(value)
    if isinstance(value, list | tuple | set | models.QuerySet):
        return [plain(one) for one in value]
    return str(value)
