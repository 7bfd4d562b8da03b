"""What was measured in a span of time, by all processes or by one: plain data that adds up.

    {"requests": {"GET api:jam": {"count": 12, "seconds": 0.3, "longest": 0.1, "histogram": {"220": 12}, …}},
     "all": {"count": 12, "errors": 0}, "tasks": …, "statements": …, "repeats": …, "processes": …, "machines": …,
     "services": …}

`all` is of requests too: who looks at days each minute reads no more than that.
Adding is associative and commutative, so minutes add up to hours, hours to days and processes to a whole in any order.
Of what is named in MOST the greatest is kept; everything else is a sum. So a mean is kept as its sum and its count,
and a percentile as a histogram.
"""

import copy
from collections.abc import Iterable
from typing import Any

from apps.insight.measuring.histogram import Histogram

Facts = dict[str, Any]

MOST = {"longest", "largest", "late_longest", "rss_most", "waiting_most", "threads_most"}
TEXTS = {"kind", "machine"}  # the same wherever they are
REQUESTS = {
    "count": 0, "errors": 0, "refused": 0, "queries": 0, "cache_calls": 0, "seconds": 0.0, "database": 0.0,
    "cache": 0.0, "rendering": 0.0, "waiting": 0.0, "bytes": 0, "largest": 0, "longest": 0.0, "histogram": {},
    "faults": {},
}  # fmt: skip


def added(many: Iterable[Facts]) -> Facts:
    total: Facts = {}
    for facts in many:
        add(total, facts)
    return total


def add(total: Facts, facts: Facts) -> None:
    """Into `total`, which shares nothing with `facts` afterwards."""
    for name, value in facts.items():
        known = total.get(name)
        if known is None:
            total[name] = copy.deepcopy(value) if isinstance(value, dict | list) else value
        elif isinstance(value, dict):
            add(known, value)
        elif name in TEXTS:
            total[name] = value
        elif name in MOST:
            total[name] = max(known, value)
        else:
            total[name] = known + value


def together(group: Facts) -> Facts:
    """All of a group (`facts["requests"]`) as one."""
    return added([REQUESTS, *group.values()])


def histogram(one: Facts) -> Histogram:
    return Histogram.from_json(one.get("histogram", {}))
