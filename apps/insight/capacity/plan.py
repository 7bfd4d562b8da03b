"""What will be needed: how long what there is suffices, and how much there should be, as far as growth is foreseen."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import ceil, log
from typing import Any

from django.conf import settings

from apps.insight.capacity.fitting import Capacity, limit_of

QUARTER, YEAR = 3, 12  # months
FORESEEN = 50 * YEAR  # months; what lasts longer lasts
GB = 10**9


@dataclass(frozen=True)
class Months:
    """Until the first limit is reached by the busiest time: where users grow as fast as is foreseen, requests as
    they are, users as slowly. 0: it is reached."""

    soonest: float
    expected: float
    latest: float


@dataclass(frozen=True)
class Instances:
    """Of a type of process, so that each stays below its limit under `headroom` times the busiest load. `enough`: no
    more are wanted than there may be."""

    kind: str
    now: int
    wanted: int
    enough: bool


@dataclass(frozen=True)
class Room:
    """Bytes, or bytes a second. `wanted`: with headroom. `months`: until it is full; None: that is not foreseen."""

    used: float
    size: float
    wanted: float
    months: float | None


@dataclass(frozen=True)
class Plan:
    months: Months | None
    instances: list[Instances]
    storage: Room
    network: Room | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def plan(
    capacity: Capacity,
    running: Mapping[str, int],
    *,
    storage: tuple[float, float],
    network: tuple[float, float] | None = None,
) -> Plan:
    """`running`: instances by type of process. `storage` and `network`: used and there is, in bytes (a second)."""
    found = [instances(capacity, kind, running.get(kind, 0)) for kind in settings.INSTANCES]
    return Plan(months(capacity), found, storage_room(*storage), network_room(*network) if network else None)


def months(capacity: Capacity) -> Months | None:
    """None where no limit is known."""
    first = capacity.first
    if first is None or first.limit_at is None:
        return None
    times = first.limit_at / capacity.peak
    slow, fast = settings.GROWTH_USERS
    return Months(*(QUARTER * steps(times, percent) for percent in (fast, settings.GROWTH_REQUESTS, slow)))


def steps(times: float, percent: float) -> float:
    """How often something grows by so much until there is so many times as much."""
    return log(times) / log(1 + percent / 100) if times > 1 else 0.0


def instances(capacity: Capacity, kind: str, now: int) -> Instances:
    """What a process is called in the samples is the type of process; `used` is the mean of its instances."""
    least, most = settings.INSTANCES[kind]
    busy = sum(one.background + one.demand * capacity.peak for one in capacity.resources if one.name == kind)
    wanted = ceil(settings.HEADROOM_COMPUTE * now * busy / limit_of(kind))
    return Instances(kind, now, min(max(wanted, least), most), wanted <= most)


def storage_room(used: float, size: float) -> Room:
    return Room(used, size, settings.HEADROOM_STORAGE * used, months_of_storage(used, size))


def months_of_storage(used: float, size: float) -> float | None:
    """By a share of what there is, and at least by so many GB."""
    share, least = (1 + settings.GROWTH_DATA / 100) ** (1 / YEAR) - 1, settings.GROWTH_DATA_GB * GB / YEAR
    for month in range(FORESEEN):
        more = max(used * share, least)
        if used + more >= size:
            return month + max(size - used, 0.0) / more
        used += more
    return None


def network_room(used: float, size: float) -> Room:
    lasts = QUARTER * steps(size / used, settings.GROWTH_REQUESTS) if used else None
    return Room(used, size, settings.HEADROOM_NETWORK * used, lasts)
