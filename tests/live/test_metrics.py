"""How soon the room hears of a change, and how many sockets there are, as `/metrics` says it."""

import asyncio
import time

import pytest
from prometheus_client import REGISTRY

from apps.core.store import clock
from apps.live import streams
from apps.live.changes import CLOSE
from apps.live.streams import Announcer, announce
from apps.voting.operations import cast_vote
from tests.factories import make_attendee, make_jam_song
from tests.live.test_hub import Ear, settled, stream_with, vote
from tests.live.test_sockets import watching
from tests.live.test_streams import Layer, paid

LONG_AGO = 100_000  # milliseconds


def frames(within="+Inf"):
    """How many were measured, of those that took so many seconds at most."""
    return REGISTRY.get_sample_value("live_latency_seconds_bucket", {"le": within})


def sockets():
    return REGISTRY.get_sample_value("live_sockets")


def after(*told):
    """How many frames are measured more, of all and of those within 5 s, when a stream is told this."""

    async def scene():
        ear = Ear()
        stream = stream_with(ear)
        for revision, (change, committed) in enumerate(told, start=1):
            stream.feed(revision, [change], committed)
        await settled(stream)

    before = frames(), frames("5.0")
    asyncio.run(scene())
    return frames() - before[0], frames("5.0") - before[1]


def test_a_frame_is_as_old_as_its_oldest_change():
    assert after((vote(7, 1), clock())) == (1, 1)
    assert after((vote(7, 1), clock()), (vote(8, 1), clock() - LONG_AGO), (vote(9, 1), clock())) == (1, 0)


def test_a_change_of_which_nobody_knows_when_it_was_is_not_measured():
    assert after((vote(7, 1), 0)) == (0, 0)
    assert after((vote(7, 1), 0), (vote(8, 1), clock())) == (1, 1)


def test_what_is_no_part_of_a_frame_does_not_age_the_next():
    goodbye = vote(7, 1) | {"part": CLOSE, "state": {"code": 4403}}

    assert after((goodbye, clock() - LONG_AGO), (vote(7, 1), clock())) == (1, 1)


def test_a_clock_that_is_behind_makes_no_negative_times():
    total = REGISTRY.get_sample_value("live_latency_seconds_sum")

    assert after((vote(7, 1), clock() + LONG_AGO)) == (1, 1)
    assert REGISTRY.get_sample_value("live_latency_seconds_sum") == total


def test_what_is_owed_was_committed_when_it_was_first_said(monkeypatch):
    layer, announcer, committed = Layer(), Announcer(), []
    tell = layer.tell
    monkeypatch.setattr(streams, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(layer, "tell", lambda *said: (tell(*said), committed.append(said[2])))
    moments = iter((7_000, 5_000, 9_000))
    monkeypatch.setattr(streams, "clock", lambda: next(moments))
    layer.there = False

    for _ in range(3):
        announcer.announce("jam.a")
    layer.there = True
    paid(announcer)

    assert committed == [5_000]


@pytest.mark.django_db(transaction=True)
def test_a_vote_is_measured_from_its_announcement_to_the_room(asgi_server):
    jam_song = make_jam_song()
    voter = make_attendee(jam=jam_song.jam)
    before, began = frames(), sockets()

    with watching(asgi_server, jam_song.jam) as phone, watching(asgi_server, jam_song.jam):
        open_now = sockets()
        cast_vote(jam_song=jam_song, attendee=voter)
        phone.song(jam_song.pk)
        announce(jam_song.jam.stream)
        phone.until(lambda frame: frame.get("refetch"))

    until(lambda: frames() - before >= 2)
    until(lambda: sockets() == began)
    assert open_now == began + 2


def until(done):
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)
