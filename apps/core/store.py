"""Where finished answers are kept: Redis, or this process when there is none. Both are safe against slow readers.

A group (a jam's board, the library) is one hash: its revision, and answers by field; a stream's group also its place,
which telling it writes (apps/live/layers.py). Retiring it raises the revision and forgets the rest in one step; an
answer is stored only if the revision from before its query still stands, so a slow reader cannot put an old answer
back. Nothing is searched for by key, but by the command that clears all.
"""

import functools
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django_redis import get_redis_connection
from redis import Redis
from redis import exceptions as errors
from redis.exceptions import RedisError

from apps.core.edge import edge

log = logging.getLogger(__name__)

PAUSE = 1.0  # seconds without asking a Redis that has just failed
PINGS = 5
SWEEP = 5.0  # seconds between two looks for copies that are too old
PAY = 0.25  # seconds between two attempts to retire what could not be retired
MOST = 600  # answers of a group: whoever tries all parameters fills no memory
ALONE = 5  # seconds in a process without Redis: a command that runs beside it cannot reach in
STORE = """
local revision = redis.call('HGET', KEYS[1], 'revision') or '0'
if revision ~= ARGV[1] then return 0 end
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[3]) then redis.call('UNLINK', KEYS[1]) end
redis.call('HSET', KEYS[1], 'revision', revision, unpack(ARGV, 4))
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return 1
"""
# Also a part of the script that tells a stream (apps/live/layers.py). A revision outlives any computation of an answer;
# one that was forgotten starts at the clock (milliseconds), so that it never repeats.
RETIRE_ONE = """
local function retire(group, clock)
    local revision = redis.call('HGET', group, 'revision')
    redis.call('UNLINK', group)
    redis.call('HSET', group, 'revision', revision or clock)
    redis.call('HINCRBY', group, 'revision', 1)
    redis.call('EXPIRE', group, 3600)
end
"""
RETIRE = f"{RETIRE_ONE} for _, group in ipairs(KEYS) do retire(group, ARGV[1]) end"


class Group(NamedTuple):
    """How a group stands: read before rows, which are then at least as new."""

    revision: bytes
    place: int | None = None  # of the stream of the same name; None: ask the stream


class Away(Exception):
    """The store does not answer; for a second it is not asked again."""


class RedisStore:
    """One round trip a read, a store or a retirement. Everything but `retire_now` is refused at once while Redis is
    away, so that an outage costs one time-out (0.1 s) a second and not one a request."""

    def __init__(self, redis: Any = None) -> None:
        self.redis = redis or get_redis_connection("default")
        self.threads = threading.local()
        self.away_until = 0.0

    def ask(self, call: Callable[..., Any], *args: Any) -> Any:
        if time.monotonic() < self.away_until:
            raise Away
        try:
            return call(*args)
        except RedisError as error:
            log.warning("cache: Redis is away, answers come from the database: %s", error)
            self.away_until = time.monotonic() + PAUSE
            raise Away from error

    def exchange(self, *words: Any) -> Any:
        """What Redis says to one command, on this thread's own connection: a third of redis-py's time is its pool's."""
        connection = getattr(self.threads, "connection", None)
        if connection is None:
            pool = self.redis.connection_pool
            connection = self.threads.connection = pool.connection_class(**pool.connection_kwargs)
        try:
            connection.send_command(*words)
            return connection.read_response()
        except errors.ResponseError:
            raise
        except BaseException:  # an answer may still be on its way: it must not be taken for the next one's
            connection.disconnect()
            raise

    def command(self, *words: Any) -> Any:
        try:
            return self.exchange(*words)
        except errors.ConnectionError:  # Redis may have been started anew
            return self.exchange(*words)

    def run(self, script: str, keys: Sequence[Any], *words: Any) -> Any:
        try:
            return self.command("EVALSHA", sha_of(script), len(keys), *keys, *words)
        except errors.NoScriptError:
            return self.command("EVAL", script, len(keys), *keys, *words)

    def get(self, group: str, field: str) -> tuple[Group, bytes | None]:
        """The answer, if it is there."""
        revision, place, answer = self.ask(self.command, "HMGET", key(group), "revision", "place", field)
        return Group(revision or b"0", place and int(place)), answer

    def put(self, group: str, revision: bytes, answers: Mapping[str, bytes], seconds: int) -> bool:
        """False: the group was retired meanwhile."""
        words = [revision, seconds, MOST, *(part for pair in answers.items() for part in pair)]
        return bool(self.ask(self.run, STORE, [key(group)], *words))

    def retire(self, *groups: str) -> None:
        self.ask(self.retire_now, *groups)

    def retire_now(self, *groups: str) -> None:
        self.run(RETIRE, [key(group) for group in groups], clock())

    def groups(self) -> list[str]:
        """The names of all groups that hold something. It walks through the keys: not for requests."""
        names = self.ask(lambda: list(self.redis.scan_iter(key("*"), count=1000)))
        found = [name for name in names if {*self.ask(self.redis.hkeys, name)} - {b"revision", b"place"}]
        return sorted(name.decode().partition("{")[2].rstrip("}") for name in found)

    def add_up(self, counts: Mapping[str, int]) -> None:
        with self.redis.pipeline(transaction=False) as pipeline:
            for name, count in counts.items():
                pipeline.hincrby(f"{settings.CHANNEL_PREFIX}:cache:counts", name, count)
            self.ask(pipeline.execute)

    def counts(self) -> dict[str, int]:
        found = self.ask(self.redis.hgetall, f"{settings.CHANNEL_PREFIX}:cache:counts")
        return {name.decode(): int(count) for name, count in found.items()}

    def memory(self) -> dict[str, Any]:
        info = self.ask(self.redis.info)
        return {name: info[name] for name in ("used_memory", "evicted_keys", "expired_keys")}

    def delay(self) -> float:
        """Seconds to Redis and back: the fastest of some, which did not wait for a processor or another thread."""
        return min(self.pinged() for _ in range(PINGS))

    def pinged(self) -> float:
        began = time.perf_counter()
        self.ask(self.command, "PING")
        return time.perf_counter() - began


class LocalStore:
    """For the one process of the embedded default: the same operations. It is never away."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.revisions: dict[str, int] = {}
        self.bodies: dict[str, tuple[float, dict[str, bytes]]] = {}
        self.sums: dict[str, int] = {}

    def get(self, group: str, field: str) -> tuple[Group, bytes | None]:
        revision = b"%d" % self.revisions.get(group, 0)
        until, answers = self.bodies.get(group, (0.0, {}))
        return Group(revision), answers.get(field) if time.monotonic() < until else None

    def put(self, group: str, revision: bytes, answers: Mapping[str, bytes], seconds: int) -> bool:
        now = time.monotonic()
        with self.lock:
            if b"%d" % self.revisions.get(group, 0) != revision:
                return False
            self.bodies = {name: kept for name, kept in self.bodies.items() if now < kept[0]}
            until, kept = self.bodies.get(group, (now + min(seconds, ALONE), {}))
            self.bodies[group] = (until, {**(kept if len(kept) <= MOST else {}), **answers})
        return True

    def retire(self, *groups: str) -> None:
        with self.lock:
            for group in groups:
                self.revisions[group] = self.revisions.get(group, 0) + 1
                self.bodies.pop(group, None)

    retire_now = retire

    def groups(self) -> list[str]:
        return sorted(self.bodies)

    def add_up(self, counts: Mapping[str, int]) -> None:
        for name, count in counts.items():
            self.sums[name] = self.sums.get(name, 0) + count

    def counts(self) -> dict[str, int]:
        return dict(self.sums)

    def memory(self) -> dict[str, Any]:
        return {}


def clock() -> int:
    """Milliseconds: where a lost revision starts again, so that it never repeats."""
    return int(time.time() * 1000)


@functools.cache
def sha_of(script: str) -> str:
    """What Redis calls it by."""
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()


@functools.lru_cache(maxsize=4096)
def key(group: str) -> str:
    """In a cluster a stream and the group of its name are on one node: only what is in braces is hashed."""
    return f"{settings.CHANNEL_PREFIX}:cache:{{{group}}}"


store: RedisStore | LocalStore = RedisStore() if settings.REDIS_URL else LocalStore()


def patient_store() -> RedisStore | LocalStore:
    """For commands, where nobody waits for a page."""
    return RedisStore(Redis.from_url(settings.REDIS_URL, socket_timeout=10)) if settings.REDIS_URL else store


# Retiring ---------------------------------------------------------------------------------------------


class Debts:
    """What could not be retired: a thread does it as soon as Redis is back, and until then nobody reads it here.

    What a process owes when it dies, lives as long as its group says, at most.
    """

    def __init__(self) -> None:
        self.groups: dict[str, int] = {}  # how many retirements of it are owed
        self.lock = threading.Lock()
        self.payer: threading.Thread | None = None

    def owe(self, groups: tuple[str, ...]) -> None:
        with self.lock:
            self.groups |= {group: self.groups.get(group, 0) + 1 for group in groups}
            if self.payer is None:
                self.payer = threading.Thread(target=self.pay, name="retirer", daemon=True)
                self.payer.start()

    def pay(self) -> None:
        while True:
            time.sleep(PAY)
            with self.lock:
                owed = dict(self.groups)
            try:
                store.retire_now(*owed)
            except RedisError:
                continue
            edge.forget(*owed)
            with self.lock:  # what came to be owed meanwhile, stays
                self.groups = {group: n for group, n in self.groups.items() if n != owed.get(group)}
                if not self.groups:
                    self.payer = None
                    return


debts = Debts()


def retire(*groups: str) -> None:
    """Forgets the answers of these groups, everywhere at once. Call it after the commit; never raises."""
    copies.forget(*groups)
    try:
        store.retire(*groups)
    except Away:
        debts.owe(groups)
    edge.forget(*groups)


def retire_after_commit(*groups: str) -> None:
    transaction.on_commit(lambda: retire(*groups), robust=True)


# Copies -----------------------------------------------------------------------------------------------


class Copies:
    """Answers in this process, for as long as LOCAL_COPY_SECONDS after Redis had them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.kept: dict[str, dict[str, tuple[float, Any]]] = {}
        self.retired: dict[str, float] = {}
        self.swept = 0.0

    def get(self, group: str, field: str, *, since: bool = False) -> Any:
        """`since`: whoever asks knows how new it must be; so it may have been retired here, and be twice as old."""
        asked, answer = self.kept.get(group, {}).get(field, (0.0, None))
        age = time.monotonic() - asked
        if since:
            return answer if age < 2 * settings.LOCAL_COPY_SECONDS else None
        return answer if age < settings.LOCAL_COPY_SECONDS and asked > self.retired.get(group, 0.0) else None

    def put(self, group: str, field: str, answer: Any, asked: float) -> None:
        """`asked`: when Redis was asked, by the monotonic clock; what it said was true then."""
        if settings.LOCAL_COPY_SECONDS:
            if asked > self.swept + SWEEP:
                self.sweep(asked)
            self.kept.setdefault(group, {})[field] = (asked, answer)

    def sweep(self, now: float) -> None:
        """So that what nobody asks for any more takes no memory; also not for all the ports of one host."""
        oldest, self.swept = now - 2 * settings.LOCAL_COPY_SECONDS, now
        young = {group: {name: kept for name, kept in answers.items() if kept[0] > oldest}
                 for group, answers in list(self.kept.items())}  # fmt: skip
        self.kept = {group: answers for group, answers in young.items() if answers}
        self.retired = {group: at for group, at in list(self.retired.items()) if at > oldest}

    def forget(self, *groups: str) -> None:
        for group in groups:
            if group in self.kept:
                self.retired[group] = time.monotonic()


copies = Copies()
