"""Where finished answers are kept: exact in spite of slow readers, and never in the way when Redis is away."""

import os
import signal
import threading
import time

import pytest
import redis
from channels.layers import get_channel_layer
from django.conf import settings

from apps.core import store as module
from apps.core.store import MOST, Away, Copies, Debts, LocalStore, RedisStore, key, retire
from tests.servers import STARTED, start_redis


@pytest.fixture(params=[LocalStore, pytest.param(RedisStore, marks=pytest.mark.services)])
def store(request):
    return request.param()


def put(store, group, **answers):
    return store.put(
        group, store.get(group, "")[0].revision, {name: body.encode() for name, body in answers.items()}, 60
    )


def test_what_was_put_is_there_until_its_group_is_retired(store):
    put(store, "jams", a="1", b="2")
    put(store, "songs", a="3")

    assert (store.get("jams", "a")[1], store.get("jams", "b")[1], store.get("songs", "a")[1]) == (b"1", b"2", b"3")
    store.retire("jams")
    assert (store.get("jams", "a")[1], store.get("jams", "b")[1], store.get("songs", "a")[1]) == (None, None, b"3")
    assert store.groups() == ["songs"]


def test_many_groups_are_retired_in_one_step(store):
    for group in ("jams", "info.a", "jam.a"):
        put(store, group, a="1")

    store.retire("jams", "info.a", "jam.a")

    assert store.groups() == []


def test_a_slow_reader_cannot_put_an_old_answer_back(store):
    revision = store.get("jams", "")[0].revision
    # … its query runs, and meanwhile somebody writes:
    store.retire("jams")

    assert not store.put("jams", revision, {"a": b"old"}, 60)
    assert store.get("jams", "a")[1] is None
    assert put(store, "jams", a="new")


def test_a_lost_revision_does_not_come_again(store):
    revisions = []
    for _ in range(3):
        store.retire("jams")
        revisions.append(store.get("jams", "")[0].revision)

    assert len({*revisions, b"0"}) == 4


def test_an_answer_lives_as_long_as_its_group_says(store):
    store.put("jams", store.get("jams", "")[0].revision, {"a": b"1"}, 1)
    assert store.get("jams", "a")[1]

    time.sleep(1.1)

    assert store.get("jams", "a")[1] is None


def test_a_group_holds_no_more_than_so_many_answers(store):
    put(store, "songs", **{f"page{n}": "x" for n in range(MOST + 1)})
    put(store, "songs", last="y")

    assert (store.get("songs", "page1")[1], store.get("songs", "last")[1]) == (None, b"y")


def test_under_a_writer_no_reader_finds_a_state_older_than_one_that_was_there_before_it_asked(store):
    """The naive way (query, then store) leaves an old answer behind about every second time."""
    row, stop, wrong = [0], threading.Event(), []

    def read():
        while not stop.is_set():
            before = row[0]  # committed and retired, or about to be
            group, raw = store.get("jam.a", "snapshot")
            if raw is None:
                seen = row[0]
                time.sleep(0.0005)  # a slow reader
                store.put("jam.a", group.revision, {"snapshot": b"%d" % seen}, 60)
            elif int(raw) < before - 1:
                wrong.append((int(raw), before))

    readers = [threading.Thread(target=read) for _ in range(6)]
    for thread in readers:
        thread.start()
    for _ in range(400):
        row[0] += 1  # commit
        store.retire("jam.a")
        raw = store.get("jam.a", "snapshot")[1]  # who wrote
        if raw is not None and int(raw) < row[0]:
            wrong.append(("own write", int(raw), row[0]))
    stop.set()
    for thread in readers:
        thread.join()

    assert not wrong
    store.retire("jam.a")
    assert store.get("jam.a", "snapshot")[1] is None


def test_counts_are_added_up(store):
    before = store.counts().get("jams local", 0)
    store.add_up({"jams local": 2})
    store.add_up({"jams local": 3, "jams miss": 1})

    assert store.counts()["jams local"] == before + 5


def test_telling_a_stream_retires_the_group_of_its_name_in_the_same_step():
    put(module.store, "jam.a", a="1")
    revision = module.store.get("jam.a", "")[0].revision

    get_channel_layer().tell("jam.a", [])

    assert module.store.get("jam.a", "a")[1] is None
    assert not module.store.put("jam.a", revision, {"a": b"old"}, 60)


def test_retiring_is_no_hole_in_the_numbers_of_a_stream():
    first = get_channel_layer().tell("jam.a", [])
    retire("jam.a")

    assert get_channel_layer().tell("jam.a", []) == first + 1


# Redis away -------------------------------------------------------------------------------------------


@pytest.fixture
def own_redis():
    """A store on a Redis of its own, with the time-outs of the product; and its process."""
    url = start_redis()
    process, _home = STARTED[-1]
    never = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    client = redis.Redis.from_url(url, socket_timeout=0.1, socket_connect_timeout=0.1, retry=never)
    yield RedisStore(client), process
    os.kill(process.pid, signal.SIGCONT)


@pytest.mark.services
def test_a_redis_that_hangs_costs_one_time_out_a_second(own_redis, monkeypatch):
    store, process = own_redis
    put(store, "jams", a="1")
    os.kill(process.pid, signal.SIGSTOP)
    asked = []
    exchange = store.exchange
    monkeypatch.setattr(store, "exchange", lambda *words: (asked.append(words), exchange(*words))[1])
    monkeypatch.setattr(module, "PAUSE", 30.0)

    for _ in range(20):
        with pytest.raises(Away):
            store.get("jams", "a")

    assert len(asked) == 1
    os.kill(process.pid, signal.SIGCONT)
    store.away_until = 0
    assert store.get("jams", "a")[1] == b"1"


@pytest.mark.services
def test_the_product_asks_once_and_does_not_repeat(own_redis):
    """redis-py repeats three times with growing pauses, unless it is told not to."""
    from django_redis import get_redis_connection

    connection = get_redis_connection("default").connection_pool.make_connection()
    assert connection.retry.get_retries() == 0


@pytest.mark.services
def test_what_could_not_be_retired_is_not_read_here_and_retired_when_redis_is_back(own_redis, monkeypatch):
    store, process = own_redis
    debts = Debts()
    monkeypatch.setattr(module, "store", store)
    monkeypatch.setattr(module, "debts", debts)
    put(store, "jams", a="old")
    os.kill(process.pid, signal.SIGSTOP)

    for _ in range(5):
        retire("jams")
    assert "jams" in debts.groups
    os.kill(process.pid, signal.SIGCONT)

    deadline = time.monotonic() + 20
    while debts.groups:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    store.away_until = 0
    assert store.get("jams", "a")[1] is None


@pytest.mark.services
def test_a_stream_and_its_group_share_a_node_of_a_cluster():
    assert key("jam.a") == f"{settings.CHANNEL_PREFIX}:cache:{{jam.a}}"
    assert "{jam.a}" in get_channel_layer().counter("jam.a")


def test_a_copy_that_was_retired_serves_those_who_say_how_new_it_must_be(monkeypatch, settings):
    settings.LOCAL_COPY_SECONDS = 1.0
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    kept = Copies()
    kept.put("jam.a", "x", "answer", now)
    now = 100.5
    assert kept.get("jam.a", "x") == kept.get("jam.a", "x", since=True) == "answer"

    kept.forget("jam.a")
    assert (kept.get("jam.a", "x"), kept.get("jam.a", "x", since=True)) == (None, "answer")

    kept.put("jam.a", "x", "computed before that", 100.4)
    assert kept.get("jam.a", "x") is None

    now = 102.4
    assert kept.get("jam.a", "x", since=True) is None
