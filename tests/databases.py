"""Another database in place of the one of the tests."""

from contextlib import contextmanager

import dj_database_url
from django.db import connections


@contextmanager
def asking(url):
    """What this thread asks the database, it asks the one with that URL."""
    usual, other = connections["default"], connections.create_connection("default")
    said = dj_database_url.parse(url)
    options = {**usual.settings_dict["OPTIONS"], **said.get("OPTIONS", {})}  # where a socket is an option
    address = {name: said[name] for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    other.settings_dict = {**usual.settings_dict, **address, "OPTIONS": options}
    connections["default"] = other
    try:
        yield
    finally:
        other.close()
        connections["default"] = usual
