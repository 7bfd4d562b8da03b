"""Without a line: what was seen is there with its age, what is private is not, and who leaves leaves nothing."""

import json

import pytest
from playwright.sync_api import expect

from apps.voting.models import Vote
from apps.voting.operations import cast_vote
from tests.browser.conftest import PATIENCE, PHONE, joined, logged_in
from tests.browser.test_live import row
from tests.factories import make_attendee
from tests.processes import ASGI, servers, wait_until

pytestmark = pytest.mark.services
KEPT = """async () => (await Promise.all((await caches.keys()).filter((name) => name.startsWith("pages"))
    .map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat()"""


@pytest.fixture
def visitor(browser, server):
    """Opens pages as somebody, in a browser that has a service worker."""
    contexts = []

    def come(cookies=()):
        context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": name, "value": value, "url": server} for name, value in cookies])
        return context.new_page()

    yield come
    for context in contexts:
        context.close()


def open_kept(page, address):
    """Goes there and waits until the worker has it."""
    page.goto(address)
    wait_for_worker(page)
    path = page.evaluate("location.pathname")
    wait_until(lambda: path in page.evaluate(KEPT))


def wait_for_worker(page):
    wait_until(lambda: page.evaluate("Boolean(navigator.serviceWorker.controller)"))


def test_a_jam_opens_without_a_line_as_it_was_last_with_its_age_and_takes_votes(visitor, server, jam):
    mine = visitor(joined(jam, name="Ana"))
    open_kept(mine, f"{server}/jams/{jam.slug}")
    cast_vote(jam_song=jam.songs.get(song__title="Zombie"), attendee=make_attendee(jam=jam))
    expect(mine.locator("[data-board] [data-key]").first).to_contain_text("Zombie")
    mine.evaluate("Object.defineProperty(document, 'hidden', { get: () => true });"
                  "document.dispatchEvent(new Event('visibilitychange'))")  # fmt: skip
    mine.wait_for_timeout(200)
    context = mine.context
    mine.close()
    context.set_offline(True)

    later = context.new_page()
    later.add_init_script("const now = Date.now; Date.now = () => now() + 12 * 60_000 + 5_000")
    later.goto(f"{server}/jams/{jam.slug}")

    expect(later.locator("[data-board] [data-key]").first).to_contain_text("Zombie")
    expect(later.locator("[data-connection]")).to_contain_text("12 minutes ago")
    row(later, "Dreams").locator(".vote").click()
    expect(row(later, "Dreams").locator(".vote-word")).to_have_text("Sending")
    context.set_offline(False)
    expect(row(later, "Dreams").locator(".vote-word")).to_have_text("Voted")
    assert Vote.objects.count() == 2


def test_a_line_that_hangs_is_cut_off(visitor, server, jam):
    mine = visitor(joined(jam))
    open_kept(mine, f"{server}/jams/{jam.slug}")
    held = []
    mine.context.route(f"{server}/jams/{jam.slug}", lambda route: held.append(route))  # and never answers

    mine.reload(wait_until="commit")

    expect(mine.locator("[data-board] [data-key]")).to_have_count(3)
    assert held


def test_what_was_never_seen_and_what_is_private_is_not_there(visitor, server, jam, host):
    mine = visitor(logged_in(host))
    for path in (f"/jams/{jam.slug}", f"/jams/{jam.slug}/host", "/account", "/host", "/jams/new", "/api/v1/jams", "/"):
        mine.goto(f"{server}{path}")
        if path == f"/jams/{jam.slug}":
            wait_for_worker(mine)
    assert mine.evaluate(KEPT) == []
    mine.context.set_offline(True)

    for path in (f"/jams/{jam.slug}/host", "/account", "/songs"):
        mine.goto(f"{server}{path}")
        expect(mine.locator("h1")).to_have_text("No connection")


def test_who_leaves_leaves_no_page_behind(visitor, server, jam):
    mine = visitor(joined(jam, name="Ana Lovelace"))
    open_kept(mine, f"{server}/jams/{jam.slug}")
    expect(mine.locator("body")).to_contain_text("Ana Lovelace")

    mine.evaluate("path => { const form = document.createElement('form'); form.method = 'post'; form.action = path;"
                  "document.body.append(form); form.submit(); }", f"/jams/{jam.slug}/leave")  # fmt: skip
    expect(mine.locator("body")).to_contain_text("You have left")
    mine.context.set_offline(True)
    mine.goto(f"{server}/jams/{jam.slug}")

    expect(mine.locator("body")).not_to_contain_text("Ana Lovelace")


def test_the_page_for_what_was_never_seen_speaks_the_language_that_was_chosen(visitor, server, jam):
    mine = visitor()
    mine.goto(f"{server}/jams/{jam.slug}")
    wait_for_worker(mine)
    mine.locator("form.tongues [value=ar]").click()
    expect(mine.locator("html")).to_have_attribute("lang", "ar")
    mine.context.set_offline(True)

    mine.goto(f"{server}/songs")

    expect(mine.locator("html")).to_have_attribute("lang", "ar")
    expect(mine.locator("h1")).to_have_text("لا يوجد اتصال")


def test_a_new_version_is_used_when_somebody_says_so(visitor, collected, jam):
    with servers(collected) as serve:
        address = serve(ASGI)
        mine = visitor(joined(jam))
        open_kept(mine, f"{address}/jams/{jam.slug}")
        before = mine.evaluate("caches.keys()")
        serve.stop()
        manifest = collected / "static" / "staticfiles.json"
        text = manifest.read_text()
        manifest.write_text(json.dumps(json.loads(text) | {"hash": "another"}))
        serve(ASGI, port=int(address.rpartition(":")[2]))
        manifest.write_text(text)

        mine.reload()
        expect(mine.locator("[data-new-version]")).to_be_visible()
        assert set(before) <= set(mine.evaluate("caches.keys()"))
        with mine.expect_navigation():
            mine.get_by_role("button", name="Use it").click()

        wait_until(lambda: not set(before) & set(mine.evaluate("caches.keys()")))


def test_it_can_be_installed(visitor, server):
    page = visitor()
    page.goto(server)

    answer = page.request.get(server + page.locator("link[rel=manifest]").get_attribute("href"))
    manifest = answer.json()
    assert answer.headers["content-type"] == "application/manifest+json"
    assert (manifest["display"], manifest["start_url"], manifest["scope"]) == ("standalone", "/", "/")
    for icon in manifest["icons"]:
        answer = page.request.get(server + icon["src"])
        assert answer.headers["content-type"] == "image/png"
