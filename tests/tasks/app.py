"""`celery -A tests.tasks.app`: the application with the tests' own tasks."""

from jamvote.celery import app, register  # sets Django up

# isort: split
from tests.tasks import made  # noqa: F401 — declares them

register()

__all__ = ["app"]
