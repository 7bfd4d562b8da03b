"""Other databases in place of the one of the tests."""

from contextlib import contextmanager

import dj_database_url
from django.db import DEFAULT_DB_ALIAS, connections


@contextmanager
def asking(url, alias=DEFAULT_DB_ALIAS):
    """What this thread asks the database of this alias, it asks the one with that URL."""
    known, other = connections["default"].settings_dict, connections.create_connection(DEFAULT_DB_ALIAS)
    said = dj_database_url.parse(url)
    options = {**known["OPTIONS"], **said.get("OPTIONS", {})}  # where a socket is an option
    address = {name: said[name] for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    other.settings_dict = {**known, **address, "OPTIONS": options}
    usual = connections[alias] if alias in connections.settings else None
    connections[alias] = other
    try:
        yield
    finally:
        other.close()
        if usual:
            connections[alias] = usual
        else:
            del connections[alias]
