"""Who takes part in a night, each with a browser of their own, and what they do there as people say it."""

import re
from types import SimpleNamespace

from playwright.sync_api import expect

from apps.jams.models import Jam
from tests.browser.conftest import open_live
from tests.factories import PASSWORD

TABLET = {"width": 1180, "height": 820}
LAPTOP = {"width": 1440, "height": 900}
WIDE = {"width": 1920, "height": 1080}


class Night(SimpleNamespace):
    """Pages by the name of whoever looks at them, `screen`, and `room` for those who call the API."""

    @property
    def desks(self):
        return [self.hanna, self.carl]

    @property
    def phones(self):
        return [*self.performers.values(), *self.voters.values()]

    @property
    def boards(self):
        """Where the room sees songs and their votes."""
        return [*self.phones, self.screen]

    @property
    def api(self):
        return f"/api/v1/jams/{self.slug}"


# Hosts ------------------------------------------------------------------------------------------------


def log_in(page, user):
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def make_the_jam(night, *, name, starts, ends):
    """By the form for a new jam, with times as the venue's clock shows them."""
    page = night.hanna
    page.goto(f"{night.server}/jams/new")
    log_in(page, night.host)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Starts").fill(f"{starts:%Y-%m-%dT%H:%M}")
    page.get_by_label("Ends", exact=True).fill(f"{ends:%Y-%m-%dT%H:%M}")
    page.get_by_label("Suggestions wait until I approve them").check()
    with snapshot_of(page):
        page.get_by_role("button", name="Save").click()
    expect(page.locator(".told")).to_have_text("Saved.")
    night.jam = Jam.objects.get(name=name)
    night.slug = night.jam.slug


def link_for(night, button):
    """The address that the host sends or opens on the projector."""
    page = night.hanna
    page.goto(f"{night.server}/jams/{night.slug}/hosts")
    page.get_by_role("button", name=button).click()
    return at(night, page.locator("#link").input_value())


def at(night, link):
    """Links name the public address of the site; this night is at another."""
    return night.server + re.sub(r"^\w+://[^/]+", "", link)


def take_the_second_desk(night, link):
    page = night.carl
    page.goto(link)
    log_in(page, night.co_host)
    with snapshot_of(page):
        page.get_by_role("button", name="Yes, I will").click()


def open_console(night, page, side="requests"):
    open_live(page, f"{night.server}/jams/{night.slug}/host?side={side}")


def step(page, name):
    """Along the rail of the night: open, start, last-call."""
    page.locator(f"[data-step={name}]").click()
    expect(page.locator(f"[data-step={name}]")).to_have_attribute("aria-pressed", "true")


def candidate(desk, text):
    return desk.locator("[data-cand-rows] > *").filter(has_text=text)


def queued(desk, title):
    return desk.locator("[data-queue-rows] > *").filter(has_text=title)


def set_list_is(desk, titles):
    expect(desk.locator("[data-queue-rows] > * .song-title")).to_have_text(titles)


def told(desk, text):
    expect(desk.locator("[data-toast] > span")).to_contain_text(isolated(text))


def isolated(text):
    """Titles that stand between quotation marks here are isolated there, so that each keeps its direction."""
    return text.replace("“", "\u2068").replace("”", "\u2069")


def start(night, title):
    press_start(night.hanna, title)
    all_see(night, title)


def press_start(desk, title):
    desk.locator("[data-start]").filter(has_text=isolated(f"Start “{title}”")).click()
    told(desk, f"Started “{title}”.")


def all_see(night, title):
    for page in [*night.desks, *night.boards]:
        expect(page.locator("[data-now-title]")).to_have_text(title)
        expect(page.locator("[data-now-label]")).to_have_text("Now playing")


def chip(desk, title, instrument):
    """Of the line-up: who plays it, and who waits."""
    return desk.locator("[data-lineup] .gig").filter(has_text=title).locator(".slot").filter(has_text=instrument)


def figures_are(page, figures):
    for name, figure in figures.items():
        shown = page.locator(".facts > div").filter(has=page.get_by_text(name, exact=True)).locator("dd")
        expect(shown).to_have_text(re.compile(rf"^{figure}\b"))


# The room ---------------------------------------------------------------------------------------------


def join(night, page, name=""):
    """As by the code on the screen."""
    page.goto(at(night, night.jam.join_url))
    if name:
        page.locator("details.as summary").click()
        page.get_by_label("Your name tonight").fill(name)
    with snapshot_of(page):
        page.get_by_role("button", name="Join and vote").click()


def join_by_api(night, number):
    """Answers the token of somebody who has come."""
    answer = night.room.post(f"{night.api}/attendees", data={"display_name": f"Voter {number}"})
    assert answer.status == 201
    return answer.json()["token"]


def vote_by_api(night, token, song):
    answer = night.room.put(f"{night.api}/songs/{song}/vote", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 200


def row(page, text):
    return page.locator("[data-board] [data-key]").filter(has_text=text)


def tap(page, text):
    row(page, text).locator(".vote").click()
    expect(row(page, text).locator(".vote-word")).to_have_text("Voted")


def votes_are(page, text, count):
    expect(row(page, text).locator("[data-votes]")).to_have_text(str(count))


def ranking_is(page, texts):
    """Of the first songs, as their rows begin."""
    for place, text in enumerate(texts):
        expect(page.locator("[data-board] [data-key]").nth(place)).to_contain_text(text)


def suggest(page, title, *, plays):
    page.locator("#instrument").select_option(plays)
    page.locator("#find").fill(title)
    page.locator("[role=option]").filter(has_text=title).click()


# Who plays --------------------------------------------------------------------------------------------


def to_the_stage(page):
    with snapshot_of(page):
        page.get_by_role("link", name="or play yourself").click()


def back_to_the_jam(page):
    with snapshot_of(page):
        page.get_by_role("link", name="Back to the jam").click()


def say_what_one_plays(page, offered, *, more):
    """One that tonight's songs want, and one that is written in."""
    page.locator("#plays summary").click()
    page.locator("#plays .choice").filter(has_text=offered).click()
    page.locator("#more").fill(more)
    page.locator("#plays").get_by_role("button", name="Save").click()
    expect(page.locator("#plays summary")).to_contain_text(f"{offered}, {more}")


def be_remembered(page):
    page.locator("#me summary").filter(has_text="Remember me here").click()
    with snapshot_of(page):
        page.get_by_role("button", name="Remember me here").click()
    expect(page.locator("#me summary").filter(has_text="Remembered here")).to_be_visible()


def place(page, title, instrument):
    song = page.locator("#part-songs > section").filter(has_text=title)
    return song.locator(".slots > li").filter(has_text=instrument)


def sign_up(page, title, instrument, *, then="You"):
    place(page, title, instrument).locator("button").click()
    expect(place(page, title, instrument)).to_contain_text(then)


def hears(page, text):
    expect(page.locator("[data-notices]")).to_contain_text(isolated(text))


def is_not_called(page):
    expect(page.locator("[data-notices] .notice-call")).to_have_count(0)


def snapshot_of(page):
    """What opens a page that is live: it is so when the snapshot has come."""
    return page.expect_response(lambda response: "/snapshot" in response.url)
