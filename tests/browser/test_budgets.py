"""How much a page fetches, how often it asks and how far things jump, on what collectstatic made of our files."""

import re
import time

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from loadtests.visits import Visit
from tests.browser.conftest import PATIENCE, PHONE, joined, logged_in
from tests.factories import make_jam, make_jam_song, make_slot, make_staff, make_venue, make_vote
from tests.insight.nights import bad_night
from tests.processes import wait_until

pytestmark = pytest.mark.services
SCREEN = {"width": 1920, "height": 1080}
JUMP = 0.02


@pytest.fixture
def jam(host):
    """A full evening: forty songs, votes, places to play in, a venue with a colour of its own."""
    jam = make_jam(host=host, venue=make_venue(accent="#c8763a"), name="Thursday Jam", max_votes=5)
    statuses = ["playing", *["queued"] * 4, *["played"] * 5, *["open"] * 40]
    for n, status in enumerate(statuses):
        title = f"Song of the evening, number {n}"
        song = make_jam_song(jam=jam, title=title, status=status, position=n if status == "queued" else None)
        for instrument in ("vocals", "guitar", "drums"):
            make_slot(jam_song=song, instrument=instrument)
    make_vote(jam_song=song)
    return jam


@pytest.fixture
def opened(browser, server, jam, host):
    """Opens a page twice as somebody, and answers both visits: what each asked for, and how far things jumped."""
    contexts, troubles = [], []

    def opened_twice(path, **options):
        """What jumps by its design does so in a new browser too, first visit or second: a busy machine is no reason."""
        visits = open_twice(path, **options)
        return open_twice(path, **options) if max(visit.shift for visit in visits) > JUMP else visits

    def open_twice(path, *, viewport=PHONE, cookies=(), ready="[data-board] [data-key]", last=""):
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", service_workers="block")
        contexts.append(context)
        context.add_cookies([{"name": name, "value": value, "url": server} for name, value in cookies])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: message.type == "error" and troubles.append(message.text))
        visit, visits = Visit(page), []
        for _ in range(2):
            page.goto(server + path)
            expect(page.locator(ready).first).to_be_visible()
            wait_until(lambda: visit.settled(last))
            visits.append(visit.over())
        return visits

    yield opened_twice
    for context in contexts:
        context.close()
    assert troubles == []


def test_the_phone_page_keeps_its_budget(opened, jam):
    for cookies in ((), joined(jam)):
        first, again = opened(f"/jams/{jam.slug}", cookies=cookies, last="/snapshot")

        within(first, again, requests=8, script=30, style=12, page=20, whole=100, anew=0.1)
        assert re.search(r"/static/js/jam\.\w{12}\.js", " ".join(asked.url for asked in first.asked))


def test_the_big_screen_keeps_its_budget(opened, jam):
    first, again = opened(f"/jams/{jam.slug}/screen", viewport=SCREEN, last="/snapshot")

    within(first, again, requests=16, script=60, style=24, page=40, whole=200, anew=0.2)


def test_the_console_keeps_its_budget(opened, jam, host):
    wait_until(lambda: time.time() % 60 < 35)  # when songs are expected is told by the minute
    desk = {"width": 1280, "height": 800}
    path = f"/jams/{jam.slug}/host"
    console = {"ready": "[data-console] [data-key]", "last": "/setlist"}
    first, again = opened(path, viewport=desk, cookies=logged_in(host), **console)

    within(first, again, requests=16, script=60, style=24, page=40, whole=200, anew=0.2)


def test_insight_keeps_its_budget(opened):
    bad_night(timezone.now(), 20)
    staff = make_staff()
    first, again = opened("/insight", viewport=SCREEN, cookies=logged_in(staff), ready=".verdict")

    within(first, again, requests=16, script=60, style=24, page=40, whole=200, anew=0.5)


def test_home_keeps_its_budget(opened):
    first, again = opened("/", ready="main a")

    within(first, again, requests=8, script=30, style=12, page=20, whole=100, anew=0.1)


def within(first, again, *, requests, script, style, page, whole, anew):
    """Kilobytes as they come over the line, with their headers."""
    told = "\n".join(map(str, first.asked))
    assert len(first.asked) <= requests, told
    for kind, most in {"Script": script, "Stylesheet": style, "Document": page}.items():
        assert first.received(kind) <= most * 1024, told
    assert 0 < first.received() <= whole * 1024, told
    assert again.received() <= anew * first.received(), "\n".join(map(str, again.asked))
    assert max(first.shift, again.shift) <= JUMP, first.moved + again.moved
