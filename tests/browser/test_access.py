"""Every page for everybody: axe finds nothing on any of them, in either theme, on a phone and on a large screen, and
none scrolls sideways at 320 px. A page is loaded once; theme and size change around it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from tests.browser.looks import ADMIN, API, ERRORS, LOOKS, Look, Seen
from tests.conftest import serving

pytestmark = pytest.mark.django_db
SIZES = {"phone": {"width": 390, "height": 844}, "large": {"width": 1920, "height": 1080}}
NARROW = {"width": 320, "height": 640}
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# All rules in one theme, and in the other those that look at colours.
THEMES = {"light": list(RULES), "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# Of others, and not ours to mend: the box of Django's autocomplete (Select2), heads of columns of buttons (Unfold).
THEIRS = {"admin": ([".select2-container"], ["empty-table-header"])}
AXE = """async ([runOnly, [theirs, rules]]) => {
  const options = {runOnly, preload: false, resultTypes: ["violations"], selectors: false};
  if (Array.isArray(runOnly)) options.rules = {"target-size": {enabled: true}};
  const found = await axe.run({include: [["html"]], exclude: theirs.map(one => [one])}, options);
  const said = node => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`;
  return found.violations.filter(one => !rules.includes(one.id)).map(one => [one.id, one.nodes.slice(0, 4).map(said)]);
}"""


@pytest.fixture(scope="module")
def house(browser, django_db_setup, django_db_blocker):
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=hashers):
        with serving() as server:
            house = House(browser, server)
            yield house
            house.close()
        call_command("flush", verbosity=0, interactive=False)


class House:
    """A world that all tests of the module look at, each caller in a tab of their own."""

    def __init__(self, browser, server):
        self.browser, self.server = browser, server
        self.world, self.pages, self.axe = Seen(), {}, Axe().axe_script

    def open(self, look):
        page, path, answer = self.page_of(look.who), self.world.path(look), self.world.answer(look)
        if answer is not None:
            page.route(self.server + path, lambda route: route.fulfill(body=answer, content_type="text/html"))
        page.goto(self.server + path)
        page.unroute_all()
        assert page.url == self.server + path, "led elsewhere"
        page.evaluate(self.axe)
        return page

    def page_of(self, who):
        if who not in self.pages:
            context = self.browser.new_context(reduced_motion="reduce", locale="en")
            cookies = self.world.callers[who].client.cookies.items()
            context.add_cookies([{"name": name, "value": one.value, "url": self.server} for name, one in cookies])
            self.pages[who] = context.new_page()
        return self.pages[who]

    def close(self):
        for page in self.pages.values():
            page.context.close()


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
@pytest.mark.parametrize("look", [*LOOKS, *ADMIN, *API, *map(Look, ERRORS)], ids=str)
def test_axe_finds_nothing_and_no_page_scrolls_sideways(house, look, language):
    page = house.open(look)
    found, theirs = {}, THEIRS.get(look.name.partition(":")[0], ([], []))
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for theme, rules in THEMES.items():
            page.emulate_media(color_scheme=theme)
            if wrong := page.evaluate(AXE, [rules, theirs]):
                found[size, theme] = wrong
    page.set_viewport_size(NARROW)

    assert found == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
