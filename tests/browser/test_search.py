"""The box that finds, wherever a song is chosen: by keyboard, by touch, said to screen readers, right also when answers
come late, come in another order, or do not come."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.factories import make_jam, make_jam_song, make_song, make_venue

ASKED = re.compile(r"/api/v1/search\?")


@pytest.fixture
def songs(transactional_db):
    return [make_song(title=title, artist="Oasis") for title in ("Wonderwall", "Wonderful", "Wonder Why")]


@pytest.fixture
def page(new_page, asgi_server, songs):
    page = new_page()
    page.goto(f"{asgi_server}/search")
    return page


def box(page):
    return page.locator("[role=combobox]")


def options(page):
    return page.locator("[role=option]:visible")


def active(page):
    """The text of the option that a screen reader is at."""
    return page.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.innerText ?? ''"
    )


def test_arrows_lead_through_what_was_found_and_back_into_the_box(page):
    box(page).press_sequentially("wonder")
    expect(options(page)).to_have_count(3)
    expect(box(page)).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status")).to_have_text("3 found.")
    texts = options(page).all_inner_texts()

    down = [("ArrowDown", texts[0]), ("ArrowDown", texts[1]), ("ArrowUp", texts[0]), ("ArrowUp", "")]
    round_about = [("ArrowUp", texts[2]), ("ArrowDown", ""), ("ArrowDown", texts[0])]
    into_the_text = [("Home", ""), ("ArrowUp", texts[2]), ("End", "")]
    for key, at in [*down, *round_about, *into_the_text]:
        page.keyboard.press(key)
        assert active(page) == at, key
    expect(box(page)).to_be_focused()
    expect(page.locator("[aria-selected=true]")).to_have_count(0)


def test_enter_goes_to_the_song_and_without_one_to_the_page_of_all(page, songs):
    box(page).press_sequentially("wonderw")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q=wonderw$"))

    box(page).click()
    expect(options(page)).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(f"/songs/{songs[0].pk}$"))


def test_escape_folds_the_list_then_empties_the_box_and_tab_leaves_it(page):
    box(page).press_sequentially("wonder")
    expect(options(page)).to_have_count(3)

    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(box(page)).to_have_value("wonder")
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(3)
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box(page)).to_have_attribute("aria-expanded", "false")

    box(page).focus()
    page.keyboard.press("Escape")
    expect(box(page)).to_have_value("")


def test_a_tap_chooses(new_page, asgi_server, songs):
    page = new_page(has_touch=True)
    page.goto(f"{asgi_server}/")
    box(page).tap()
    page.keyboard.type("wonderful")

    options(page).filter(has_text="Wonderful").tap()

    page.wait_for_url(re.compile(f"/songs/{songs[1].pk}$"))


def test_an_older_answer_never_comes_over_a_newer_one(page):
    held = []
    page.route(re.compile(r"/api/v1/search\?q=w&"), lambda route: held.append(route))
    box(page).fill("w")
    page.wait_for_timeout(400)
    assert len(held) == 1

    box(page).fill("wonderw")
    expect(options(page)).to_have_text([re.compile("Wonderwall")])
    held[0].fulfill(json={"songs": [{"id": 1, "title": "Late", "artist": "Nobody", "url": "/"}]})
    page.wait_for_timeout(200)

    expect(options(page)).to_have_text([re.compile("Wonderwall")])


def test_one_who_types_on_asks_once(page):
    asked = []
    page.on("request", lambda request: ASKED.search(request.url) and asked.append(request.url))

    box(page).press_sequentially("wonder", delay=20)
    expect(options(page)).to_have_count(3)

    assert len(asked) == 1


def test_what_went_wrong_is_said_in_words(new_page, asgi_server, songs):
    page = new_page(expected=["503", "429", "ERR_INTERNET_DISCONNECTED"])
    page.goto(f"{asgi_server}/search")
    said = page.get_by_role("status")

    statuses = iter([503, 429])
    page.route(ASKED, lambda route: route.fulfill(status=next(statuses), body="{}"), times=2)
    for words in ("The search does not answer", "That was too much at once"):
        box(page).fill(f"wonder {words}")
        expect(said).to_contain_text(words)
    box(page).fill("nothing like that")
    expect(said).to_have_text("Nothing like that. Try fewer words.")
    page.context.set_offline(True)
    box(page).fill("wonder")
    expect(said).to_contain_text("Offline")
    page.context.set_offline(False)
    box(page).fill("wonderf")

    expect(options(page)).to_have_count(1)
    expect(said).to_have_text("1 found.")


def test_songs_artists_jams_and_venues_stand_in_groups_of_their_own(new_page, asgi_server, host):
    room = make_venue(name="Copper Room", town="Leeds")
    make_jam(host=host, venue=room, name="Copper Night")
    make_song(title="Copper Kettle", artist="Copper Family")
    page = new_page()
    page.goto(f"{asgi_server}/")

    box(page).fill("copper")

    groups = {"Jams": "Copper Night", "Venues": "Leeds", "Songs": "Copper Kettle", "Artists": "1 song"}
    for group, text in groups.items():
        expect(page.get_by_role("group", name=group)).to_contain_text(text)


def test_a_manager_is_led_to_the_venues_page_of_a_song(console, asgi_server, host, songs):
    room = make_venue(name="0 Club", manager=host)
    page = console()
    page.goto(f"{asgi_server}/venues/{room.slug}/library")

    box(page).fill("wonderw")
    options(page).first.click()

    page.wait_for_url(re.compile(f"/venues/{room.slug}/library/{songs[0].pk}$"))


def test_a_host_adds_songs_one_after_the_other(console, jam, songs):
    desk = console()
    desk.click("#add > summary")
    box(desk).fill("wonder")

    options(desk).filter(has_text="Wonderwall").click()
    expect(desk.locator("[data-toast]")).to_contain_text("Wonderwall")
    box(desk).press("ArrowDown")

    expect(options(desk).filter(has_text="Wonderwall")).to_contain_text("Already in the jam")
    expect(options(desk).filter(has_text="Wonderwall")).to_have_attribute("aria-disabled", "true")
    assert jam.songs.filter(song=songs[0]).exists()


def test_songs_of_the_jam_are_found_without_a_line(phone, jam):
    make_jam_song(jam=jam, title="Wonderwall")
    mine = phone(expected=["ERR_INTERNET_DISCONNECTED"])
    mine.context.set_offline(True)

    box(mine).fill("wond")

    expect(options(mine)).to_contain_text("Already in the jam")
    expect(mine.locator("#suggest [role=status]")).to_contain_text("Offline")


def test_a_box_without_a_script_is_a_form(new_page, asgi_server, songs):
    page = new_page(java_script_enabled=False, viewport=PHONE)
    page.goto(f"{asgi_server}/")

    page.fill("#q", "wonderwal")
    page.press("#q", "Enter")

    expect(page.locator("main")).to_contain_text("Wonderwall")
    assert box(page).count() == 0
