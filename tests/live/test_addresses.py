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
        socket.recv(timeout=30)
    except ConnectionClosed:
        return socket.close_code


@pytest.mark.parametrize("command", [ASGI, LIVE], ids=["uvicorn", "gunicorn with uvicorn"])
def test_a_socket_that_makes_up_its_address_counts_for_its_own(serve, command):
    server, jam = serve(command, MAX_ADDRESS_SOCKETS="1"), make_jam()
    path = f"{server.replace('http', 'ws')}/ws/jams/{jam.slug}"

    with (
        connect(path, additional_headers={"X-Forwarded-For": "198.51.100.1"}, open_timeout=30) as first,
        connect(path, additional_headers={"X-Forwarded-For": "198.51.100.2"}, open_timeout=30) as second,
    ):
        assert (code_of(first), code_of(second)) == (None, 1013)


def test_workers_count_together_whatever_address_is_made_up(serve):
    server = serve(WSGI, WEB_CONCURRENCY="2", LIMIT_ADDRESS="2/600")
    path = f"{server}/api/v1/jams/nowhere/me"

    said = [httpx.get(path, headers={"X-Forwarded-For": f"198.51.100.{n}"}, timeout=30).status_code for n in range(4)]

    assert said == [404, 404, 429, 429]
