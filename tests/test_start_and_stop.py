"""Servers as processes: what they do when they start, and that a clean stop loses nothing."""

import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from apps.catalog.models import SongSearch, SongView
from apps.core.store import store
from apps.jams.models import Jam, JamView
from apps.live.changes import Change
from apps.live.streams import announce
from tests.factories import make_jam, make_jam_song
from tests.processes import ASGI, LIVE, WSGI, wait_until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
SERVERS = pytest.mark.parametrize(
    ("command", "env"),
    [(WSGI, {"WEB_CONCURRENCY": "2", "DATABASE_POOL": "4"}), (ASGI, {}), (LIVE, {})],
    ids=["gunicorn", "uvicorn", "gunicorn with uvicorn"],
)


def look(address, jam, song, times):
    """Everything that is counted, so often, and what is not."""
    paths = [f"/jams/{jam.slug}", f"/jams/{jam.slug}/screen", f"/songs/{song.pk}", "/songs?search=No+such+song"]
    with ThreadPoolExecutor(8) as pool, httpx.Client(base_url=address, timeout=30) as client:
        asked = [*pool.map(client.get, paths * times), *pool.map(client.head, paths * 3)]
        assert {answer.status_code for answer in asked} == {200}


def counted():
    return (
        sorted(JamView.objects.values_list("page", "times")),
        list(SongView.objects.values_list("times", flat=True)),
        list(SongSearch.objects.values_list("text", "found", "times")),
    )


@SERVERS
def test_a_clean_stop_writes_what_was_counted(serve, command, env):
    jam_song = make_jam_song()
    address = serve(command, WRITE_BEHIND_SECONDS="600", **env)
    look(address, jam_song.jam, jam_song.song, 25)
    assert counted() == ([], [], [])

    serve.stop()

    assert counted() == ([("jam", 25), ("screen", 25)], [25], [("no such song", 0, 25)])


def test_a_command_that_ends_writes_what_it_counted_and_the_embedded_server_too(serve, tmp_path):
    """All of it happens in processes, since the database of the tests lives in this one."""
    env = {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "REDIS_URL": ""}
    manage = serve.environment(WRITE_BEHIND_SECONDS="600", **env)

    def shell(code):
        words = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
        return subprocess.run(words, env=manage, capture_output=True, text=True, check=True).stdout

    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=manage, check=True)
    shell(
        "from tests.factories import make_jam, make_song; from apps.catalog.statistics import count_song_page;"
        "make_jam(); count_song_page(make_song(title='x').pk)"
    )
    address = serve(ASGI, WRITE_BEHIND_SECONDS="600", **env)
    path = httpx.get(address + "/api/v1/jams", timeout=30).json()["results"][0]["slug"]
    for _ in range(7):
        assert httpx.get(f"{address}/jams/{path}", timeout=30).status_code == 200

    serve.stop()

    said = shell(
        "from apps.catalog.models import SongView; from apps.jams.models import JamView;"
        "print(SongView.objects.get().times, JamView.objects.get().times)"
    )
    assert said == "1 7\n"


def test_a_running_server_writes_in_batches(serve):
    jam_song = make_jam_song()
    expected = ([("jam", 20), ("screen", 20)], [20], [("no such song", 0, 20)])
    address = serve(WSGI, WRITE_BEHIND_SECONDS="0.1", WEB_CONCURRENCY="2")

    look(address, jam_song.jam, jam_song.song, 20)
    wait_until(lambda: counted() == expected)
    serve.stop()

    assert counted() == expected


@pytest.mark.parametrize("command", [WSGI, ASGI, LIVE], ids=["gunicorn", "uvicorn", "gunicorn with uvicorn"])
def test_a_server_that_starts_makes_the_first_read_a_hit(serve, command):
    jam = make_jam(name="Warm")
    paths = ["/api/v1/jams", f"/api/v1/jams/by-slug/{jam.slug}", f"/api/v1/jams/{jam.slug}/snapshot"]
    address = serve(command, WEB_CONCURRENCY="2") if command is WSGI else serve(command)
    wait_until(lambda: {*store.groups()} == {"jams", "songs", "venues", f"info.{jam.slug}", jam.stream})
    time.sleep(0.2)  # the last of its answers is stored
    Jam.objects.update(name="Changed by SQL, which nothing retires")

    answers = [httpx.get(address + path, timeout=30) for path in paths]

    assert all("SQL" not in answer.text for answer in answers)
    assert {answer.status_code for answer in answers} == {200}


def test_a_server_without_cached_reads_does_not_warm(serve):
    make_jam()
    address = serve(WSGI, CACHED_READS="false")

    assert httpx.get(address + "/api/v1/jams", timeout=30).status_code == 200
    assert store.groups() == []


@pytest.mark.parametrize(
    ("command", "away"),
    [(WSGI, {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}), (ASGI, {"REDIS_URL": "redis://127.0.0.1:1"})],
    ids=["gunicorn without a database", "uvicorn without Redis"],
)
def test_a_server_starts_without(serve, command, away):
    address = serve(command, **away)

    assert httpx.get(address + "/accent/aabbcc.css", timeout=30).status_code == 200
    if "REDIS_URL" in away:
        assert httpx.get(address + "/api/v1/jams", timeout=30).status_code == 200


@pytest.mark.parametrize("command", [ASGI, LIVE], ids=["uvicorn", "gunicorn with uvicorn"])
def test_a_server_takes_no_long_messages_and_tells_every_socket_when_it_restarts(serve, command):
    """Phones know by the code to come back one after the other: tests/browser/test_connection.py."""
    jam = make_jam()
    url = f"{serve(command).replace('http', 'ws')}/ws/jams/{jam.slug}"
    with ExitStack() as stack:
        phones = [stack.enter_context(connect(url)) for _ in range(51)]
        for phone in phones:
            phone.recv(timeout=30)
        phones[0].send("x" * 20_000)
        assert closing_code(phones[0]) == 1009
        serve.stop()

        assert [closing_code(phone) for phone in phones[1:]] == [1012] * 50


def test_a_socket_that_does_not_read_does_not_keep_a_server_from_a_clean_stop(serve):
    jam_song = make_jam_song()
    jam = jam_song.jam
    address = serve(ASGI, WRITE_BEHIND_SECONDS="600")
    look(address, jam, jam_song.song, 1)
    with unread(address, jam):
        for number in range(6):
            announce(jam.stream, Change({"text": "x" * 1_000_000}, 1, "songs", number))
        wait_until(lambda: httpx.get(f"{address}/api/v1/jams", timeout=30).status_code == 200)

        serve.stop()

    assert counted() == ([("jam", 1), ("screen", 1)], [1], [("no such song", 0, 1)])


@contextmanager
def unread(address, jam):
    """A socket that has heard its first frame and never reads again, with little room for what comes."""
    where = urlsplit(address)
    hello = (
        f"GET /ws/jams/{jam.slug} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect((where.hostname, where.port))
        line.sendall(hello.encode())
        while b"revision" not in line.recv(4096):
            pass
        yield


def closing_code(phone):
    with suppress(ConnectionClosed):
        while phone.recv(timeout=30):
            pass
    return phone.close_code
