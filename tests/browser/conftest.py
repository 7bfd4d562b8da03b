import subprocess
import sys

import pytest
from coverage import Coverage
from django.test import Client
from playwright.sync_api import expect

from apps.jams.identity import cookie_name
from tests.factories import make_attendee_with_token, make_jam, make_jam_song, make_user
from tests.processes import ASGI, servers

PHONE = {"width": 390, "height": 844}
OF_OTHERS = ("account", "admin", "drf_spectacular_sidecar", "mfa", "rest_framework", "unfold")
PATIENCE = 30_000  # milliseconds: a busy machine
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session", autouse=True)
def not_measured():
    """Playwright's greenlets confuse coverage, which pays twice the time where it is told of them."""
    if measure := Coverage.current():
        measure.stop()


@pytest.fixture(scope="session")
def collected(tmp_path_factory):
    """The folder of a server whose files are collected: ours, which take a second."""
    folder = tmp_path_factory.mktemp("collected")
    (folder / "static").mkdir()
    with servers(folder) as started:
        env = started.environment()
    words = [word for name in OF_OTHERS for word in ("--ignore", name)]
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0", *words]
    subprocess.run(collect, env=env, check=True)
    return folder


@pytest.fixture(scope="module")
def server(django_db_setup, collected):
    with servers(collected) as start:
        yield start(ASGI)


@pytest.fixture
def host(transactional_db):
    return make_user(name="Hanna Host")


@pytest.fixture
def jam(host):
    jam = make_jam(host=host, name="Thursday Jam")
    for title in ("Creep", "Dreams", "Zombie"):
        make_jam_song(jam=jam, title=title)
    return jam


@pytest.fixture
def watch(asgi_server):
    """Says what went wrong in a page: errors on its console, which is where a policy that is violated is told, answers
    that are the server's fault, and requests that leave the house."""
    troubles = []

    def follow(page, *, expected=()):
        def note(kind, text):
            if not any(word in text for word in expected):
                troubles.append(f"{kind}: {text}")

        page.on("console", lambda message: message.type == "error" and note("console", message.text))
        page.on("pageerror", lambda error: note("error", str(error)))
        page.on("response", lambda answer: answer.status >= 500 and note("server", f"{answer.status} {answer.url}"))
        page.on("request", lambda request: at_home(request.url, asgi_server) or note("elsewhere", request.url))
        return page

    yield follow
    assert troubles == []


def at_home(url, server):
    return url.startswith((server, server.replace("http", "ws"), "data:", "blob:"))


@pytest.fixture
def new_page(browser, watch):
    contexts = []

    def make(*, viewport=PHONE, expected=(), **options):
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        return watch(context.new_page(), expected=expected)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def phone(new_page, asgi_server, jam):
    """A phone that has joined, with the live line up."""

    def join(name="", **options):
        _attendee, token = make_attendee_with_token(jam=jam, name=name)
        page = new_page(**options)
        cookie = {"name": cookie_name(jam), "value": token, "url": asgi_server}
        page.context.add_cookies([cookie])
        open_live(page, f"{asgi_server}/jams/{jam.slug}")
        return page

    return join


@pytest.fixture
def console(new_page, asgi_server, jam, host):
    def log_in(**options):
        client = Client()
        client.force_login(host)
        page = new_page(viewport={"width": 1280, "height": 800}, **options)
        name = client.cookies["session"].key
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": asgi_server}])
        open_live(page, f"{asgi_server}/jams/{jam.slug}/host")
        return page

    return log_in


def open_live(page, address):
    """Goes there and waits until the snapshot has been taken in."""
    with page.expect_response(lambda response: "/snapshot" in response.url):
        page.goto(address)


def titles(page):
    return page.locator("[data-board] [data-key] .song-title").all_inner_texts()


def joined(jam, **options):
    """The cookies of a phone that has joined."""
    _attendee, token = make_attendee_with_token(jam=jam, **options)
    return [(cookie_name(jam), token)]


def logged_in(user):
    client = Client()
    client.force_login(user)
    return [(name, cookie.value) for name, cookie in client.cookies.items()]
