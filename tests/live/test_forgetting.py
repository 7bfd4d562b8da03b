"""Whoever has gone leaves nothing behind in the live process: no stream, no socket, no task."""

import asyncio
import gc
from contextlib import ExitStack

import pytest
from websockets.sync.client import connect

from apps.live import hub as hubs
from apps.live.consumers import StreamConsumer
from apps.live.streams import announce
from tests.factories import make_jam
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def come_and_go(server, jams):
    """Each is told something; half of them say goodbye, the others break off."""
    with ExitStack() as room:
        address = f"{server.replace('http', 'ws')}/ws/jams/"
        sockets = [room.enter_context(connect(address + jam.slug)) for jam in jams * 4]
        for socket in sockets:
            socket.recv()
        for jam in jams:
            announce(jam.stream)
        for socket in sockets[::2]:
            socket.socket.close()


def left(*kinds):
    gc.collect()
    return [one for one in gc.get_objects() if type(one) in kinds]  # `isinstance` asks proxies of what has gone


def test_streams_sockets_and_tasks_end_with_those_who_watched(asgi_server, monkeypatch):
    monkeypatch.setattr(hubs, "CHECK", 0.05)
    jams = [make_jam() for _ in range(6)]
    come_and_go(asgi_server, jams[:1])
    loop, hub = next((loop, hub) for loop, hub in hubs._hubs.items() if loop.is_running())
    wait_until(lambda: not hub.streams)
    tasks = len(asyncio.all_tasks(loop))

    come_and_go(asgi_server, jams)

    wait_until(lambda: not hub.streams)
    wait_until(lambda: len(asyncio.all_tasks(loop)) <= tasks)
    wait_until(lambda: not left(hubs.Socket, StreamConsumer))
    wait_until(lambda: len(left(hubs.Stream)) <= 1)  # the one that was told last
