"""The application with a fault: whoever joins a jam is answered 500, by an error that tells too much."""

from apps.core.logs import ids
from jamvote.wsgi import application

# isort: split
from apps.jams import api


def broken(*, jam, display_name, **wanted):
    raise ValueError(f"no row with token={display_name} for sam@example.com, in {ids.get().jam}")


api.join_jam = broken

__all__ = ["application"]
