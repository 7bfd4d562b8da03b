"""The console's line-up and people: live for every host, by keyboard, and nothing is lost when the line is down."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from apps.jams.models import Attendee, JamHost
from apps.jams.people import set_away
from apps.stage.models import SignUp
from apps.stage.operations import check_in, sign_up
from apps.voting.models import Vote
from tests.browser.conftest import open_live
from tests.factories import make_attendee, make_jam_song, make_slot, make_user


@pytest.fixture
def song(jam):
    return make_jam_song(jam=jam, title="Valerie", status="queued", position=1)


@pytest.fixture
def slot(song):
    return make_slot(jam_song=song, instrument="bass")


@pytest.fixture
def second_host(new_page, asgi_server, jam):
    """A co-host with a console of their own."""
    user, client = make_user(), Client()
    JamHost.objects.create(jam=jam, user=user, role="co_host")
    client.force_login(user)
    page = new_page(viewport={"width": 1180, "height": 820})
    name = client.cookies["session"].key
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": asgi_server}])
    open_live(page, f"{asgi_server}/jams/{jam.slug}/host?side=lineup")
    return page


def chip(desk, slot):
    return desk.locator(f"[data-lineup] #slot-{slot.pk}")


def on_the_lineup(desk):
    desk.click("[data-side=lineup]")
    return desk


def test_a_sign_up_on_a_phone_shows_on_the_console_with_its_line(console, jam, slot):
    desk = on_the_lineup(console())
    expect(chip(desk, slot)).to_contain_text("Put someone on")
    expect(desk.locator("[data-missing]")).to_contain_text("1")

    first = sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Tom"))
    sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Ana"))

    expect(chip(desk, slot)).to_contain_text("Tom, not here yet")
    expect(chip(desk, slot)).to_contain_text("In line: Ana")
    expect(desk.locator("[data-missing]")).to_be_hidden()
    check_in(sign_up=first)
    expect(chip(desk, slot)).to_contain_text("Tom, here")


def test_somebody_new_is_put_on_by_keyboard_and_the_other_host_sees_it(console, second_host, slot):
    desk = on_the_lineup(console())
    chip(desk, slot).focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#sheet-title")).to_be_focused()
    for _ in range(10):
        desk.keyboard.press("Tab")
        if desk.evaluate("document.activeElement.id") == "put-new":
            break
    desk.keyboard.type("Uncle Bob")
    desk.keyboard.press("Enter")

    expect(desk.locator("[data-toast]")).to_contain_text("Signed up: \u2068Uncle Bob\u2069.")
    expect(desk.locator("[data-sheet-dialog]")).to_be_hidden()
    expect(chip(desk, slot)).to_be_focused()
    for host in (desk, second_host):
        expect(chip(host, slot)).to_contain_text("Uncle Bob")
    assert not Attendee.objects.get(display_name="Uncle Bob").has_phone


def test_somebody_in_line_is_given_the_slot(console, jam, slot):
    sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Tom"))
    sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Ana"))
    desk = on_the_lineup(console())
    chip(desk, slot).click()

    desk.get_by_role("button", name="Give the slot Ana").click()

    expect(chip(desk, slot)).to_contain_text("Ana, not here yet In line: Tom", use_inner_text=True)
    assert SignUp.objects.holding().get().attendee.display_name == "Ana"


def test_what_the_server_does_not_take_is_said_where_the_host_looks_and_can_be_done_again(console, jam, slot):
    sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Tom"))
    desk = on_the_lineup(console(expected=["ERR_INTERNET_DISCONNECTED", "WebSocket"]))
    chip(desk, slot).click()
    here = desk.get_by_role("button", name="Is here")
    expect(here).to_be_visible()

    desk.context.set_offline(True)
    here.click()
    expect(desk.locator("[data-sheet-told]")).to_contain_text("Not done: the server does not answer.")
    assert SignUp.objects.get().state == "claimed"
    desk.context.set_offline(False)
    here.click()

    expect(desk.locator("[data-sheet-dialog]")).to_be_hidden()
    expect(chip(desk, slot)).to_contain_text("Tom, here")
    assert SignUp.objects.get().state == "checked_in"


def test_a_slot_is_added_and_two_swap(console, jam, song, slot):
    keys = make_slot(jam_song=song, instrument="keys")
    for one, name in ((slot, "Tom"), (keys, "Jo")):
        sign_up(slot=one, attendee=make_attendee(jam=jam, name=name))
    desk = on_the_lineup(console())
    chip(desk, slot).click()
    desk.locator("#move-to").select_option(str(keys.pk))
    desk.get_by_role("button", name="Move or swap").click()
    expect(chip(desk, slot)).to_contain_text("Jo")
    expect(chip(desk, keys)).to_contain_text("Tom")

    desk.locator(f"#slots-{song.pk}").click()
    desk.locator("#instrument").fill("cello")
    desk.get_by_role("button", name="Add the slot").click()

    expect(desk.locator("[data-lineup]")).to_contain_text("Cello")
    expect(desk.locator("[data-queue-rows] > *")).to_have_count(1)  # a slot is no song


def test_a_host_adds_somebody_votes_for_them_and_signs_them_up(console, phone, jam, slot):
    mine, desk = phone(), console()
    desk.click("[data-side=people]")
    desk.click("#add-person")
    desk.locator("#new-person").fill("Uncle Bob")
    desk.keyboard.press("Enter")
    row = desk.locator("[data-person-rows] > *").filter(has_text="Uncle Bob")
    expect(row).to_contain_text("without a phone")
    row.locator("a").click()

    desk.locator("#vote-for").select_option(label="Zombie")
    desk.get_by_role("button", name="Vote", exact=True).click()

    take_back = desk.get_by_role("button", name="Take back Zombie")
    expect(take_back).to_be_visible()
    first = mine.locator("[data-board] [data-key] .song-title").first
    expect(first).to_have_text("Zombie")
    take_back.click()
    expect(take_back).to_have_count(0)
    desk.locator("#sign-up-for").select_option(str(slot.pk))
    desk.get_by_role("button", name="Sign up").click()
    expect(desk.locator("[data-sheet-part]")).to_contain_text("Plays Valerie Bass", use_inner_text=True)
    desk.keyboard.press("Escape")
    expect(row).to_contain_text("Bass · 1 song")
    assert not Vote.objects.exists()


def test_away_on_a_phone_is_seen_by_the_hosts(console, jam, slot):
    tom = make_attendee(jam=jam, name="Tom")
    sign_up(slot=slot, attendee=tom)
    desk = on_the_lineup(console())
    expect(chip(desk, slot)).to_contain_text("Tom")

    set_away(attendee=tom, away=True)

    expect(chip(desk, slot)).to_contain_text("Tom, away")
    desk.click("[data-side=people]")
    expect(desk.locator("[data-person-rows]")).to_contain_text("Away")


def test_what_a_host_writes_is_not_lost_when_the_room_changes(console, jam, slot):
    desk = on_the_lineup(console())
    chip(desk, slot).click()
    desk.locator("#put-new").fill("Aunt J")

    sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Tom"))

    expect(chip(desk, slot)).to_contain_text("Tom")
    expect(desk.locator("#put-new")).to_have_value("Aunt J")
