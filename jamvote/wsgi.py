"""HTTP: pages, API, admin. Served by gunicorn gthread, or inside `jamvote.asgi` in the embedded default."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jamvote.settings")
application = get_wsgi_application()

from apps.core.metrics import keep_looking  # noqa: E402

keep_looking()
