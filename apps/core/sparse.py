"""`?fields=slug,name`: rows with these members only. Such a read goes past the cache, so that no answer is kept for
each choice of fields; without the parameter nothing changes."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


class Sparse:
    """Of a view whose rows have the members `sparse_fields`."""

    request: Any
    sparse_fields: Sequence[str] = ()

    def sparse(self, rows: Iterable[Any]) -> list[Any]:
        """Raises ValidationError for a member that is none."""
        wanted = wanted_fields(self.request, self.sparse_fields)
        return list(rows) if wanted is None else [{name: row[name] for name in wanted} for row in rows]


def wanted_fields(request: Request, known: Sequence[str]) -> list[str] | None:
    """In the order of the answer; None: all."""
    given = {name.strip() for part in request.query_params.getlist("fields") for name in part.split(",")} - {""}
    if unknown := sorted(given.difference(known)):
        text = _("There is no field “%(name)s”. There are: %(known)s.")
        raise ValidationError({"fields": [text % {"name": unknown[0], "known": ", ".join(known)}]})
    return [name for name in known if name in given] or None
