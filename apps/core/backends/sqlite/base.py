from django.db.backends.sqlite3 import base

from apps.core.backends.measured import Measured


class DatabaseWrapper(Measured, base.DatabaseWrapper):
    """Django's."""
