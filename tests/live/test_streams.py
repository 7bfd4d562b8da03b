"""The sending side: told at once, never in the way of a vote, made good when the layer was away."""

import asyncio
import socket
import threading
import time
import uuid

import orjson
import pytest
from channels.layers import get_channel_layer
from django.core.cache import caches
from django_redis import get_redis_connection

from apps.core.store import RedisStore, clock, retire, store
from apps.live import streams
from apps.live.changes import Change
from apps.live.layers import LocalStreamLayer, RedisStreamLayer
from apps.live.streams import Announcer, revision_of
from apps.voting.operations import cast_vote
from tests.factories import make_attendee, make_jam_song


class Layer:
    """Notes what it is told, while it is there."""

    def __init__(self):
        self.told, self.there, self.tries = [], True, 0

    def tell(self, stream, changes, committed):
        self.tries += 1
        if not self.there:
            raise ConnectionError("away")
        self.told.append((stream, [dict(change) for change in changes]))
        return len(self.told)

    def revisions(self, names):
        if not self.there:
            raise ConnectionError("away")
        return [len(self.told)] * len(names)


@pytest.fixture
def layer(monkeypatch):
    layer = Layer()
    monkeypatch.setattr(streams, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(streams, "RETRY", 0.02)
    return layer


def vote(votes, pk=7):
    return Change({"votes": votes}, votes, "songs", pk)


def soon(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.005)


def paid(announcer):
    soon(lambda: announcer.payer is None and not announcer.owed)


# Telling ----------------------------------------------------------------------------------------------


def test_it_is_told_in_the_callers_thread(layer):
    Announcer().announce("jam.a", vote(1), vote(2, pk=8))

    [(stream, changes)] = layer.told
    assert stream == "jam.a"
    assert [(change["id"], change["state"], change["revision"]) for change in changes] == [
        (7, {"votes": 1}, 1),
        (8, {"votes": 2}, 2),
    ]


def test_nothing_means_look_again(layer):
    Announcer().announce("jam.a")

    [(_stream, [change])] = layer.told
    assert (change["state"], change["to"]) == ({"refetch": True}, "")


def test_while_the_layer_is_away_it_is_owed_and_paid_later_with_the_newest_state(layer):
    announcer = Announcer()
    layer.there = False

    for votes in (1, 3, 2):
        announcer.announce("jam.a", vote(votes))
    announcer.announce("jam.b", vote(5, pk=9))
    assert layer.told == []
    layer.there = True
    paid(announcer)

    states = {stream: [(c["id"], c["state"]["votes"]) for c in changes] for stream, changes in layer.told}
    assert states == {"jam.a": [(7, 3)], "jam.b": [(9, 5)]}
    assert len(layer.told) == 2


def test_look_again_is_owed_beside_what_changed(layer):
    announcer = Announcer()
    layer.there = False
    announcer.announce("jam.a", vote(1), Change({"status": "ended"}, 4))
    announcer.announce("jam.a")
    announcer.announce("jam.a", Change({"status": "ended"}, 4))
    layer.there = True
    paid(announcer)

    [(_stream, changes)] = layer.told
    facts = [change["state"] for change in changes if not change["part"]]
    assert facts == [{"status": "ended", "refetch": True}]


def test_what_cannot_be_told_is_not_read_from_the_cache_either(layer):
    store.put("jam.a", store.get("jam.a", "")[0].revision, {"snapshot": b"old"}, 60)
    layer.there = False

    announcer = Announcer()
    announcer.announce("jam.a", vote(1))

    assert store.get("jam.a", "snapshot")[1] is None
    layer.there = True
    paid(announcer)


def test_a_snapshot_without_a_place_is_not_kept(layer):
    before = store.get("jam.a", "")[0].revision
    layer.there = False

    assert revision_of("jam.a") == 0

    assert not store.put("jam.a", before, {"snapshot": b"without a place"}, 60)


def test_an_outage_costs_memory_for_rows_not_for_votes(layer):
    announcer = Announcer()
    layer.there = False

    for votes in range(1, 1001):
        announcer.announce("jam.a", vote(votes, pk=votes % 3))

    assert sum(len(news.messages()) for news in announcer.owed.values()) <= 3
    layer.there = True
    paid(announcer)
    assert sorted(change["state"]["votes"] for change in layer.told[-1][1]) == [998, 999, 1000]


def test_while_it_is_away_callers_do_not_ask_again(layer):
    announcer = Announcer()
    layer.there = False

    for votes in range(1, 101):
        announcer.announce("jam.a", vote(votes))

    assert layer.tries < 10
    layer.there = True
    paid(announcer)
    announcer.announce("jam.a", vote(200))
    assert layer.told[-1][1][0]["state"] == {"votes": 200}


def test_many_threads_through_an_outage_lose_nothing(layer):
    announcer = Announcer()

    def work(pk):
        for votes in range(1, 101):
            announcer.announce("jam.a", vote(votes, pk=pk))
            if votes == 50:
                layer.there = False
            if votes == 80:
                layer.there = True

    threads = [threading.Thread(target=work, args=[pk]) for pk in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    layer.there = True
    paid(announcer)

    newest = {}
    for _stream, changes in layer.told:
        for change in changes:
            newest[change["id"]] = max(newest.get(change["id"], 0), change["state"]["votes"])
    assert newest == dict.fromkeys(range(6), 100)


def test_the_place_of_a_stream_is_nought_while_it_cannot_be_known(layer):
    layer.there = False

    assert revision_of("jam.a") == 0


# Redis ------------------------------------------------------------------------------------------------


@pytest.fixture
def redis_at(settings, monkeypatch):
    """Points the cache and the layer at another address."""

    def point(url):
        settings.CACHES = {"default": dict(settings.CACHES["default"], LOCATION=url)}
        monkeypatch.setattr("apps.live.layers.store", RedisStore(get_redis_connection("default")))
        away = RedisStreamLayer(prefix="elsewhere", hosts=[url])
        monkeypatch.setattr(streams, "get_channel_layer", lambda: away)

    yield point
    caches["default"].close()


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.services
@pytest.mark.django_db
@pytest.mark.parametrize("how", ["refuses", "is silent"])
def test_votes_go_on_at_once_while_redis(how, redis_at, monkeypatch):
    silent = socket.create_server(("127.0.0.1", 0))  # accepts and says nothing
    redis_at(f"redis://127.0.0.1:{closed_port() if how == 'refuses' else silent.getsockname()[1]}")
    announcer = Announcer()
    jam_song = make_jam_song()

    asked_by = []
    layer = streams.get_channel_layer()
    tell = layer.tell
    monkeypatch.setattr(layer, "tell", lambda *said: (asked_by.append(threading.current_thread()), tell(*said)))

    for votes in range(1, 50):
        announcer.announce(jam_song.jam.stream, vote(votes))
    revision = revision_of(jam_song.jam.stream)
    silent.close()
    announcer.owed.clear()

    assert asked_by.count(threading.current_thread()) == 1  # the first waits for the time-out, the others do not ask
    assert revision == 0


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_vote_counts_while_redis_is_away(redis_at, monkeypatch):
    redis_at(f"redis://127.0.0.1:{closed_port()}")
    announcer = Announcer()
    for module in ("jams.board", "voting.operations"):
        monkeypatch.setattr(f"apps.{module}.announce", announcer.announce)
    jam_song = make_jam_song()
    attendee = make_attendee(jam=jam_song.jam)

    tally = cast_vote(jam_song=jam_song, attendee=attendee)

    assert tally.votes == 1
    jam_song.refresh_from_db()
    assert jam_song.votes == 1
    announcer.owed.clear()


@pytest.mark.services
def test_the_message_is_the_one_that_the_layer_itself_would_send():
    layer, stream = get_channel_layer(), f"jam.{uuid.uuid4().hex}"
    redis = get_redis_connection("default")
    changes = [vote(3)._asdict(), Change({"title": "Café 🎸 “x”"}, 2, to="host")._asdict()]
    listener = redis.pubsub()
    listener.subscribe(f"{layer.prefix}__group__{stream}")
    assert listener.get_message(timeout=2)["type"] == "subscribe"

    revision = layer.tell(stream, changes, 1_700_000_000_000)
    ours = listener.get_message(timeout=2)
    facts = {"stream": stream, "revision": revision, "changes": orjson.dumps(changes).decode()}
    body = {"type": "stream.changed", **facts, "committed": 1_700_000_000_000}

    async def send():
        await layer.group_send(stream, body)
        await layer.flush()

    asyncio.run(send())
    theirs = listener.get_message(timeout=2)
    listener.close()

    assert ours["channel"] == theirs["channel"]
    assert layer.deserialize(ours["data"]) == layer.deserialize(theirs["data"]) == body


@pytest.mark.services
def test_a_lost_counter_starts_again_at_the_clock_and_never_repeats():
    layer, stream = get_channel_layer(), f"jam.{uuid.uuid4().hex}"
    before = clock()
    first, second = layer.tell(stream, []), layer.tell(stream, [])
    assert before <= first <= clock()
    assert second == first + 1

    time.sleep(0.01)
    get_redis_connection("default").delete(layer.counter(stream))
    again = layer.tell(stream, [])

    assert again > second
    assert layer.revisions([stream, "jam.never"]) == [again, 0]
    assert again < 2**53  # a browser's integers


@pytest.mark.services
def test_who_finds_no_answer_finds_the_place_of_the_stream():
    layer, stream = get_channel_layer(), f"jam.{uuid.uuid4().hex}"
    assert store.get(stream, "")[0].place is None
    told = [layer.tell(stream, []) for _ in range(2)]

    group, _raw = store.get(stream, "")
    assert group.place == told[1] == revision_of(stream)
    store.put(stream, group.revision, {"snapshot": b"new"}, 60)
    assert store.get(stream, "snapshot") == (group, b"new")

    retire(stream)
    assert store.get(stream, "")[0].place is None  # nothing is known of the stream: it is asked


@pytest.mark.services
def test_only_living_processes_count_to_who_is_present(monkeypatch):
    layer, stream = get_channel_layer(), f"jam.{uuid.uuid4().hex}"
    monkeypatch.setattr("apps.live.layers.clock", lambda: 1_000_000)
    assert layer.present(stream, "one", 3) == 3
    assert layer.present(stream, "two", 4) == 7
    assert layer.present(stream, "two", 5) == 8

    monkeypatch.setattr("apps.live.layers.clock", lambda: 1_011_000)

    assert layer.present(stream, "two", 5) == 5


# In the process ---------------------------------------------------------------------------------------


def test_the_local_layer_numbers_densely_from_the_clock():
    layer, before = LocalStreamLayer(), clock()

    numbers = [layer.tell("jam.a", []) for _ in range(3)]

    assert before <= numbers[0] <= clock()
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert layer.revisions(["jam.a", "jam.b"]) == [numbers[2], 0]
    assert layer.present("jam.a", "here", 4) == 4


def test_the_local_layer_keeps_the_order_of_its_numbers_among_threads():
    layer = LocalStreamLayer()

    async def scene():
        channel = await layer.new_channel()
        await layer.group_add("jam.a", channel)
        await asyncio.gather(
            *(
                asyncio.to_thread(lambda: [layer.tell("jam.a", [vote(1)._asdict()]) for _ in range(10)])
                for _ in range(5)
            )
        )
        return [(await layer.receive(channel))["revision"] for _ in range(50)]

    numbers = asyncio.run(scene())

    assert numbers == list(range(numbers[0], numbers[0] + 50))


def test_a_layer_whose_loop_has_ended_still_numbers():
    layer = LocalStreamLayer()
    asyncio.run(layer.new_channel())

    assert layer.tell("jam.a", []) + 1 == layer.tell("jam.a", [])
