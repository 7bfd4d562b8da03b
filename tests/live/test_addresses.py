"""The server processes take nobody's word for where they are."""

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.factories import make_jam
from tests.processes import ASGI, LIVE, WSGI

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


def code_of(socket):
    """Why it is closed; None where it is served."""
    try:
        socket.recv(timeout=10)
    except ConnectionClosed:
        return socket.close_code


def calls(server, claims):
    """How many of so many calls are let in, each of which claims to come from elsewhere."""
    path = f"{server}/api/v1/jams/nowhere/me"
    return [httpx.get(path, headers={"X-Forwarded-For": claim}).status_code for claim in claims]


@pytest.mark.parametrize("command", [ASGI, LIVE], ids=["uvicorn", "gunicorn with uvicorn"])
def test_a_socket_that_makes_up_its_address_counts_for_its_own(serve, command):
    server, jam = serve(command, MAX_ADDRESS_SOCKETS="1"), make_jam()
    path = f"{server.replace('http', 'ws')}/ws/jams/{jam.slug}"

    with (
        connect(path, additional_headers={"X-Forwarded-For": "198.51.100.1"}) as first,
        connect(path, additional_headers={"X-Forwarded-For": "198.51.100.2"}) as second,
    ):
        assert (code_of(first), code_of(second)) == (None, 1013)


@pytest.mark.parametrize("command", [ASGI, WSGI], ids=["uvicorn", "gunicorn"])
def test_workers_count_together_and_believe_only_whom_they_are_told_to(serve, command):
    claims = [f"198.51.100.{number}" for number in range(4)]
    several = {"WEB_CONCURRENCY": "2", "LIMIT_ADDRESS": "2/600"}
    alone, behind_a_proxy = serve(command, **several), serve(command, **several, TRUSTED_PROXIES="127.0.0.1")

    assert calls(alone, claims) == [404, 404, 429, 429]
    assert calls(behind_a_proxy, claims * 2) == [404] * 8
    assert calls(behind_a_proxy, claims[:1]) == [429]
