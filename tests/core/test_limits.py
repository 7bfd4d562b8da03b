"""How much is left to whom: the same in Redis and in the process, for all processes together, and without Redis."""

import os
import signal

import pytest
import redis

from apps.core import limits
from apps.core import store as stores
from apps.core.limits import Bucket, LocalLimiter, RedisLimiter
from apps.core.store import RedisStore
from tests.races import in_threads
from tests.servers import STARTED, start_redis


class InTheProcess:
    def __init__(self):
        self.now = 1000.0
        self.limiter = LocalLimiter(clock=lambda: self.now)

    def wait(self, seconds):
        self.now += seconds


class InRedis:
    """Its clock cannot be set, so what waits is what it has noted."""

    def __init__(self):
        self.store = RedisStore()
        self.limiter = RedisLimiter(self.store)

    def wait(self, seconds):
        for name in self.store.redis.keys("*:limit:*"):
            self.store.redis.set(name, int(self.store.redis.get(name)) - int(seconds * 1e6), keepttl=True)


@pytest.fixture(params=[InTheProcess, pytest.param(InRedis, marks=pytest.mark.services)])
def counted(request):
    return request.param()


def bucket(key="sam", *, calls=5, seconds=600, policy="participant"):
    return Bucket(policy, key, calls, seconds)


def take(counted, *buckets, times=1):
    """Whether each of so many calls was let in."""
    return [not counted.limiter.take(buckets).refused for _ in range(times)]


def test_all_calls_can_be_made_at_once_and_no_more(counted):
    assert take(counted, bucket(), times=8) == [True] * 5 + [False] * 3


def test_calls_come_back_one_by_one(counted):
    take(counted, bucket(), times=5)

    counted.wait(130)

    assert take(counted, bucket(), times=2) == [True, False]


def test_after_a_rest_of_its_time_it_is_full_and_not_fuller(counted):
    take(counted, bucket(), times=8)

    counted.wait(6000)

    assert take(counted, bucket(), times=6) == [True] * 5 + [False]


def test_it_says_what_is_left_to_the_number(counted):
    left = [counted.limiter.take([bucket()]).left[0] for _ in range(3)]

    assert [one.calls for one in left] == [4, 3, 2]
    assert [one.full for one in left] == pytest.approx([120, 240, 360], abs=5)
    assert {one.wait for one in left} == {0}


def test_who_waits_as_long_as_it_says_is_let_in_and_not_before(counted):
    take(counted, bucket(), times=5)
    refused = counted.limiter.take([bucket()])

    assert (refused.refused, refused.left[0].calls) == (True, 0)
    assert refused.wait == pytest.approx(120, abs=5)
    counted.wait(refused.wait - 30)
    assert take(counted, bucket()) == [False]
    counted.wait(30)
    assert take(counted, bucket()) == [True]


def test_what_is_refused_costs_nothing(counted):
    """Or who hammers would never be let in again."""
    take(counted, bucket(), times=50)

    assert counted.limiter.take([bucket()]).wait == pytest.approx(120, abs=5)


def test_each_has_their_own(counted):
    take(counted, bucket("sam"), times=9)

    assert take(counted, bucket("ana")) == [True]
    assert take(counted, bucket("sam", policy="reads")) == [True]


def test_of_several_buckets_all_or_none_is_drawn_from(counted):
    small, large = bucket(calls=2, policy="account"), bucket(calls=5, policy="login")
    take(counted, small, large, times=4)

    refused = counted.limiter.take([small, large])

    assert [left.calls for left in refused.left] == [0, 3]
    assert refused.wait == pytest.approx(300, abs=5)
    assert take(counted, large, times=4) == [True] * 3 + [False]


@pytest.mark.parametrize(("calls", "seconds"), [(1, 1), (7, 60), (999_999, 60), (3, 999_999)])
def test_any_quota_allows_exactly_what_it_says(counted, calls, seconds):
    left = counted.limiter.take([bucket(calls=calls, seconds=seconds)]).left[0]

    assert left.calls == calls - 1
    assert left.full <= seconds


def test_calls_at_once_are_counted_one_by_one(counted):
    refused = []

    raised = in_threads([lambda: refused.append(counted.limiter.take([bucket(calls=20)]).refused)] * 40)

    assert not raised
    assert sorted(refused) == [False] * 20 + [True] * 20


@pytest.mark.services
def test_all_processes_count_together():
    first, second = RedisLimiter(RedisStore()), RedisLimiter(RedisStore())

    let_in = [not limiter.take([bucket(calls=6)]).refused for limiter in (first, second) * 5]

    assert let_in == [True] * 6 + [False] * 4


# Memory ---------------------------------------------------------------------------------------------


def test_a_process_remembers_so_many_and_those_drawn_from_last(monkeypatch):
    monkeypatch.setattr(limits, "MOST", 100)
    counted = InTheProcess()
    take(counted, bucket("sam"), times=5)

    for number in range(1000):
        take(counted, bucket(f"somebody {number}"))
        take(counted, bucket("sam"))

    assert len(counted.limiter.full_at) == 100
    assert take(counted, bucket("somebody 999", calls=1)) == [False]


@pytest.mark.services
def test_redis_forgets_what_is_full():
    counted = InRedis()
    take(counted, bucket(calls=5, seconds=600), times=3)

    [name] = counted.store.redis.keys("*:limit:*")

    assert 350_000 < counted.store.redis.pttl(name) <= 360_000


# Redis away -----------------------------------------------------------------------------------------


@pytest.mark.services
def test_without_redis_each_process_counts_for_itself_and_waits_once(monkeypatch):
    url = start_redis()
    process, _home = STARTED[-1]
    never = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    store = RedisStore(redis.Redis.from_url(url, socket_timeout=0.1, socket_connect_timeout=0.1, retry=never))
    limiter, asked, exchange = RedisLimiter(store), [], store.exchange
    monkeypatch.setattr(store, "exchange", lambda *words: (asked.append(words), exchange(*words))[1])
    monkeypatch.setattr(stores, "PAUSE", 300.0)
    os.kill(process.pid, signal.SIGSTOP)

    let_in = [not limiter.take([bucket()]).refused for _ in range(8)]
    os.kill(process.pid, signal.SIGCONT)

    assert let_in == [True] * 5 + [False] * 3
    assert len(asked) == 1
    store.away_until = 0
    assert limiter.take([bucket()]).left[0].calls == 4
