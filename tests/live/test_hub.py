"""The receiving side: one frame for all sockets, nothing lost in silence, nobody held up for long."""

import asyncio
import json
import time
import uuid

import pytest
from channels.layers import get_channel_layer

from apps.live import hub as hubs
from apps.live.hub import WINDOW, Socket, Stream, hub
from apps.live.streams import announce, revision_of


class Ear:
    """A socket that notes what it hears, and may be slow, stuck or broken."""

    def __init__(self, *addresses, delay=0.0, fails=False):
        self.heard, self.at, self.closed = [], [], 0
        self.delay, self.fails = delay, fails
        self.socket = Socket(self.send, self.close, frozenset(addresses))

    async def send(self, text):
        if self.fails:
            raise ConnectionError("gone")
        await asyncio.sleep(self.delay)
        self.heard.append(json.loads(text))
        self.at.append(time.monotonic())

    def close(self, code):
        self.closed = code

    def songs(self):
        return [song for frame in self.heard for song in frame.get("songs", [])]


def stream_with(*ears):
    stream = Stream("jam.test")
    stream.sockets = {ear.socket for ear in ears}
    return stream


def vote(pk, votes, revision=None, to=""):
    return {"state": {"votes": votes}, "revision": revision or votes, "part": "songs", "id": pk, "to": to}


async def settled(stream):
    while stream.flushing and not stream.flushing.done():
        await stream.flushing


async def soon(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.01)


# Frames -----------------------------------------------------------------------------------------------


def test_the_first_frame_goes_at_once(monkeypatch):
    monkeypatch.setattr(hubs, "WINDOW", 3600)

    async def scene():
        ear = Ear()
        stream = stream_with(ear)
        stream.feed(1, [vote(7, 1)])
        await soon(lambda: ear.heard)
        return ear

    ear = asyncio.run(scene())

    assert ear.heard == [{"revision": 1, "songs": [{"id": 7, "revision": 1, "votes": 1}]}]


def test_what_comes_within_a_window_is_one_frame_and_the_newest_state_wins():
    async def scene():
        ear = Ear()
        stream = stream_with(ear)
        stream.feed(1, [vote(7, 1)])
        await asyncio.sleep(0)
        for revision, votes in enumerate([2, 3, 10, 4, 9, 5, 8, 6, 7, 1], start=2):
            await asyncio.sleep(0.001)
            stream.feed(revision, [vote(7, votes)])
        await settled(stream)
        return ear

    ear = asyncio.run(scene())

    assert len(ear.heard) == 2
    assert ear.songs()[-1]["votes"] == 10
    assert ear.heard[-1]["revision"] == 11
    assert ear.at[1] - ear.at[0] >= WINDOW * 0.8


def test_a_burst_of_a_second_makes_no_more_frames_than_windows():
    async def scene():
        ear = Ear()
        stream = stream_with(ear)
        for revision in range(1, 101):
            stream.feed(revision, [vote(revision % 5, revision)])
            await asyncio.sleep(0.005)
        await settled(stream)
        return ear

    ear = asyncio.run(scene())

    assert 3 <= len(ear.heard) <= 20
    assert {song["id"]: song["votes"] for song in ear.songs()} == {0: 100, 1: 96, 2: 97, 3: 98, 4: 99}
    assert not any("refetch" in frame for frame in ear.heard)


def test_what_is_addressed_reaches_its_address_after_what_is_for_all():
    async def scene():
        room, host = Ear("attendee:1"), Ear("attendee:2", "host")
        stream = stream_with(room, host)
        stream.feed(1, [vote(7, 5, to="host"), vote(7, None, revision=5)])
        await settled(stream)
        return room, host

    room, host = asyncio.run(scene())

    assert [song["votes"] for song in room.songs()] == [None]
    assert [song["votes"] for song in host.songs()] == [None, 5]


def test_no_number_is_told_before_what_it_stands_for():
    async def scene():
        stream = stream_with(Ear(delay=0.1))
        stream.feed(1, [vote(7, 1)])
        await settled(stream)
        stream.feed(2, [vote(7, 2)])
        await asyncio.sleep(0.03)
        stream.feed(3, [vote(7, 3)])  # while the frame before is under way
        during = stream.shown
        await asyncio.sleep(0.12)
        return during, stream.shown

    assert asyncio.run(scene()) == (1, 2)


# Losses -----------------------------------------------------------------------------------------------


def test_a_hole_in_the_numbers_makes_all_look_again():
    async def scene():
        ear = Ear()
        stream = stream_with(ear)
        for revision in (1, 2, 4):
            stream.feed(revision, [vote(7, revision)])
            await settled(stream)
        return ear

    ear = asyncio.run(scene())

    assert [frame.get("refetch", False) for frame in ear.heard] == [False, False, True]
    assert ear.songs()[-1]["votes"] == 4


def test_numbers_that_start_again_make_all_look_again():
    async def scene():
        ear = Ear()
        stream = stream_with(ear)
        for revision in (100, 5):
            stream.feed(revision, [vote(7, revision)])
            await settled(stream)
        return ear

    assert asyncio.run(scene()).heard[-1]["refetch"]


def test_a_check_that_is_faster_than_the_message_is_no_loss():
    async def scene():
        ear = Ear()
        stream = stream_with(ear)
        stream.revision = 5  # as read from the layer
        for revision in (3, 4, 5, 6):  # several may be under way
            stream.feed(revision, [vote(7, revision)])
            await settled(stream)
        return ear

    assert not any("refetch" in frame for frame in asyncio.run(scene()).heard)


def test_the_first_number_is_no_loss():
    async def scene():
        ear = Ear()
        stream = stream_with(ear)
        stream.feed(1_795_000_000_000, [vote(7, 1)])
        await settled(stream)
        return ear

    assert "refetch" not in asyncio.run(scene()).heard[0]


def test_a_frame_that_cannot_be_made_makes_all_look_again():
    async def scene():
        ear = Ear()
        stream = stream_with(ear)
        stream.feed(1, [vote(7, object(), revision=1)])
        stream.feed(2, [vote(8, 1)])
        await settled(stream)
        stream.feed(3, [vote(8, 2)])
        await settled(stream)
        return ear

    heard = asyncio.run(scene()).heard

    assert heard == [
        {"revision": 2, "refetch": True},
        {"revision": 3, "songs": [{"id": 8, "revision": 2, "votes": 2}]},
    ]


# Slow sockets -----------------------------------------------------------------------------------------


def test_a_frame_is_written_to_who_takes_it_at_once_and_sent_to_who_does_not():
    async def scene():
        written, quick, slow = [], Ear(), Ear()
        takes = quick.socket._replace(write=lambda frame: not written.append(frame))
        refuses = slow.socket._replace(write=lambda frame: False)
        stream = stream_with()
        stream.sockets = {takes, refuses}
        stream.feed(1, [vote(7, 1)])
        await settled(stream)
        return written, quick, slow

    written, quick, slow = asyncio.run(scene())

    [frame] = written
    assert frame[:1] == b"\x81"  # one whole text
    assert json.loads(frame[2:]) == slow.heard[0]
    assert not quick.heard


def test_a_stuck_socket_is_let_go_and_the_others_get_their_frame():
    async def scene():
        ears, stuck = [Ear() for _ in range(20)], Ear(delay=3600)
        stream = stream_with(*ears, stuck)
        stream.feed(1, [vote(7, 1)])
        await soon(lambda: stuck.closed and all(ear.heard for ear in ears))
        stream.feed(2, [vote(7, 2)])
        await settled(stream)
        return stream, ears, stuck

    stream, ears, stuck = asyncio.run(scene())

    assert stuck.socket not in stream.sockets
    assert all(len(ear.heard) == 2 for ear in ears)


def test_several_stuck_sockets_are_each_let_go():
    async def scene():
        ears, stuck = [Ear() for _ in range(5)], [Ear(delay=3600) for _ in range(3)]
        stream = stream_with(*ears, *stuck)
        stream.feed(1, [vote(7, 1)])
        await settled(stream)
        return ears, stuck

    ears, stuck = asyncio.run(scene())

    assert all(ear.closed for ear in stuck)
    assert not any(ear.closed for ear in ears)
    assert all(ear.heard for ear in ears)


def test_nobody_waits_for_a_stuck_socket_within_a_frame(monkeypatch):
    monkeypatch.setattr(hubs, "DEADLINE", 3600)

    async def scene():
        ears, stuck = [Ear() for _ in range(600)], [Ear(delay=3600) for _ in range(3)]
        stream = stream_with(*ears, *stuck)
        stream.feed(1, [vote(7, 1)])
        await soon(lambda: all(ear.heard for ear in ears))
        stream.flushing.cancel()
        return stuck

    assert not any(ear.closed for ear in asyncio.run(scene()))


@pytest.mark.parametrize(("took", "window"), [(0.02, 0.05), (0.03, 0.1), (0.1, 0.1)])
def test_a_crowded_room_has_fewer_frames(took, window):
    assert took + hubs.pause(took) == pytest.approx(window)


def test_a_frame_that_takes_longer_than_a_window_is_followed_at_once():
    assert hubs.pause(0.2) == 0


def test_a_broken_socket_is_let_go_at_once(monkeypatch):
    monkeypatch.setattr(hubs, "DEADLINE", 3600)

    async def scene():
        ears, broken = [Ear() for _ in range(5)], Ear(fails=True)
        stream = stream_with(*ears, broken)
        stream.feed(1, [vote(7, 1)])
        await soon(lambda: broken.closed and all(ear.heard for ear in ears))

    asyncio.run(scene())


def test_many_sockets_all_hear():
    async def scene():
        ears = [Ear() for _ in range(600)]
        stream = stream_with(*ears)
        stream.feed(1, [vote(7, 1)])
        await settled(stream)
        return ears

    assert all(len(ear.heard) == 1 for ear in asyncio.run(scene()))


# A hub and the layer ----------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(hubs, "CHECK", 0.05)
    monkeypatch.setattr(hubs, "HEARTBEAT", 2)


def on_hub(scene):
    """Runs `scene(hub, name)` on a loop with a hub of its own, on the real layer."""

    async def run():
        here, name = hub(), f"jam.{uuid.uuid4().hex}"
        try:
            return await scene(here, name)
        finally:
            for task in here.tasks:
                task.cancel()
            await asyncio.gather(*here.tasks, return_exceptions=True)
            await get_channel_layer().flush()

    return asyncio.run(run())


def change(pk, votes, revision):
    from apps.live.changes import Change

    return Change({"votes": votes}, revision, "songs", pk)


async def listening(here, name):
    """Who has heard of a change."""
    ear = Ear()
    await here.join(name, ear.socket)
    await told(name, change(7, 1, 1))
    await soon(ear.songs)
    return ear


def drop_a_message(name):
    """The counter goes on as if somebody had published what nobody received."""
    layer = get_channel_layer()
    if hasattr(layer, "counters"):
        layer.counters[name] += 1
    else:
        from django_redis import get_redis_connection

        get_redis_connection("default").incr(layer.counter(name))


async def told(name, *changes):
    await asyncio.to_thread(announce, name, *changes)


def test_what_is_announced_is_heard(quick):
    async def scene(here, name):
        ear = await listening(here, name)
        return ear, await asyncio.to_thread(revision_of, name)

    ear, revision = on_hub(scene)

    assert ear.songs() == [{"id": 7, "revision": 1, "votes": 1}]
    assert next(frame for frame in ear.heard if "songs" in frame)["revision"] == revision


def test_look_again_is_heard(quick):
    async def scene(here, name):
        ear = Ear()
        await here.join(name, ear.socket)
        await told(name)
        await soon(lambda: any(frame.get("refetch") for frame in ear.heard))

    on_hub(scene)


def test_a_lost_message_is_noticed_with_the_next_one(quick, monkeypatch):
    monkeypatch.setattr(hubs, "CHECK", 60)

    async def scene(here, name):
        ear = await listening(here, name)
        drop_a_message(name)
        await told(name, change(7, 3, 3))
        await soon(lambda: any(frame.get("refetch") for frame in ear.heard))
        return ear

    assert on_hub(scene).songs()[-1]["votes"] == 3


def test_a_lost_message_that_nothing_follows_is_noticed_too(quick):
    async def scene(here, name):
        ear = await listening(here, name)
        drop_a_message(name)
        await soon(lambda: any(frame.get("refetch") for frame in ear.heard))
        return ear, await asyncio.to_thread(revision_of, name)

    ear, revision = on_hub(scene)

    assert [frame for frame in ear.heard if frame.get("refetch")] == [{"revision": revision, "refetch": True}]


def test_that_all_messages_are_lost_is_noticed_while_they_go_on(quick):
    async def scene(here, name):
        ear = await listening(here, name)
        losing = asyncio.create_task(lose_all(name))
        await soon(lambda: any(frame.get("refetch") for frame in ear.heard))
        losing.cancel()

    on_hub(scene)


def test_what_may_be_under_way_is_not_lost_yet(quick, monkeypatch):
    monkeypatch.setattr(hubs, "CHECK", 60)

    async def scene(here, name):
        ear = await listening(here, name)
        before = await here.compare({})
        drop_a_message(name)
        before = await here.compare(before)
        await asyncio.sleep(0.2)
        at_first = [*ear.heard]
        await here.compare(before)
        await soon(lambda: any(frame.get("refetch") for frame in ear.heard))
        return at_first

    assert not any(frame.get("refetch") for frame in on_hub(scene))


async def lose_all(name):
    while True:
        drop_a_message(name)
        await asyncio.sleep(0.005)


def test_a_quiet_stream_is_not_looked_at_again_and_again(quick):
    async def scene(here, name):
        ear = Ear()
        await here.join(name, ear.socket)
        await told(name, change(7, 1, 1))
        await asyncio.sleep(0.6)
        return ear

    ear = on_hub(scene)

    assert not any(frame.get("refetch") for frame in ear.heard)
    assert any(set(frame) == {"revision"} for frame in ear.heard)  # the heart beats


def test_whoever_comes_while_the_layer_is_away_looks_again_when_it_is_back(quick, monkeypatch):
    layer, back = get_channel_layer(), []
    add = type(layer).group_add if hasattr(type(layer), "group_add") else None
    real = add.__get__(layer) if add else layer.group_add

    async def group_add(group, channel):
        if not back:
            await asyncio.sleep(3600)
        await real(group, channel)

    monkeypatch.setattr(layer, "group_add", group_add, raising=False)

    async def scene(here, name):
        ear = Ear()
        await here.join(name, ear.socket)  # does not wait for the layer
        await told(name, change(7, 1, 1))
        back.append(True)
        await soon(lambda: here.streams[name].subscribed)
        await soon(lambda: any(frame.get("refetch") for frame in ear.heard))
        await told(name, change(7, 2, 2))
        await soon(ear.songs)
        return ear

    ear = on_hub(scene)

    assert ear.songs()[-1]["votes"] == 2


def test_a_stream_that_nobody_watches_is_forgotten(quick):
    async def scene(here, name):
        ear = Ear()
        stream = await here.join(name, ear.socket)
        stream.sockets.discard(ear.socket)
        await soon(lambda: name not in here.streams)
        await here.join(name, ear.socket)
        await told(name, change(7, 1, 1))
        await soon(ear.songs)

    on_hub(scene)


def test_receiving_goes_on_after_a_message_that_makes_no_sense(quick):
    async def scene(here, name):
        ear = Ear()
        await here.join(name, ear.socket)
        await get_channel_layer().group_send(name, {"type": "stream.changed", "nonsense": True})
        await asyncio.sleep(1.2)  # it starts again after a second
        await soon(lambda: here.streams[name].subscribed)
        await told(name, change(7, 1, 1))
        await soon(ear.songs)
        return ear

    assert any(frame.get("refetch") for frame in on_hub(scene).heard)


def test_sockets_are_counted(quick):
    async def scene(here, name):
        ears = [Ear() for _ in range(3)]
        for ear in ears:
            await here.join(name, ear.socket)
        await soon(lambda: any(frame.get("present") == 3 for frame in ears[0].heard))

    on_hub(scene)


def test_each_loop_has_a_hub_of_its_own():
    async def scene(here, name):
        return here is hub()

    assert on_hub(scene)
    assert on_hub(scene)


# The first frame ----------------------------------------------------------------------------------------


def test_the_first_frame_brings_what_has_lately_changed_and_says_from_where_on():
    async def scene():
        stream, ear = stream_with(), Ear("host")
        stream.feed(41, [vote(7, 1)])
        stream.feed(42, [vote(7, 2), vote(8, 5), vote(8, 6, to="host"), vote(9, 9, to="attendee:1")])
        await settled(stream)
        await stream.greet(ear.socket)
        return ear.heard

    first, own = asyncio.run(scene())

    assert (first["revision"], first["since"]) == (42, 40)
    assert {song["id"]: song["votes"] for song in first["songs"]} == {7: 2, 8: 5}
    assert own == {"revision": 42, "songs": [{"id": 8, "revision": 6, "votes": 6}]}


def test_the_first_frame_forgets_what_every_snapshot_has(monkeypatch):
    monkeypatch.setattr(hubs, "KEPT", 0.05)

    async def scene():
        stream, early, late = stream_with(), Ear(), Ear()
        stream.feed(41, [vote(7, 1)])
        await asyncio.sleep(0.06)
        stream.feed(42, [vote(8, 1)])
        await settled(stream)
        await stream.greet(early.socket)
        await asyncio.sleep(0.2)
        await stream.greet(late.socket)
        return early.heard[0], late.heard[0]

    early, late = asyncio.run(scene())

    assert early["since"] <= 41
    assert 8 in [song["id"] for song in early["songs"]]
    assert late == {"revision": 42, "present": 0, "since": 42}


@pytest.mark.parametrize("how", ["a hole", "behind"])
def test_after_a_loss_only_a_newer_snapshot_will_do(how):
    async def scene():
        stream, ear = stream_with(), Ear()
        stream.feed(41, [vote(7, 1)])
        stream.feed(50, [vote(8, 1)]) if how == "a hole" else stream.lose(50)
        await settled(stream)
        await stream.greet(ear.socket)
        return ear.heard[0]

    first = asyncio.run(scene())

    assert first["since"] == (49 if how == "a hole" else 50)
    assert [song["id"] for song in first.get("songs", [])] == ([8] if how == "a hole" else [])


def test_the_first_frame_says_the_number_of_what_it_tells():
    """Also of a change that is on its way to the others: clients drop frames that are older than their snapshot."""

    async def scene():
        stream, slow, ear = stream_with(), Ear(delay=0.1), Ear()
        stream.sockets = {slow.socket}
        stream.feed(41, [vote(7, 1)])
        await asyncio.sleep(0)  # on its way
        stream.feed(42, [vote(7, 2)])
        await stream.greet(ear.socket)
        await settled(stream)
        return ear.heard[0]

    first = asyncio.run(scene())

    assert (first["revision"], first["songs"][0]["votes"]) == (42, 2)


def test_what_was_told_before_everybody_looked_again_is_told_no_more():
    """The host has hidden the counts."""

    async def scene():
        stream, ear = stream_with(), Ear()
        stream.feed(41, [vote(7, 16)])
        stream.feed(42, [{"state": {"refetch": True}, "revision": 0, "part": "", "id": 0, "to": ""}])
        await settled(stream)
        await stream.greet(ear.socket)
        return ear.heard

    assert asyncio.run(scene()) == [{"revision": 42, "present": 0, "since": 42}]
