"""A song that the venue does not play: gone from every screen at once, and marked where one searches."""

import re

from playwright.sync_api import expect

from apps.catalog.library import ban_song
from tests.browser.test_undo import candidate
from tests.factories import make_song

WHY = "Nobody can hear it any more."


def test_a_ban_from_the_console_takes_the_song_off_every_phone(phone, console, jam, host):
    jam.venue.managers.add(host)
    mine, desk = phone(), console()
    expect(mine.locator("[data-board]")).to_contain_text("Zombie")

    candidate(desk, "Zombie").locator("summary").click()
    candidate(desk, "Zombie").get_by_role("link", name=re.compile("Ban at this venue")).click()
    desk.get_by_label("Why").fill(WHY)
    desk.get_by_role("button", name="Ban it").click()

    expect(desk.locator(".told-bar")).to_contain_text("is not played at")
    expect(candidate(desk, "Zombie")).to_have_count(0)
    expect(mine.locator("[data-board]")).not_to_contain_text("Zombie")


def test_searches_mark_what_is_banned_and_offer_the_rest(phone, console, jam, host):
    jam.venue.managers.add(host)
    for title in ("Wonderwall", "Wonderful Tonight"):
        make_song(title=title, artist="Somebody")
    ban_song(venue=jam.venue, song=make_song(title="Wonderland"), by=host, why=WHY)
    mine, desk = phone(), console()

    mine.fill("#find", "wonder")
    desk.locator("#add > summary").click()
    desk.fill("#find", "wonder")

    for page, offer in ((mine, "Suggest"), (desk, "Add")):
        banned = page.locator("[role=option]").filter(has_text="Wonderland")
        expect(banned).to_be_disabled()
        expect(banned).to_contain_text("Not played here")
        fine = page.locator("[role=option]").filter(has_text="Wonderwall")
        expect(fine).to_be_enabled()
        expect(fine).to_contain_text(offer)


def test_a_ban_since_the_page_was_made_is_told_with_its_reason(phone, jam, host):
    jam.venue.managers.add(host)
    mine = phone(expected=["409"])
    ban_song(venue=jam.venue, song=make_song(title="Wonderwall"), by=host, why=WHY)

    mine.fill("#find", "wonderw")
    mine.locator("[role=option]").filter(has_text="Wonderwall").click()

    expect(mine.locator("[data-suggest-told]")).to_contain_text(f"{jam.venue.name} does not play this: {WHY}")
