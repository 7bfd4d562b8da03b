"""Telling the edge (a CDN) what was retired, so that it may keep answers for a minute and still be true.

Keys are the groups of the store, which answers name in `Surrogate-Key` (docs/cdn.md). Boards are left out: each vote
retires one, and an edge keeps it for a second. Keys are gathered for GATHER seconds, so that an old answer which is on
its way has arrived, and sent in one call by a thread that lives while there are any. What cannot be sent is tried again
until the edge has forgotten it by itself.
"""

import atexit
import logging
import threading
import time
from contextlib import suppress

import httpx
from django.conf import settings

log = logging.getLogger(__name__)

GATHER = 0.2  # seconds
AGAIN = 1.0  # seconds between two attempts
MOST = 256  # keys of a call, as Fastly takes them
STOP_SECONDS = 5  # that a stop waits for the last call


class Edge:
    def __init__(self) -> None:
        self.due: dict[str, float] = {}  # until when each key is worth sending, by the monotonic clock
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.sender: threading.Thread | None = None

    def forget(self, *keys: str) -> None:
        """Returns at once, and never raises."""
        if not settings.CDN_PURGE_URL:
            return
        until = time.monotonic() + settings.CDN_SECONDS
        with self.lock:
            self.due |= {key: until for key in keys if is_purged(key)}
            if self.due and self.sender is None:
                with suppress(RuntimeError):  # no thread to be had: the next key asks again
                    sender = threading.Thread(target=self.run, name="edge", daemon=True)
                    sender.start()
                    self.sender = sender

    def run(self) -> None:
        pause = GATHER
        while True:
            last = self.stopping.wait(pause)
            with self.lock:
                due, self.due = self.due, {}
            failed = [key for keys in batches(list(due)) if not told(keys) for key in keys]
            pause = AGAIN if failed else GATHER
            now = time.monotonic()
            with self.lock:
                self.due = {key: due[key] for key in failed if due[key] > now} | self.due
                if last or not self.due:
                    self.sender = None
                    return

    def stop(self) -> None:
        """Tells what is left, before the process ends."""
        with self.lock:
            sender = self.sender
        self.stopping.set()
        if sender:
            sender.join(STOP_SECONDS)
        self.stopping.clear()


def is_purged(key: str) -> bool:
    return not key.startswith("jam.")


def seconds(group: str, otherwise: int) -> int:
    """How long an edge may keep an answer of this group: longer where it is told of every change."""
    return max(otherwise, settings.CDN_SECONDS) if settings.CDN_PURGE_URL and is_purged(group) else otherwise


def batches(keys: list[str]) -> list[list[str]]:
    return [keys[start : start + MOST] for start in range(0, len(keys), MOST)]


def told(keys: list[str]) -> bool:
    headers = {"Surrogate-Key": " ".join(keys), "Fastly-Key": settings.CDN_PURGE_KEY, "Accept": "application/json"}
    try:
        httpx.post(settings.CDN_PURGE_URL, headers=headers, timeout=STOP_SECONDS).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        log.warning("edge: %d keys are not purged: %s", len(keys), error)
        return False
    return True


edge = Edge()
atexit.register(edge.stop)
