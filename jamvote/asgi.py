"""Sockets; in the embedded default the one process that serves everything.

HTTP goes through the WSGI application in lasting threads; Django's own ASGI handler starts a thread for each request.
Their connections to PostgreSQL come from a pool.
"""

import asyncio
import os
from typing import Any, cast

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jamvote.settings")
os.environ.setdefault("DATABASE_POOL", "20")  # the threads that read for sockets come and go
http = get_wsgi_application()  # sets Django up, before anything below imports a model

from a2wsgi import WSGIMiddleware  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from apps.core.looking import look  # noqa: E402
from apps.core.process_metrics import measure_as  # noqa: E402
from apps.core.write_behind import write_behind  # noqa: E402
from apps.insight.measuring import flush  # noqa: E402
from apps.insight.profiling import asking as profiling  # noqa: E402
from apps.jams.consumers import sockets  # noqa: E402
from apps.jams.warming import warm_at_start  # noqa: E402
from apps.live.consumers import SameOrigin, TryLater  # noqa: E402
from apps.tasks.embedded import worker  # noqa: E402


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """At the end uvicorn raises its signal again, which runs no `atexit`."""
    await receive()
    measure_as("live")
    flush.start("live")
    profiling.listen("live")
    watching = asyncio.create_task(flush.watch_loop())
    warm_at_start()
    worker.start()  # without a broker it is this process that works
    await send({"type": "lifespan.startup.complete"})
    await receive()
    watching.cancel()
    await asyncio.to_thread(worker.stop)
    await asyncio.to_thread(flush.stop)
    look()
    await asyncio.to_thread(write_behind.stop)
    await send({"type": "lifespan.shutdown.complete"})


application = ProtocolTypeRouter(
    {
        "lifespan": lifespan,
        "http": WSGIMiddleware(cast("Any", http), workers=8),
        "websocket": SameOrigin(TryLater(URLRouter(sockets))),
    }
)
