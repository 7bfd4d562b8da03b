"""A host fills, arranges and locks the set list, by keyboard alone too, and loses nothing when the line drops."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.jams.lineup import queue_song
from apps.jams.models import Jam
from apps.stage.operations import sign_up
from tests.factories import make_attendee, make_jam, make_jam_song, make_sign_up, make_slot, make_song, make_vote


@pytest.fixture
def jam(host):
    """Three open songs of 3 minutes, the first with most votes; it ends in half an hour."""
    now = timezone.now()
    jam = make_jam(host=host, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(minutes=30))
    for votes, title in enumerate(("Zombie", "Dreams", "Creep")):
        jam_song = make_jam_song(jam=jam, song=make_song(title=title, duration=180))
        for _ in range(votes):
            make_vote(jam_song=jam_song)
    return jam


def row(desk, title):
    return desk.locator("[data-queue-rows] > *").filter(has_text=title)


def candidate(desk, title):
    return desk.locator("[data-cand-rows] > *").filter(has_text=title)


def queue(desk):
    return desk.locator("[data-queue-rows] > * .song-title")


def fill_up(desk):
    desk.locator("[data-fill] [value=plan]").click()
    expect(queue(desk)).to_have_text(["Creep", "Dreams", "Zombie"])


def stored(jam):
    return list(jam.songs.queue().values_list("song__title", "locked"))


def test_it_is_filled_and_one_undo_empties_it(console):
    desk = console()

    fill_up(desk)

    expect(desk.locator("[data-toast] > span")).to_have_text("Queued the next songs of the plan.")
    expect(desk.locator("[data-ends]")).to_contain_text("ends about")
    desk.locator("[data-undo]").click()
    expect(queue(desk)).to_have_count(0)


def test_a_song_is_locked_moved_and_arranged_around_by_keyboard_alone(console, jam):
    desk = console()
    desk.locator("[data-fill] [value=plan]").focus()
    desk.keyboard.press("Enter")
    expect(queue(desk)).to_have_text(["Creep", "Dreams", "Zombie"])

    row(desk, "Zombie").locator("[data-act=unqueue]").focus()
    desk.keyboard.press("Alt+ArrowUp")
    expect(queue(desk)).to_have_text(["Creep", "Zombie", "Dreams"])
    expect(row(desk, "Zombie").locator("[data-act=unqueue]")).to_be_focused()
    desk.keyboard.press("l")
    expect(row(desk, "Zombie").locator("[data-lock]")).to_have_attribute("aria-pressed", "true")
    expect(row(desk, "Zombie").locator("[data-why]")).to_have_text("Locked")
    desk.keyboard.press("ArrowUp")
    expect(row(desk, "Creep").locator("[data-act=unqueue]")).to_be_focused()
    desk.keyboard.press("Alt+ArrowDown")
    desk.keyboard.press("Alt+ArrowDown")
    expect(queue(desk)).to_have_text(["Zombie", "Dreams", "Creep"])
    desk.locator("[data-fill] input[value=balanced]").focus()
    desk.keyboard.press("ArrowRight")
    desk.locator("[data-fill] [value=arrange]").focus()
    desk.keyboard.press("Enter")

    expect(queue(desk)).to_have_text(["Zombie", "Creep", "Dreams"])
    assert stored(jam) == [("Zombie", True), ("Creep", False), ("Dreams", False)]
    expect(desk.locator("[data-toast] > span")).to_have_text("Put the set list in order.")
    desk.keyboard.press("Control+z")
    expect(queue(desk)).to_have_text(["Zombie", "Dreams", "Creep"])


def test_times_and_line_ups_follow(console, jam, host):
    slot = make_slot(jam_song=jam.songs.get(song__title="Creep"))
    player = make_attendee(jam=jam)
    desk = console()
    queue_song(jam_song=jam.songs.get(song__title="Creep"), host=host)
    queue_song(jam_song=jam.songs.get(song__title="Dreams"), host=host)
    expect(row(desk, "Creep").locator("[data-studs]")).to_have_attribute("aria-label", "Line-up 0 of 1")
    first, second = (row(desk, title).locator("[data-at]").inner_text() for title in ("Creep", "Dreams"))
    assert minutes(second) - minutes(first) in (5, 5 - 24 * 60)

    sign_up(slot=slot, attendee=player)

    expect(row(desk, "Creep").locator("[data-studs]")).to_have_attribute("aria-label", "Line-up 1 of 1")
    row(desk, "Dreams").locator("[data-up]").click()
    expect(row(desk, "Dreams").locator("[data-at]")).to_have_text(first)


def minutes(clock):
    hours, past = clock.split(":")
    return int(hours) * 60 + int(past)


def test_only_playable_songs_are_shown_and_queued_when_the_host_insists(console, jam):
    for title in ("Creep", "Dreams", "Zombie"):
        slot = make_slot(jam_song=jam.songs.get(song__title=title))
        if title == "Dreams":
            make_sign_up(slot=slot, attendee=make_attendee(jam=jam))
    desk = console()

    desk.locator("[data-playable]").check()
    expect(candidate(desk, "Creep")).to_have_count(0)
    expect(candidate(desk, "Dreams")).to_have_count(1)
    desk.locator("[data-fill] [value=plan]").click()

    expect(queue(desk)).to_have_text(["Dreams"])
    assert "playable=1" in desk.url
    desk.locator("[data-playable]").uncheck()
    expect(candidate(desk, "Creep")).to_have_count(1)


def test_what_no_longer_fits_says_so(console, jam, host):
    Jam.objects.filter(pk=jam.pk).update(ends_at=timezone.now() + timedelta(minutes=4))
    desk = console()

    expect(candidate(desk, "Creep").locator("[data-late]")).to_be_hidden()
    expect(candidate(desk, "Dreams").locator("[data-late]")).to_contain_text("No time left")
    queue_song(jam_song=jam.songs.get(song__title="Creep"), host=host)
    expect(candidate(desk, "Dreams").locator("[data-late]")).to_contain_text("No time left")


@pytest.mark.parametrize(
    ("button", "after"),
    [
        ("[data-queue-rows] > :first-child [data-lock]", [("Creep", True), ("Dreams", False), ("Zombie", False)]),
        ("[data-queue-rows] > :first-child [data-down]", [("Dreams", False), ("Creep", False), ("Zombie", False)]),
        ("[data-queue-rows] > :last-child [data-act=unqueue]", [("Creep", False), ("Dreams", False)]),
    ],
)
def test_what_could_not_be_sent_says_so_and_its_button_stays(console, jam, button, after):
    desk = console(expected=["ERR_INTERNET_DISCONNECTED", "WebSocket"])
    fill_up(desk)
    before = stored(jam)

    desk.context.set_offline(True)
    desk.locator(button).click()
    expect(desk.locator("[data-toast] > span")).to_have_text("Not done: the server does not answer. Try again.")
    expect(desk.locator(button)).to_be_enabled()
    expect(desk.locator(button)).not_to_have_attribute("aria-busy", "true")
    assert stored(jam) == before
    desk.context.set_offline(False)
    expect(desk.locator("[data-connection]")).to_be_hidden()
    desk.locator(button).click()

    expect(queue(desk)).to_have_text([title for title, _locked in after])
    expect(desk.locator("[data-undo]")).to_be_visible()
    assert stored(jam) == after


def test_filling_that_could_not_be_sent_is_not_lost_either(console, jam):
    desk = console(expected=["ERR_INTERNET_DISCONNECTED", "WebSocket"])
    desk.context.set_offline(True)
    desk.locator("[data-fill] [value=plan]").click()
    expect(desk.locator("[data-toast] > span")).to_have_text("Not done: the server does not answer. Try again.")
    assert stored(jam) == []

    desk.context.set_offline(False)

    fill_up(desk)


def test_a_press_shows_at_once(console, jam):
    """Before the server has answered."""
    desk = console()
    fill_up(desk)
    desk.route("**/lock", lambda route: (desk.wait_for_timeout(300), route.continue_()))
    lock = row(desk, "Creep").locator("[data-lock]")

    shown = lock.evaluate(
        """async (button) => {
            const pressed = performance.now();
            button.click();
            while (button.getAttribute("aria-busy") !== "true") await new Promise(requestAnimationFrame);
            return performance.now() - pressed;
        }"""
    )

    assert shown < 100
    expect(lock).to_have_attribute("aria-pressed", "true")
