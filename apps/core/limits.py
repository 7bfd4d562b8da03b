"""How much somebody may do in a time: counted in Redis, so that all processes count together, or in this process.

An allowance of 120 calls in 60 seconds is a bucket: 120 at once if one wants, then one every half second, and after a
minute of rest it is full again. Kept is only the time at which it will be (GCRA, ITU-T I.371).
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from django.conf import settings

from apps.core.store import Away, RedisStore, store

MOST = 20_000  # buckets that a process remembers, those drawn from last: whoever has many addresses fills no memory
SECOND = 1_000_000  # microseconds, in which all is counted
# One round trip for all buckets of a call, by the clock of Redis. Nothing is drawn from any unless from all.
TAKE = """
local clock, used, refused = redis.call('TIME'), {}, 0
local now = clock[1] * 1000000 + clock[2]
for i, key in ipairs(KEYS) do
    used[i] = math.max(0, (tonumber(redis.call('GET', key)) or 0) - now)
    if used[i] + ARGV[2 * i - 1] > tonumber(ARGV[2 * i]) then refused = 1 end
end
for i, key in ipairs(KEYS) do
    if refused == 0 then
        used[i] = used[i] + ARGV[2 * i - 1]
        redis.call('SET', key, string.format('%.0f', now + used[i]), 'PX', math.ceil(used[i] / 1000))
    end
end
return {refused, unpack(used)}
"""


class Bucket(NamedTuple):
    """Whose calls are counted, by which policy, and how many it allows in how many seconds."""

    policy: str
    key: str
    calls: int
    seconds: int

    @property
    def name(self) -> str:
        return f"{settings.CHANNEL_PREFIX}:limit:{self.policy}:{self.key}"

    @property
    def interval(self) -> int:
        """Microseconds in which a call comes back."""
        return self.seconds * SECOND // self.calls

    @property
    def size(self) -> int:
        """Microseconds in which all do."""
        return self.interval * self.calls


class Left(NamedTuple):
    """How a bucket stands after a call: calls left, seconds until it is full, and until one is possible again."""

    bucket: Bucket
    calls: int
    full: float
    wait: float


class Taken(NamedTuple):
    refused: bool
    left: tuple[Left, ...]

    @property
    def wait(self) -> float:
        """Seconds until the call is possible, if nobody else draws from the same buckets."""
        return max((left.wait for left in self.left), default=0.0)


def taken(buckets: Sequence[Bucket], used: Sequence[int], *, refused: bool) -> Taken:
    return Taken(refused, tuple(left_in(bucket, spent) for bucket, spent in zip(buckets, used, strict=True)))


def left_in(bucket: Bucket, used: int) -> Left:
    free = bucket.size - used
    wait = max(0, bucket.interval - free)
    return Left(bucket, free // bucket.interval, used / SECOND, wait / SECOND)


class Limiter(Protocol):
    def take(self, buckets: Sequence[Bucket]) -> Taken:
        """One call from each of these, or from none."""


class LocalLimiter:
    """For the one process of the embedded default, and for each while Redis is away."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.lock = threading.Lock()
        self.full_at: OrderedDict[str, int] = OrderedDict()

    def take(self, buckets: Sequence[Bucket]) -> Taken:
        with self.lock:
            now = int(self.clock() * SECOND)
            used = [max(0, self.full_at.get(bucket.name, 0) - now) for bucket in buckets]
            refused = any(spent + bucket.interval > bucket.size for bucket, spent in zip(buckets, used, strict=True))
            if not refused:
                used = [spent + bucket.interval for bucket, spent in zip(buckets, used, strict=True)]
                self.remember({bucket.name: now + spent for bucket, spent in zip(buckets, used, strict=True)})
        return taken(buckets, used, refused=refused)

    def remember(self, full_at: dict[str, int]) -> None:
        for name, at in full_at.items():
            self.full_at[name] = at
            self.full_at.move_to_end(name)
        while len(self.full_at) > MOST:
            self.full_at.popitem(last=False)

    def forget(self) -> None:
        self.full_at.clear()


class RedisLimiter:
    """Redis forgets a bucket when it is full. While it is away each process counts for itself, from nothing."""

    def __init__(self, store: RedisStore) -> None:
        self.store, self.local = store, LocalLimiter()

    def take(self, buckets: Sequence[Bucket]) -> Taken:
        numbers = [number for bucket in buckets for number in (bucket.interval, bucket.size)]
        try:
            refused, *used = self.store.ask(self.store.run, TAKE, [bucket.name for bucket in buckets], *numbers)
        except Away:
            return self.local.take(buckets)
        return taken(buckets, used, refused=bool(refused))

    def forget(self) -> None:
        self.local.forget()


limiter: RedisLimiter | LocalLimiter = RedisLimiter(store) if isinstance(store, RedisStore) else LocalLimiter()
