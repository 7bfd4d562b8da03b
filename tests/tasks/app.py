"""`celery -A tests.tasks.app`: the application with the tests' own tasks."""

from apps.tasks.worker import register
from jamvote.celery import app
from tests.tasks import made  # noqa: F401 — declares them

register()

__all__ = ["app"]
