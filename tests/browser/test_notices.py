"""Who plays hears that they are next, on, or promoted: in the page, and through the browser where they asked for it."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from apps.jams.lineup import queue_song
from apps.jams.models import Attendee
from apps.stage.models import SignUp
from apps.stage.operations import sign_up, withdraw
from tests.browser.conftest import open_live
from tests.factories import make_attendee, make_slot

WIDE = {"width": 1920, "height": 1080}
NEXT = re.compile("You are on next: .bass. in .Zombie.. Come to the stage.")
UP = re.compile("Your song is up: .bass. in .Zombie.. Go on stage.")


@pytest.fixture
def bass(jam, host):
    """Of Zombie, the second song of the set list."""
    for title in ("Dreams", "Zombie"):
        queue_song(jam_song=jam.songs.get(song__title=title), host=host)
    return make_slot(jam_song=jam.songs.get(song__title="Zombie"), instrument="bass")


@pytest.fixture
def player(phone, bass):
    """The phone of somebody who has signed up, or waits, for the bass or another slot."""

    def opened(name, slot=bass):
        page = phone(name=name)
        sign_up(slot=slot, attendee=Attendee.objects.get(display_name=name))
        open_live(page, page.url)
        return page

    return opened


def said(page):
    return page.locator("[data-notices] .notice:not([data-new-version])")


def test_the_host_starts_and_whoever_is_next_hears_it_once_and_nobody_else(player, phone, console):
    ben, ana, desk = player("Ben"), phone(name="Ana"), console()
    expect(said(ben)).to_have_count(0)

    desk.click("[data-start]")

    expect(said(ben)).to_have_text(NEXT)
    expect(ana.locator("[data-now-title]")).to_have_text("Dreams")
    expect(said(ana)).to_have_count(0)

    said(ben).locator("button").click()
    open_live(ben, ben.url)
    expect(ben.locator("[data-now-title]")).to_have_text("Dreams")
    expect(said(ben)).to_have_count(0)

    desk.click("[data-start]:has-text('Zombie')")

    expect(said(ben)).to_have_text(UP)


def test_the_page_of_the_stage_tells_it_too_of_a_slot_just_taken(phone, bass, console):
    ben, desk = phone(name="Ben"), console()
    open_live(ben, f"{ben.url}/stage")
    ben.click(f"#slot-{bass.pk} button")
    expect(ben.locator(f"#slot-{bass.pk}")).to_contain_text("You")

    desk.click("[data-start]")

    expect(said(ben)).to_have_text(NEXT)


def test_whoever_is_promoted_and_how_the_night_goes_on_is_told(player, bass, console):
    first = sign_up(slot=bass, attendee=make_attendee(jam=bass.jam_song.jam, name="Ana"))
    ben, desk = player("Ben"), console()
    assert SignUp.objects.get(attendee__display_name="Ben").state == "waiting"

    withdraw(sign_up=first)
    expect(said(ben)).to_have_text(re.compile("You have the slot now: .bass. in .Zombie"))

    desk.click("[data-pause=voting]")
    expect(said(ben).last).to_contain_text("The host has paused voting.")


SPY = """
    window.told = [];
    window.Notification = class {
        static permission = "default";
        static async requestPermission() { return (this.permission = "%s"); }
        constructor(text) { told.push(text); %s }
    };
    Object.defineProperty(document, "hidden", { get: () => true });
"""


@pytest.mark.parametrize("breaks", ["", "throw new TypeError('Illegal constructor');"])
def test_the_browser_tells_only_who_tapped_for_it(player, bass, console, breaks):
    drums = make_slot(jam_song=bass.jam_song, instrument="drums")
    ben, cleo, desk = player("Ben"), player("Cleo", drums), console()
    for page in (ben, cleo):
        page.add_init_script(SPY % ("granted", breaks))
        open_live(page, page.url)
    ben.click("[data-tell] button")
    expect(ben.locator("[data-tell-note]")).to_contain_text("Your browser tells you")

    desk.click("[data-start]")

    expect(said(ben)).to_have_text(NEXT)
    assert [bool(NEXT.search(text)) for text in ben.evaluate("told")] == [True]
    expect(said(cleo)).to_contain_text("You are on next")
    assert cleo.evaluate("told") == []


def test_a_browser_that_blocks_it_says_so(player):
    ben = player("Ben")
    ben.add_init_script(SPY % ("denied", ""))
    open_live(ben, ben.url)

    ben.click("[data-tell] button")

    expect(ben.locator("[data-tell-note]")).to_contain_text("Your browser blocks it.")
    expect(ben.locator("[data-tell] button")).to_have_attribute("aria-pressed", "false")


def test_screen_and_overlay_follow_who_plays_and_the_overlay_lets_the_picture_through(
    bass, player, console, new_page, asgi_server, jam
):
    screen, overlay = new_page(viewport=WIDE), new_page(viewport=WIDE)
    open_live(screen, f"{asgi_server}/jams/{jam.slug}/screen")
    open_live(overlay, f"{asgi_server}/jams/{jam.slug}/overlay?show=now,next,top,code")

    console().click("[data-start]")
    player("Ben")

    for page in (screen, overlay):
        expect(page.locator("[data-now-title]")).to_have_text("Dreams")
        expect(page.locator("[data-players=next]")).to_have_text("Ben bass")
    picture = Image.open(BytesIO(overlay.screenshot(omit_background=True)))
    assert picture.getpixel((WIDE["width"] // 2, WIDE["height"] // 2)) == (0, 0, 0, 0)
    assert picture.getpixel((100, 1000))[3] == 255


def test_the_chooser_of_themes_goes_when_the_pointer_rests(new_page, asgi_server, jam):
    screen = new_page(viewport=WIDE)
    screen.clock.install()
    open_live(screen, f"{asgi_server}/jams/{jam.slug}/screen")

    screen.clock.run_for(5_000)
    expect(screen.locator(".screen-themes")).to_have_css("opacity", "0")
    screen.mouse.move(300, 300)
    screen.click("text=High contrast")

    expect(screen.locator("html")).to_have_attribute("data-theme", "contrast")
