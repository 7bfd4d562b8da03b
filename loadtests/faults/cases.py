"""The twelve faults and the six changes that harm nobody, each with what makes it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """`kind`: what Insight is to name first, as in Finding.Kind; empty: it is to name nothing."""

    name: str
    kind: str = ""
    env: dict[str, str] = field(default_factory=dict)  # of the servers
    rate: float = 1.0  # times the usual one
    wrong: float = 0.0  # requests a second that are the clients' own fault
    again: dict[str, str] | None = None  # the servers are started anew in the middle, with this changed


FAULTS = (
    Case("n_plus_one", "n_plus_one"),
    Case("dropped_index", "missing_index"),
    Case("lock_convoy", "lock_waits"),
    Case("blocked_loop", "loop_late"),
    Case("leak", "memory_growth"),
    Case("cache_off", "cache_hits", env={"CACHED_READS": "false"}),
    Case("pool_of_one", "pool_exhausted", env={"DATABASE_POOL": "1"}),
    Case("slow_redis", "cache_slow"),
    Case("large_payload", "large_payload"),
    Case("error_burst", "errors"),
    Case("slow_template", "slow_template"),
    Case("full_disk", "disk_full"),
)
HARMLESS = (
    Case("twice_the_load", rate=2.0),
    Case("slow_request"),
    Case("restart", again={}),
    Case("new_release", again={"RELEASE": "2"}),
    Case("reports", env={"REPORT_SECONDS": "1"}),
    Case("clients_faults", wrong=10.0),
)
