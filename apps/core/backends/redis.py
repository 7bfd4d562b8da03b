from time import perf_counter
from typing import Any

import redis

from apps.core.spent import threads


class Measured:
    """What is waited for is the answer: to write a command takes next to nothing."""

    def read_response(self, *args: Any, **options: Any) -> Any:
        began = perf_counter()
        try:
            return super().read_response(*args, **options)  # type: ignore[misc]
        finally:
            if (spent := threads.spent) is not None:
                spent.cache += perf_counter() - began
                spent.cache_calls += 1


class Connection(Measured, redis.Connection):
    """Over TCP."""


class TlsConnection(Measured, redis.SSLConnection):
    """Over TLS."""


class LocalConnection(Measured, redis.UnixDomainSocketConnection):
    """Through a socket of this machine."""


def connection_class(url: str) -> type[Any]:
    """As redis-py chooses by the scheme."""
    return {"rediss": TlsConnection, "unix": LocalConnection}.get(url.partition(":")[0], Connection)
