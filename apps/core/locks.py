"""Locks that others wait behind, held for moments only."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg import errors

from apps.core.errors import DomainError

T = TypeVar("T")
BUSY = (errors.LockNotAvailable, errors.DeadlockDetected)


class AlwaysBusy(DomainError):
    code = "always_busy"
    message = _(
        "Somebody uses the tables all the time, so they could not be locked for a moment, and nothing was changed."
        " See who it is (manage.py query_report), and try again."
    )


def briefly(do: Callable[[Any], T]) -> T:
    """What `do(cursor)` answers, in a transaction of its own that waits LOCK_MS for each lock at most, and is tried
    LOCK_ATTEMPTS times. Whoever waits behind it waits no longer: without that, all would wait for as long as the
    longest report takes. Raises AlwaysBusy."""
    for _attempt in range(settings.LOCK_ATTEMPTS):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {settings.LOCK_MS}")
                return do(cursor)
        except OperationalError as error:
            if not isinstance(error.__cause__, BUSY):
                raise
        time.sleep(random.uniform(2, 6) * settings.LOCK_MS / 1000)  # noqa: S311 — no secret
    raise AlwaysBusy
