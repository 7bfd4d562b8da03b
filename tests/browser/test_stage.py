"""Signing up to play, as performers see it happen on each other's phones."""

import pytest
from playwright.sync_api import expect

from apps.jams.lineup import queue_song
from apps.jams.models import JamSong
from apps.stage.models import SignUp
from apps.stage.operations import sign_up, withdraw
from tests.browser.conftest import open_live
from tests.factories import make_attendee, make_slot


@pytest.fixture
def slot(jam):
    return make_slot(jam_song=JamSong.objects.get(jam=jam, song__title="Zombie"), instrument="guitar")


@pytest.fixture
def stage(phone, asgi_server, jam):
    def go(name="", **options):
        page = phone(name, **options)
        open_live(page, f"{asgi_server}/jams/{jam.slug}/stage")
        return page

    return go


def place(page, slot):
    return page.locator(f"#slot-{slot.pk}")


def test_a_claim_shows_on_both_phones_and_who_comes_later_moves_up(stage, slot):
    ana, ben = stage("Ana"), stage("Ben")

    place(ana, slot).locator("button").click()

    expect(ana.locator("#part-mine")).to_contain_text("Zombie")
    expect(place(ana, slot)).to_contain_text("You")
    expect(place(ben, slot)).to_contain_text("Ana")

    place(ben, slot).locator("button").click()
    expect(place(ben, slot)).to_contain_text("you are number 1 in line")
    ana.get_by_role("button", name="Withdraw").click()

    expect(place(ben, slot)).to_contain_text("You")
    expect(ben.get_by_role("button", name="I’m here")).to_be_visible()
    assert ana.evaluate("scrollY") == 0
    assert SignUp.objects.filter(state="claimed").get().attendee.display_name == "Ben"


def test_being_here_is_said_with_the_keyboard_and_focus_stays(stage, slot):
    page = stage("Ana")
    place(page, slot).locator("button").focus()
    page.keyboard.press("Enter")

    expect(page.locator(f"#slot-{slot.pk}")).to_be_focused()
    page.get_by_role("button", name="I’m here").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#part-mine")).to_contain_text("You have said that you are here")
    expect(page.locator(f"#mine-{slot.pk}")).to_be_focused()
    assert SignUp.objects.get().state == "checked_in"


def test_a_song_that_is_queued_brings_its_time(stage, slot, host):
    page = stage("Ana")
    place(page, slot).locator("button").click()
    expect(page.locator("#part-mine")).to_contain_text("Not in the set list yet")

    queue_song(jam_song=slot.jam_song, host=host)

    expect(page.locator("#part-mine")).to_contain_text("about")
    expect(page.locator("#part-songs")).to_contain_text("In the set list")


def test_what_is_refused_stands_at_the_slot_and_nothing_reloads(stage, slot, jam):
    type(jam).objects.filter(pk=jam.pk).update(max_sign_ups=0)
    page = stage("Ana")
    page.evaluate("window.stayed = true")

    place(page, slot).locator("button").click()

    expect(place(page, slot)).to_contain_text("as often as one performer can be")
    assert page.evaluate("window.stayed")


def test_a_server_that_is_away_is_said(stage, slot):
    page = stage("Ana", expected=["Failed to load", "ERR"])
    page.route("**/slots/**", lambda route: route.abort())

    place(page, slot).locator("button").click()

    expect(page.locator("[data-told]")).to_contain_text("the server does not answer")
    assert not SignUp.objects.exists()


def test_studs_on_the_jams_page_follow_who_signs_up(phone, slot):
    page = phone()
    studs = page.locator(f"#song-{slot.jam_song_id} .studs")
    expect(studs).to_have_attribute("aria-label", "Line-up 0 of 1")

    mine = sign_up(slot=slot, attendee=make_attendee(jam=slot.jam_song.jam))
    expect(studs).to_have_attribute("aria-label", "Line-up 1 of 1")
    expect(studs).to_have_class("studs is-full")
    withdraw(sign_up=mine)

    expect(studs).to_have_attribute("aria-label", "Line-up 0 of 1")
    expect(page.locator(".studs:visible")).to_have_count(1)


def test_a_suggestion_signs_its_suggester_up(phone, jam):
    page = phone("Ana")
    page.click(".own summary")
    page.fill("#own-title", "Valerie")
    page.fill("#own-artist", "Amy Winehouse")
    page.select_option("#own-instrument", "vocals")

    page.click("text=Suggest it")

    expect(page.locator("[data-suggest-told]")).to_contain_text("You are signed up for it.")
    mine = SignUp.objects.get()
    assert (mine.slot.instrument, mine.attendee.display_name) == ("vocals", "Ana")
