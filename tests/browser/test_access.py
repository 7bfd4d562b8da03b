"""Every page for everybody: axe finds nothing on any of them, in either theme, on a phone and on a large screen; none
scrolls sideways at 320 px; what is to be tapped is large enough."""

import socket
import threading
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from tests.browser.looks import ADMIN, API, ERRORS, LOOKS, Look, Seen

pytestmark = pytest.mark.django_db
SIZES = {"phone": (390, 844), "large": (1920, 1080)}
THEMES = ("light", "dark")
NARROW = (320, 640)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# Of others, and not ours to mend: the box of Django's autocomplete (Select2), heads of columns of buttons (Unfold).
THEIRS = {"admin": ([".select2-container"], ["empty-table-header"])}
AXE = """async ([tags, only, [theirs, rules]]) => {
  const options = {runOnly: only ?? tags, preload: false, resultTypes: ["violations"], selectors: false};
  if (!only) options.rules = {"target-size": {enabled: true}};
  const found = await axe.run({include: [["html"]], exclude: theirs.map(one => [one])}, options);
  const said = node => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`;
  return found.violations.filter(one => !rules.includes(one.id)).map(one => [one.id, one.nodes.slice(0, 4).map(said)]);
}"""
COLOURS = ["color-contrast", "link-in-text-block"]


@pytest.fixture(scope="module")
def house(browser, django_db_setup, django_db_blocker):
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=hashers), running() as server:
        yield House(browser, server)
        call_command("flush", verbosity=0, interactive=False)


class running:
    def __enter__(self):
        import uvicorn

        from jamvote.asgi import application

        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(application, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]})
        self.thread.start()
        return "http://{}:{}".format(*listener.getsockname())

    def __exit__(self, *_):
        self.server.should_exit = True
        self.thread.join()
        connections.close_all()


class House:
    def __init__(self, browser, server):
        self.browser, self.server = browser, server
        self.world, self.pages, self.script = Seen(), {}, Axe().axe_script

    def open(self, look):
        page = self.page_of(look.who)
        answer = self.world.answer(look)
        if answer is None:
            path = self.world.path(look)
            page.goto(self.server + path)
            assert page.url == self.server + path, f"led to {page.url}"
        else:
            page.route("**/looked-at", lambda route: route.fulfill(body=answer, content_type="text/html"))
            page.goto(f"{self.server}/looked-at")
            page.unroute("**/looked-at")
        page.evaluate(self.script)
        return page

    def page_of(self, who):
        if who not in self.pages:
            context = self.browser.new_context(reduced_motion="reduce", locale="en")
            cookies = self.world.callers[who].client.cookies
            context.add_cookies(
                [{"name": name, "value": one.value, "url": self.server} for name, one in cookies.items()]
            )
            self.pages[who] = context.new_page()
        return self.pages[who]


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
@pytest.mark.parametrize("look", [*LOOKS, *ADMIN, *API, *map(Look, ERRORS)], ids=str)
def test_axe_finds_nothing(house, look, language):
    t0 = time.time()
    page = house.open(look)
    t1 = time.time()
    found, theirs = {}, THEIRS.get(look.name.partition(":")[0], ([], []))
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            only = None if theme == THEMES[0] else {"type": "rule", "values": COLOURS}
            if wrong := page.evaluate(AXE, [RULES, only, theirs]):
                found[size, theme] = wrong
    t2 = time.time()
    page.set_viewport_size(dict(zip(("width", "height"), NARROW, strict=True)))
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    print(f"TIME {look} open {t1-t0:.2f} axe {t2-t1:.2f} reflow {time.time()-t2:.2f}")

    assert found == {}
    assert wide <= 0
