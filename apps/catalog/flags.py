"""What a venue switches on or off for all its jams: one line a flag. They are columns of the venue, and of its jams.

A jam may be stricter than its venue, never looser. It begins with what its venue says, and when the venue becomes
stricter it follows at once (apps/jams/house_rules.py), so what counts stands in the jam's own row. When the venue
becomes looser its jams stay as they are, and their hosts may follow. Only `takes_suggestions` is the venue's alone: it
is on and off in jams as it is at the venue.

There is no flag for what nothing obeys.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Counts(TextChoices):
    LIVE = "live", _("shown live")
    HIDDEN = "hidden", _("hidden until the end")
    TOP = "top", _("shown for the first few only")


def cap(most: int | None) -> float:
    """None is no cap."""
    return float("-inf") if most is None else -most


# How strict a value is: the higher, the stricter.
FLAGS: dict[str, Callable[[Any], Any]] = {
    "takes_suggestions": lambda on: not on,
    "approve_suggestions": bool,
    "max_suggestions": cap,
    "max_votes": cap,
    "sign_ups": lambda on: not on,
    "max_sign_ups": cap,
    "counts": (Counts.LIVE, Counts.TOP, Counts.HIDDEN).index,
}
VENUES_ALONE = "takes_suggestions"


def is_looser(name: str, value: Any, limit: Any) -> bool:
    return bool(FLAGS[name](value) < FLAGS[name](limit))


def stricter(name: str, value: Any, limit: Any) -> Any:
    return limit if is_looser(name, value, limit) else value
