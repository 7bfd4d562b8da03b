"""Sockets; in the embedded default the one process that serves everything.

HTTP goes through the WSGI application in lasting threads; Django's own ASGI handler starts a thread for each request.
Their connections to PostgreSQL come from a pool.
"""

import os
from typing import Any, cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jamvote.settings")
os.environ.setdefault("DATABASE_POOL", "20")  # the threads that read for sockets come and go
get_asgi_application()  # sets Django up, before anything below imports a model

from a2wsgi import WSGIMiddleware  # noqa: E402
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from apps.jams.consumers import sockets  # noqa: E402
from apps.live.consumers import SameOrigin  # noqa: E402
from jamvote.wsgi import application as http  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": WSGIMiddleware(cast("Any", http), workers=8),
        "websocket": SameOrigin(AuthMiddlewareStack(URLRouter(sockets))),
    }
)
