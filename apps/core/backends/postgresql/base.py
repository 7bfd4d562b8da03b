from django_prometheus.db.backends.postgresql import base

from apps.core.backends.measured import Measured


class DatabaseWrapper(Measured, base.DatabaseWrapper):
    """Django's, with django-prometheus's counters."""
