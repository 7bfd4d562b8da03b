"""What is not measured as it happens: each process looks at its own every few seconds, because the one that is asked
for metrics cannot look into the others."""

import atexit
import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

EVERY = 5.0  # seconds between two looks
Look = Callable[[], None]
looks: list[Look] = []


def looked_at(look: Look) -> Look:
    """Marks a function that tells Prometheus what its module has to say. It is called by several threads."""
    looks.append(look)
    return look


def look() -> None:
    for one in looks:
        try:
            one()
        except Exception:
            log.exception("metrics: not told this time: %r", one)


def keep_looking() -> None:
    def loop() -> None:
        while True:
            look()
            time.sleep(EVERY)

    threading.Thread(target=loop, name="metrics", daemon=True).start()
    atexit.register(look)
