"""Celery's application, and how messages are sent."""

from typing import Any

import celery
from django.conf import settings
from kombu import pools
from kombu.transport import TRANSPORT_ALIASES, redis


class Transport(redis.Transport):
    """Knows where the broker is also when its connection was lost: then what its channels had is acknowledged or given
    back, or that fails by a ConnectionError like everything. kombu (5.7) forgets it first, and a worker that loses the
    broker while it has tasks ends by an AttributeError."""

    @property
    def client(self) -> Any:
        return self.known

    @client.setter
    def client(self, given: Any) -> None:
        if given is not None:
            self.known = given


TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), f"{__name__}:Transport")

app = celery.Celery("jamvote")
app.config_from_object("django.conf:settings", namespace="CELERY")


def publish(name: str, pk: int, queue: str) -> None:
    """Raises whatever hinders it, after a fraction of a second."""
    with senders().acquire(block=True, timeout=1) as producer:
        app.send_task(name, args=[pk], queue=queue, retry=False, ignore_result=True, producer=producer)


def senders() -> Any:
    """Connections of who sends: a request must not wait long for a broker that is away, as a worker does."""
    patience = {"max_retries": 0, "socket_connect_timeout": 0.2, "socket_timeout": 0.5}
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | patience
    return pools.producers[app.connection_for_write(transport_options=options)]
