"""Connections to PostgreSQL last: once a server is warm, no request opens one."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.db import connection

from apps.core.database import pool_statistics
from tests.factories import make_jam
from tests.processes import ASGI, WSGI

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def ask(address, paths, times):
    with ThreadPoolExecutor(8) as pool, httpx.Client(base_url=address) as client:
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


def test_nothing_is_left_on_a_connection_that_pgbouncer_may_give_to_others():
    from django.conf import settings

    connection.ensure_connection()

    assert settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert connection.connection.prepare_threshold is None


def test_no_request_says_where_the_site_begins(serve):
    """gunicorn would take SCRIPT_NAME from a header of whoever it takes for the balancer."""
    jam = make_jam()
    address = serve(WSGI)

    answer = httpx.get(f"{address}/odd/jams/{jam.slug}", headers={"SCRIPT_NAME": "/odd"})

    assert answer.status_code == 404
    assert "/odd/j/" not in httpx.get(f"{address}/jams/{jam.slug}").text
