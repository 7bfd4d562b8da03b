"""Workers and beat: `celery -A jamvote worker`, `celery -A jamvote beat`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jamvote.settings")
django.setup()

from apps.tasks.broker import app  # noqa: E402
from apps.tasks.worker import register  # noqa: E402

register()

__all__ = ["app", "register"]
