"""A request that asks the database too often, or lets its process grow too much, is named in the log.

Measured by what is known anyway: its queries, and the most memory that the process ever had, for one cheap call of the
system. Of two requests at once, either may be named for what the process grew by meanwhile.
"""

import logging
import resource
import sys
import time

from django.conf import settings

log = logging.getLogger(__name__)

EVERY = 60.0  # seconds from one line about a route to the next about the same
MEGABYTE = 1024 * 1024
WHOSE = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)  # a tenth, where it is; memory is the process's anyway
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, of getrusage(2)


class Process:
    """What was last seen of this one."""

    most_memory = 0  # bytes; 0: not looked at yet
    told_at: dict[tuple[str, str], float] = {}


def check(endpoint: str, queries: int) -> None:
    """At the end of a request."""
    most = resource.getrusage(WHOSE).ru_maxrss * UNIT
    grown, Process.most_memory = most - (Process.most_memory or most), most
    if queries > (allowed := settings.REQUEST_QUERY_BUDGET):
        tell("queries", endpoint, "%s: %d queries, of %d that a request may ask", queries, allowed)
    if grown > (allowed := settings.REQUEST_MEMORY_BUDGET_MB) * MEGABYTE:
        tell("memory", endpoint, "%s: its process grew by %d MB, of %d that it may", grown // MEGABYTE, allowed)


def tell(budget: str, endpoint: str, text: str, *values: int) -> None:
    now = time.monotonic()
    if now - Process.told_at.get((budget, endpoint), -EVERY) >= EVERY:
        Process.told_at[budget, endpoint] = now
        log.warning(text, endpoint, *values)
