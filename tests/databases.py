"""Another database in place of the one of the tests."""

from contextlib import contextmanager

import dj_database_url
from django.db import connections


@contextmanager
def asking(url):
    """What this thread asks the database, it asks the one with that URL."""
    usual, other = connections["default"], connections.create_connection("default")
    said = {
        name: value for name, value in dj_database_url.parse(url).items() if name in {"NAME", "HOST", "PORT", "USER"}
    }
    other.settings_dict = {**usual.settings_dict, **said}
    connections["default"] = other
    try:
        yield
    finally:
        other.close()
        connections["default"] = usual
