"""A host undoes what was just done, by keyboard too, and everybody sees it."""

from django.utils import timezone
from playwright.sync_api import expect

from apps.jams.lineup import add_songs, queue_song
from apps.jams.models import JamSong
from tests.browser.conftest import open_live
from tests.factories import make_song


def candidate(desk, title):
    return desk.locator("[data-cand-rows] > *").filter(has_text=title)


def queue_by_keyboard(desk, title):
    candidate(desk, title).locator("[data-act=queue]").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-toast]")).to_contain_text("Queued")
    expect(desk.locator("[data-queue-rows] > *")).to_have_count(1)


def test_a_song_queued_by_mistake_goes_back_everywhere_by_keyboard(phone, console):
    mine, desk = phone(), console()
    undo = desk.locator("[data-undo]")
    expect(undo).to_be_hidden()
    queue_by_keyboard(desk, "Zombie")
    expect(mine.locator("[data-board]")).not_to_contain_text("Zombie")
    expect(undo.locator("[data-left]")).to_have_text("29 s")  # it counts

    undo.focus()
    desk.keyboard.press("Enter")

    expect(desk.locator("[data-toast] > span")).to_have_text("Undone: Queued \u2068Zombie\u2069.")
    expect(candidate(desk, "Zombie")).to_have_count(1)
    expect(desk.locator("[data-queue-rows] > *")).to_have_count(0)
    expect(mine.locator("[data-board]")).to_contain_text("Zombie")
    expect(undo).to_be_hidden()
    expect(desk.locator("[data-toast-close]")).to_be_focused()


def test_control_z_undoes_but_not_while_one_writes(console):
    desk = console()
    queue_by_keyboard(desk, "Zombie")

    desk.locator("[data-side=people]").click()
    desk.locator("#who").focus()
    desk.keyboard.press("Control+z")
    expect(desk.locator("[data-undo]")).to_be_visible()
    desk.locator("[data-side=people]").focus()
    desk.keyboard.press("Control+z")

    expect(desk.locator("[data-toast] > span")).to_contain_text("Undone")
    assert JamSong.objects.get(song__title="Zombie").status == "open"


def test_when_the_time_is_over_the_button_goes(console, settings):
    settings.UNDO_SECONDS = 3
    desk = console()
    queue_by_keyboard(desk, "Zombie")
    desk.locator("[data-undo]").focus()

    expect(desk.locator("[data-toast]")).to_be_hidden()

    expect(desk.locator("[data-undo]")).to_be_hidden()
    expect(desk.locator("#queue")).to_be_focused()
    assert JamSong.objects.get(song__title="Zombie").status == "queued"


def test_a_page_that_is_loaded_anew_still_offers_it(console, asgi_server, jam, host):
    desk = console()
    queue_song(jam_song=jam.songs.get(song__title="Dreams"), host=host)

    open_live(desk, f"{asgi_server}/jams/{jam.slug}/host")
    desk.locator("[data-undo]").click()

    expect(candidate(desk, "Dreams")).to_have_count(1)
    assert JamSong.objects.get(song__title="Dreams").status == "open"


def test_who_comes_too_late_is_told(console, jam, host):
    desk = console(expected=["409"])
    queue_by_keyboard(desk, "Zombie")
    queue_song(jam_song=jam.songs.get(song__title="Dreams"), host=host)  # on another of their devices

    desk.locator("[data-undo]").click()

    expect(desk.locator("[data-toast]")).to_contain_text("you have done something else since")
    assert jam.songs.queue().count() == 2


def test_somebody_removed_by_mistake_is_back(phone, console, jam):
    phone(name="Neon Kazoo", expected=["403"])
    desk = console()
    desk.click("[data-side=people]")
    person = desk.locator("[data-person-rows] > *").filter(has_text="Neon Kazoo")
    person.locator("a").click()
    desk.click("[data-sheet-dialog] [data-confirm]")
    desk.click("[data-yes]")
    expect(person).to_have_count(0)

    desk.locator("[data-undo]").click()

    expect(person).to_have_count(1)


def test_an_encore_is_open_to_votes_again_and_can_be_undone(phone, console, jam):
    jam.songs.filter(song__title="Zombie").update(status="played", ended_at=timezone.now())
    mine, desk = phone(), console()
    desk.locator("[data-lines] summary").click()

    desk.locator("[data-act=encore]").click()

    expect(candidate(desk, "Zombie")).to_have_count(1)
    vote = mine.locator("[data-board] [data-key]").filter(has_text="Zombie").locator(".vote")
    expect(vote).to_be_enabled()
    desk.locator("[data-undo]").click()
    expect(candidate(desk, "Zombie")).to_have_count(0)
    expect(desk.locator("[data-played]")).to_contain_text("Zombie")


def test_a_song_that_has_just_come_can_be_merged(phone, console, jam, host):
    desk = console()
    add_songs(jam=jam, host=host, songs=[make_song(title="Zombi", artist="Cranberries")])
    row = desk.locator("[data-cand-rows] > *").filter(has_text="Zombi").filter(has_text="Cranberries")
    row.locator("summary").click()

    row.locator("text=Merge into…").click()
    desk.locator("button[name=into]").first.click()

    expect(desk.locator("[data-cand-rows] > *")).to_have_count(3)
    expect(desk.locator(".told")).to_contain_text("is merged into")
    assert JamSong.objects.get(song__title="Zombi").status == "removed"
