"""How long statements take, by the model they are about and what they do: counted in the process, told now and then."""

import re
import threading
from bisect import bisect_left
from functools import lru_cache

from django.apps import apps
from prometheus_client import Histogram

from apps.core.looking import looked_at

BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
HEAD = 400  # characters of a statement that say what it does
VERB = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
FROM = re.compile(r"\bFROM\s+\"?(\w+)", re.IGNORECASE)

durations = Histogram(
    "db_query_duration_seconds",
    "From the statement to its end, by the model it is about (other: none of ours, or several ways) and its operation.",
    ["model", "operation"],
    buckets=BUCKETS,
)


class Times:
    """Telling Prometheus of each would cost a small statement a tenth of its time."""

    def __init__(self) -> None:
        self.counted: dict[tuple[str, str], list[float]] = {}
        self.lock = threading.Lock()

    def add(self, sql: str, seconds: float) -> None:
        labels = labels_of(sql if len(sql) <= HEAD else sql[:HEAD])
        place = bisect_left(BUCKETS, seconds)
        with self.lock:
            counted = self.counted.get(labels)
            if counted is None:
                counted = self.counted[labels] = [0.0] * (len(BUCKETS) + 2)
            counted[place] += 1
            counted[-1] += seconds

    def tell(self) -> None:
        """prometheus_client takes observations one by one only: what it keeps them in is added to."""
        with self.lock:
            counted, self.counted = self.counted, {}
        for labels, (*buckets, seconds) in counted.items():
            series = durations.labels(*labels)
            series._sum.inc(seconds)
            for bucket, count in zip(series._buckets, buckets, strict=True):
                if count:
                    bucket.inc(count)


times = Times()
looked_at(times.tell)


@lru_cache(maxsize=4096)
def labels_of(head: str) -> tuple[str, str]:
    """Model and operation by the beginning of a statement. Labels are models and verbs: there are only so many."""
    if found := VERB.search(head):
        return model_of(found[2]), found[1].split()[0].lower()
    if found := FROM.search(head):
        return model_of(found[1]), "select"
    return "other", "other"


def model_of(table: str) -> str:
    return tables().get(table.lower(), "other")


@lru_cache(maxsize=1)
def tables() -> dict[str, str]:
    return {model._meta.db_table: model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
