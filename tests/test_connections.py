"""Connections to PostgreSQL last: once a server is warm, no request opens one."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
from django.db import connection

from apps.core.database import pool_statistics
from apps.core.store import retire
from apps.jams import board
from apps.voting.models import Vote
from tests.callers import Caller
from tests.factories import make_attendee_with_token, make_jam, make_jam_song, make_vote
from tests.processes import ASGI, WSGI

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def ask(address, paths, times):
    with ThreadPoolExecutor(8) as pool, httpx.Client(base_url=address, timeout=30) as client:
        assert {answer.status_code for answer in pool.map(client.get, paths * times)} == {200}


def backends():
    """The connections of others to this database; each has another process."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, backend_start FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return set(cursor.fetchall())


@pytest.mark.parametrize(
    ("command", "env"),
    [(WSGI, {}), (WSGI, {"DATABASE_POOL": "4"}), (ASGI, {}), (ASGI, {"DATABASE_POOL": "0"})],
    ids=["gunicorn", "gunicorn with a pool", "uvicorn with its pool", "uvicorn without"],
)
def test_a_warm_server_opens_no_connection(serve, command, env):
    jam = make_jam()
    paths = ["/api/v1/jams", f"/api/v1/jams/{jam.slug}", f"/api/v1/jams/{jam.slug}/snapshot", "/api/v1/songs", "/"]
    others = backends()
    address = serve(command, **env)
    ask(address, paths, 40)
    time.sleep(0.5)  # what served the start has ended
    warm = backends() - others

    ask(address, paths, 40)

    assert warm
    assert warm <= (after := backends() - others)
    assert len(after) <= 20  # a pool may still grow


def test_statistics_of_the_pool():
    code = (
        "import jamvote.asgi; from django.db import connection, close_old_connections as back;"
        "connection.ensure_connection(); back();"
        "from apps.core.database import pool_statistics as said; print(said()); connection.close_pool()"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "'pool_max': 20" in said
    assert "'requests_num': 1" in said
    assert pool_statistics() == {}


def prepared():
    """How often the statements that stand ready on this connection have been planned and run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements")
        return dict(cursor.fetchall())


@pytest.fixture
def fresh():
    connection.close()
    yield
    connection.close()


def test_hot_statements_are_prepared_and_no_others(fresh):
    jam = make_jam()

    said = [board.snapshot(jam, 1) | {"now": None} for _ in range(3)]

    assert said[0] == said[1] == said[2]
    [(statement, runs)] = prepared().items()
    assert "FULL JOIN" in statement
    assert runs == 3


def test_nothing_is_left_on_a_connection_that_pgbouncer_may_give_to_others(fresh, settings, monkeypatch):
    monkeypatch.setattr("apps.core.prepared.is_direct", lambda server: False)
    jam = make_jam()

    board.snapshot(jam, 1)

    assert prepared() == {}
    assert settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] is True


def test_a_plan_that_no_longer_fits_is_made_anew(fresh, client):
    """A migration changes the type of a column while servers run."""
    jam = make_jam()
    path, page = f"/api/v1/jams/by-slug/{jam.slug}", f"/jams/{jam.slug}"
    before, _page = client.get(path).json(), client.get(page, headers={"Cookie": "a=b"})
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:  # ours would forget its plans
        for table, column, kind in (("jams_jam", "description", "varchar(5000)"), ("catalog_song", "title", "text")):
            other.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}")
        try:
            retire(f"info.{jam.slug}", jam.stream)
            assert client.get(path).json() == before
            assert client.get(page, headers={"Cookie": "a=b"}).status_code == 200
        finally:
            other.execute("ALTER TABLE jams_jam ALTER COLUMN description TYPE text")
            other.execute("ALTER TABLE catalog_song ALTER COLUMN title TYPE varchar(200)")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_vote_on_a_connection_that_was_cut_counts_once(fresh, method):
    jam_song = make_jam_song()
    sam, token = make_attendee_with_token(jam=jam_song.jam)
    make_vote(jam_song=jam_song, attendee=sam) if method == "DELETE" else None
    caller, path = Caller(token=token), f"/api/v1/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/vote"
    caller("PUT", path)
    with psycopg.connect(connection.connection.info.dsn) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])

    response = caller(method, path)

    assert (response.status_code, response.json()["votes"]) == (200, method == "PUT")
    assert Vote.objects.count() == (method == "PUT")


def test_no_request_says_where_the_site_begins(serve):
    """gunicorn would take SCRIPT_NAME from a header of whoever it takes for the balancer."""
    jam = make_jam()
    address = serve(WSGI)

    answer = httpx.get(f"{address}/odd/jams/{jam.slug}", headers={"SCRIPT_NAME": "/odd"}, timeout=30)

    assert answer.status_code == 404
    assert "/odd/j/" not in httpx.get(f"{address}/jams/{jam.slug}", timeout=30).text
