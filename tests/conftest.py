"""Fixtures for all tests. `page` is a real browser (pytest-playwright), `asgi_server` the application on a socket."""

import gc
import os
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import TransactionTestCase, override_settings
from whitenoise.middleware import WhiteNoiseMiddleware

from tests.processes import servers

# Playwright's loop stays in the thread that runs the tests; Django would refuse to query there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

BROWSER = os.environ.get("JAMVOTE_BROWSER", "")
MADE_BY_MIGRATE = {"django_content_type", "auth_permission"}
NO_BROWSER = "no browser: install Chromium or set JAMVOTE_BROWSER"
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--no-pings",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",  # nothing leaves this machine
]


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the long forms of the tests that have one")


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: needs a browser; set by itself on every test that uses one")
    config.addinivalue_line("markers", "services: needs PostgreSQL or Redis, skipped on the embedded default")


def pytest_collection_modifyitems(items):
    """Files that take long go first, so that no worker ends much later than another; browser tests go last, because
    Playwright leaves a running loop behind."""
    for item in items:
        if "playwright" in item.fixturenames:
            item.add_marker(pytest.mark.browser)
            if not BROWSER:
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))
        if item.get_closest_marker("services") and not os.environ.get("REDIS_URL"):
            item.add_marker(pytest.mark.skip(reason="not on the embedded default"))
    items.sort(
        key=lambda item: (item.get_closest_marker("browser") is not None, item.path.parent != Path(__file__).parent)
    )


def pytest_collection_finish():
    """Modules and tests stay until the end: the garbage collector need not go through them all the time."""
    gc.freeze()


def pytest_terminal_summary(terminalreporter):
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_BROWSER in str(report.longrepr)]
    if skipped:
        terminalreporter.section("BROWSER TESTS SKIPPED", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests did not run: {NO_BROWSER}")


@pytest.fixture
def full(request):
    """Whether the long forms are wanted: `./dev test --full`."""
    return request.config.getoption("full")


@pytest.fixture(scope="session", autouse=True)
def files_are_found_once():
    """Every test client loads the middleware, and every time this one would look at all static files."""
    found, look = {}, WhiteNoiseMiddleware.add_files_from_finders

    def once(middleware):
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with patch.object(WhiteNoiseMiddleware, "add_files_from_finders", once):
        yield


@pytest.fixture(scope="session", autouse=True)
def what_was_committed_is_deleted():
    """Django truncates every table after a test that commits, and makes content types anew: a quarter of a second."""
    with patch.object(TransactionTestCase, "_fixture_teardown", delete_everything):
        yield


def delete_everything(_case):
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    written = [connection.ops.quote_name(table) for table in sorted({*tables} - MADE_BY_MIGRATE)]
    deletions = [f"DELETE FROM {table}" for table in written]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {', '.join(written)} IN EXCLUSIVE MODE")  # whoever still writes is waited for
            cursor.execute("SET LOCAL session_replication_role = replica")  # as TRUNCATE: no triggers
            deletions = [f"DO $$ BEGIN {'; '.join(deletions)}; END $$"]  # all in one
        for deletion in deletions:
            cursor.execute(deletion)


@pytest.fixture(autouse=True)
def fast_passwords(settings):
    """Hashing is slow on purpose, and most tests make users."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def nothing_is_written_behind(settings):
    """Tests write when they want to."""
    from apps.core.write_behind import write_behind

    settings.WRITE_BEHIND_SECONDS = 3600
    yield
    write_behind.counted.clear()


@pytest.fixture(autouse=True)
def empty_cache(request, settings):
    """Nothing is retired before a commit, so nothing is cached in tests that never commit."""
    from apps.core.limits import limiter
    from apps.core.store import LocalStore, copies, store

    cache.clear()  # empties this worker's Redis database
    copies.clear()
    limiter.forget()
    if isinstance(store, LocalStore):
        store.retire(*store.groups())
    else:
        store.away_until = 0
    mark = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "asgi_server"} & set(request.fixturenames) or (
        mark and mark.kwargs.get("transaction")
    )
    settings.CACHED_READS = bool(commits)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, tmp_path_factory):
    """SQLite's database is a file, as in the embedded default: in one in memory readers wait for writers, and fail."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "db.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Servers' threads keep their connections, and PostgreSQL drops no database that somebody is connected to."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="module")
def kept(django_db_setup, django_db_blocker):
    """For what the tests of a module share: rows that are made under it stay until its end. No test may commit."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=hashers), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def asgi_server(transactional_db):
    """The address of a server for pages, API and sockets, as in `./dev run`."""
    with serving() as address:
        yield address


@contextmanager
def serving():
    import uvicorn

    from jamvote.asgi import application

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, log_level="warning", lifespan="off", ws_per_message_deflate=False,
                            timeout_graceful_shutdown=2, proxy_headers=False)  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)

    yield "http://{}:{}".format(*listener.getsockname())

    server.should_exit = True
    thread.join()
    connections.close_all()


@pytest.fixture
def serve(tmp_path):
    """Server processes on the database of the test: `serve(WSGI)` starts one and answers its address."""
    with servers(tmp_path) as start:
        yield start


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": BROWSER, "args": FLAGS}
