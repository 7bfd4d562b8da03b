"""What a process takes and holds: memory, processor time, connections to the database."""

from functools import partial

from prometheus_client import PROCESS_COLLECTOR, REGISTRY, Gauge

from apps.core.database import pool_statistics
from apps.core.looking import keep_looking, looked_at

REGISTRY.unregister(PROCESS_COLLECTOR)  # it speaks for one process and does not know which; ours are of the same names
memory = Gauge(
    "process_resident_memory_bytes",
    "Memory of a process, by its kind: web, live, worker, beat.",
    ["kind"],
    multiprocess_mode="liveall",
)
processor = Gauge(  # no Counter: the kernel counts, so it is set and never added to
    "process_cpu_seconds_total",
    "Processor time of all processes of a kind, those that have ended too.",
    ["kind"],
    multiprocess_mode="sum",
)
pool = Gauge(
    "db_pool",
    "Statistics of a process's connection pool, as psycopg_pool names them.",
    ["statistic"],
    multiprocess_mode="liveall",
)


def measure_as(kind: str) -> None:
    """This process, from now on."""
    looked_at(partial(look_at_process, kind))
    keep_looking()


def look_at_process(kind: str) -> None:
    found = {metric.name: metric.samples[0].value for metric in PROCESS_COLLECTOR.collect()}
    if found:  # none without /proc
        memory.labels(kind).set(found["process_resident_memory_bytes"])
        processor.labels(kind).set(found["process_cpu_seconds"])


@looked_at
def look_at_pool() -> None:
    for name, value in pool_statistics().items():
        pool.labels(name).set(value)
