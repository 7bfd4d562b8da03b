"""Every page for everybody: axe finds nothing on any of them, in either theme, on a phone and on a large screen, and
none scrolls sideways at 320 px. A page is loaded once; theme and size change around it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import expect

from tests.browser.looks import ADMIN, API, CONSOLE, ERRORS, JAM, LANGUAGES, LOOKS, SCREEN, Look, Seen
from tests.conftest import serving

pytestmark = pytest.mark.django_db
SIZES = {"phone": {"width": 390, "height": 844}, "large": {"width": 1920, "height": 1080}}
NARROW = {"width": 320, "height": 640}
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# All rules in one theme, and in the other those that look at colours.
THEMES = {"light": list(RULES), "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# Of others, not ours to mend: the box of Django's autocomplete (Select2), heads of columns of buttons (Unfold), what
# Swagger UI draws.
THEIRS = {"admin": ([".select2-container"], ["empty-table-header"]), "api": (["#swagger-ui"], [])}
# A text on a gradient axe would pass over. Grounds are almost even: they are looked at as if they were.
EVEN = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, ::before, ::after { background-image: none !important }");
  document.adoptedStyleSheets.push(sheet);
}"""
AXE = """async ([runOnly, [theirs, rules]]) => {
  const options = {runOnly, preload: false, resultTypes: ["violations", "incomplete"], selectors: false};
  if (Array.isArray(runOnly)) options.rules = {"target-size": {enabled: true}};
  const found = await axe.run({include: [["html"]], exclude: theirs.map(one => [one])}, options);
  const [unsure] = found.incomplete.filter(one => one.id === "color-contrast" && !theirs.length);
  const under = unsure?.nodes.filter(node => node.any[0]?.message.includes("gradient")) ?? [];
  if (under.length) found.violations.push({id: "nobody knows the contrast", nodes: under});
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

    def open(self, look, language="en"):
        page, path = self.page_of(look.who, language), self.world.path(look)
        answer = self.world.answer(look, language)
        if answer is not None:
            page.route(self.server + path, lambda route: route.fulfill(body=answer, content_type="text/html"))
        page.goto(self.server + path)
        page.unroute_all()
        assert page.url == self.server + path, "led elsewhere"
        if look.name == "api:docs":  # Swagger UI draws it
            page.wait_for_selector("#swagger-ui main")
        page.evaluate(EVEN)
        return page

    def page_of(self, who, language):
        if (who, language) not in self.pages:
            context = self.browser.new_context(reduced_motion="reduce", locale=language)
            cookies = self.world.callers[who].client.cookies.items()
            context.add_cookies([{"name": name, "value": one.value, "url": self.server} for name, one in cookies])
            context.add_init_script(self.axe)
            self.pages[who, language] = context.new_page()
        return self.pages[who, language]

    def close(self):
        for page in self.pages.values():
            page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("look", [*LOOKS, *ADMIN, *API, *map(Look, ERRORS)], ids=str)
def test_axe_finds_nothing_and_no_page_scrolls_sideways(house, look, language, full):
    """A page in another language differs in its texts and its direction: one theme and size, but with --full."""
    page = house.open(look, language)
    most = language == settings.LANGUAGE_CODE or full
    sizes, themes = (SIZES, THEMES) if most else ({"phone": SIZES["phone"]}, {"light": THEMES["light"]})

    assert found_on(page, THEIRS.get(look.name.partition(":")[0], ([], [])), sizes, themes) == {}
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def found_on(page, theirs=((), ()), sizes=SIZES, themes=THEMES):
    found = {}
    for size, viewport in sizes.items():
        page.set_viewport_size(viewport)
        for theme, rules in themes.items():
            page.emulate_media(color_scheme=theme)
            if wrong := page.evaluate(AXE, [rules, theirs]):
                found[size, theme] = wrong
    return found


def test_nor_where_the_line_is_down_and_a_vote_waits(house):
    page = house.open(Look(JAM, "phone"))
    page.context.set_offline(True)
    page.locator("[data-board] .vote").first.click()
    expect(page.locator("[data-connection]")).to_be_visible()
    expect(page.locator("[data-board] .vote").first).to_have_attribute("data-state", "pending")

    found = found_on(page)
    page.context.set_offline(False)

    assert found == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("look", [Look("pages:home"), Look(JAM, "phone")], ids=str)
def test_nor_in_what_a_box_has_found(house, look, language):
    page = house.open(look, language)
    page.locator("[role=combobox]").fill("song")
    page.locator("[role=option]:visible").first.wait_for()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_be_visible()

    found = found_on(page)

    assert found == {}
    expect(page.locator("[aria-selected=true]")).to_be_visible()


@pytest.mark.parametrize(("side", "part"), [("people", "[data-people]"), ("lineup", ".slots")])
def test_nor_in_the_small_pages_of_the_console(house, side, part):
    page = house.open(Look(CONSOLE, "host", query=f"?side={side}"))
    page.set_viewport_size(SIZES["large"])
    page.locator(f"{part} [data-sheet]").first.click()
    expect(page.locator("[data-sheet-part] :is(h2, button)").first).to_be_visible()

    assert found_on(page) == {}


@pytest.mark.parametrize("look", [look for look in LOOKS if look.name == SCREEN], ids=str)
def test_what_stands_on_the_big_screen_has_seven_to_one(house, look):
    page = house.open(look)
    page.set_viewport_size(SIZES["large"])

    assert page.evaluate(AXE, [{"type": "rule", "values": ["color-contrast-enhanced"]}, ((), ())]) == []


@pytest.mark.parametrize("name", ["pages:print", "pages:console"])
def test_paper_is_black_on_white_in_either_theme(house, name):
    page = house.open(Look(name, "host"))
    page.set_viewport_size(SIZES["large"])
    for theme in THEMES:
        page.emulate_media(media="print", color_scheme=theme)
        colours = page.evaluate(
            "(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))"
        )
        buttons = page.locator(".btn:visible, .toast:visible").count()
        page.emulate_media(media="screen")

        assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        assert buttons == 0
