"""How a list can be ordered: by names of its own, a minus before one turns it round."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


def both_ways(names: Iterable[str]) -> list[str]:
    return [sign + name for name in names for sign in ("", "-")]


def naming(orders: Iterable[str]) -> dict[str, Any]:
    """The text for another order names those that there are."""
    text = _("There is no order “%(value)s”. There are: {orders}.")
    return {"invalid_choice": format_lazy(text, orders=", ".join(orders))}


class Ordering(django_filters.ChoiceFilter):
    """Asks the queryset: `songs.in_order("-year")`."""

    def __init__(self, names: Iterable[str]) -> None:
        orders = both_ways(names)
        super().__init__(
            choices=[(order, order) for order in orders],
            empty_label=None,
            label=_("Order; a minus turns it round"),
            error_messages=naming(orders),
        )

    def filter(self, rows: Any, value: str) -> Any:
        return rows.in_order(value) if value else rows
