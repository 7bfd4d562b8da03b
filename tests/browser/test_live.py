"""What people in the room see of each other, in a real browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.jams.lineup import queue_song
from apps.jams.models import Jam, JamSong
from apps.voting.models import Vote
from tests.browser.conftest import open_live, titles
from tests.factories import make_jam_song

WIDE = {"width": 1920, "height": 1080}


def row(page, title):
    return page.locator("[data-board] [data-key]").filter(has_text=title)


def first(page, title):
    expect(page.locator("[data-board] [data-key]").first).to_contain_text(title)


def test_a_vote_moves_the_row_on_another_phone_and_on_the_big_screen(phone, new_page, asgi_server, jam):
    mine, other, screen = phone(), phone(), new_page(viewport=WIDE)
    open_live(screen, f"{asgi_server}/jams/{jam.slug}/screen")
    first(other, "Creep")

    row(mine, "Zombie").locator(".vote").click()

    first(other, "Zombie")
    first(screen, "Zombie")
    expect(row(other, "Zombie").locator("[data-votes]")).to_have_text("1")
    expect(row(screen, "Zombie").locator("[data-votes]")).to_have_text("1")
    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Voted")
    assert Vote.objects.count() == 1


def test_taking_a_vote_back_puts_the_row_back(phone):
    mine, other = phone(), phone()
    row(mine, "Zombie").locator(".vote").click()
    first(other, "Zombie")

    mine.locator("[data-mine] [data-take]").click()

    first(other, "Creep")
    expect(mine.locator("[data-mine-none]")).to_be_visible()
    assert Vote.objects.count() == 0


def test_joining_by_code_and_voting(new_page, asgi_server, jam):
    page = new_page()
    page.goto(asgi_server)
    page.fill("#code", f"{jam.code[:3].lower()} {jam.code[3:]}")
    page.click("text=Join >> nth=0")

    page.click("text=Join and vote")
    row(page, "Dreams").locator(".vote").click()

    expect(row(page, "Dreams").locator(".vote-word")).to_have_text("Voted")
    expect(page.locator("[data-mine]")).to_contain_text("Dreams")


def test_a_visitor_joins_and_votes_with_one_tap_on_a_song(new_page, asgi_server, jam):
    page = new_page()
    open_live(page, f"{asgi_server}/jams/{jam.slug}")

    row(page, "Zombie").locator(".vote").click()

    expect(row(page, "Zombie").locator(".vote-word")).to_have_text("Voted")
    assert Vote.objects.count() == 1


def test_a_refused_vote_rolls_back_and_says_why(phone, jam):
    Jam.objects.filter(pk=jam.pk).update(max_votes=1)
    mine = phone(expected=["409"])
    row(mine, "Zombie").locator(".vote").click()
    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Voted")

    row(mine, "Dreams").locator(".vote").click()

    dreams = row(mine, "Dreams")
    expect(dreams.locator(".vote-word")).to_have_text("Refused")
    expect(dreams.locator(".song-note")).to_contain_text("All your votes are out")
    expect(dreams.locator("[data-votes]")).to_have_text("0")
    assert dreams.locator(".vote").get_attribute("aria-describedby") == dreams.locator(".song-note").get_attribute("id")
    assert Vote.objects.count() == 1


def test_the_host_starts_the_next_song_and_all_follow(phone, console, new_page, asgi_server, jam, host):
    queue_song(jam_song=jam.songs.get(song__title="Dreams"), host=host)
    mine, desk, screen = phone(), console(), new_page(viewport=WIDE)
    open_live(screen, f"{asgi_server}/jams/{jam.slug}/screen")

    desk.click("[data-start]")

    for page in (mine, screen, desk):
        expect(page.locator("[data-now-title]")).to_have_text("Dreams")
        expect(page.locator("[data-now-label]")).to_have_text("Now playing")
    expect(desk.locator("[data-toast]")).to_contain_text("Started")
    assert "Dreams" not in titles(mine)


def test_a_new_song_appears_everywhere(phone, console):
    mine, desk = phone(), console()
    desk.click("#add > summary")
    desk.fill("#lines", "Valerie - Amy Winehouse")
    desk.click("text=Add them")

    expect(row(mine, "Valerie")).to_be_visible()


def test_a_suggestion_is_typed_found_and_voted_for(phone, jam):
    jam_song = make_jam_song(title="Come As You Are")
    mine, other = phone(), phone()

    mine.fill("#find", "come")
    mine.locator("[role=option]").filter(has_text="Come As You Are").click()

    first(other, "Come As You Are")
    expect(row(mine, "Come As You Are").locator(".vote-word")).to_have_text("Voted")
    assert JamSong.objects.get(jam=jam, song=jam_song.song).votes == 1


def test_what_is_in_the_jam_is_jumped_to_and_voted_for(phone):
    mine = phone()

    mine.fill("#find", "zomb")
    expect(mine.locator("[role=option]")).to_contain_text("Already in the jam, place 3")
    mine.locator("#find").press("ArrowDown")
    mine.keyboard.press("Enter")

    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Voted")
    expect(row(mine, "Zombie").locator(".vote")).to_be_focused()


def test_pauses_and_the_end_reach_the_phones(phone, console):
    mine, desk = phone(), console()

    desk.click("[data-pause=voting]")
    expect(mine.locator("[data-voting=paused]")).to_be_visible()
    expect(mine.locator("[data-board] .vote").first).to_be_disabled()
    expect(desk.locator("[data-pause=voting][aria-pressed=true]:not([aria-busy=true])")).to_be_visible()
    desk.click("[data-pause=voting]")
    expect(mine.locator("[data-voting=paused]")).to_be_hidden()

    desk.click("text=Ended")
    desk.click("[data-yes]")
    expect(mine.locator("text=That was the night")).to_be_visible()


def test_counts_that_are_hidden_reach_the_host_only(phone, console, jam):
    Jam.objects.filter(pk=jam.pk).update(counts="hidden")
    mine, other, desk = phone(), phone(), console()

    row(mine, "Zombie").locator(".vote").click()

    candidate = desk.locator("[data-cand-rows] > *").first
    expect(candidate).to_contain_text("Zombie")
    expect(candidate.locator("[data-votes]")).to_have_text("1")
    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Voted")
    expect(row(other, "Zombie").locator("[data-votes]")).to_be_hidden()


def test_somebody_removed_sees_it_and_their_votes_are_gone(phone, console):
    mine, other, desk = phone(name="Neon Kazoo", expected=["403"]), phone(), console()
    row(mine, "Zombie").locator(".vote").click()
    first(other, "Zombie")

    desk.click("[data-side=people]")
    desk.locator("[data-person-rows] > *").filter(has_text="Neon Kazoo").locator("a").click()
    desk.click("[data-sheet-dialog] [data-confirm]")
    desk.click("[data-yes]")

    first(other, "Creep")
    expect(mine.locator("text=You were taken off this jam")).to_be_visible()


def test_the_queue_is_ordered_by_keyboard(console, jam, host):
    for jam_song in jam.songs.order_by("pk"):
        queue_song(jam_song=jam_song, host=host)
    desk = console()
    queue = desk.locator("[data-queue-rows] > *")
    expect(queue.locator("h3")).to_have_text(["Creep", "Dreams", "Zombie"])

    queue.first.locator("[data-down]").focus()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Enter")  # before the first step is answered

    expect(queue.locator("h3")).to_have_text(["Dreams", "Zombie", "Creep"])
    expect(queue.nth(2).locator("[data-up]")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(queue.locator("h3")).to_have_text(["Dreams", "Creep", "Zombie"])


@pytest.mark.parametrize("path", ["/", "/jams", "/songs", "/venues", "/login", "/nope", "/j/zzzzzz"])
def test_pages_make_no_noise(new_page, asgi_server, jam, path):
    page = new_page(expected=["404"])

    page.goto(asgi_server + path)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_phone_works_without_scripts(new_page, asgi_server, jam):
    page = new_page(java_script_enabled=False)
    page.goto(f"{asgi_server}/j/{jam.code}")

    page.click("text=Join and vote")
    row(page, "Zombie").locator(".vote").click()

    expect(page.locator("[data-board] [data-key]").first).to_contain_text("Zombie")
    expect(row(page, "Zombie").locator(".vote-word")).to_have_text("Voted")


def test_voting_closes_on_the_phone_when_its_time_has_come(phone, jam):
    Jam.objects.filter(pk=jam.pk).update(voting_closes_at=timezone.now() + timedelta(seconds=8))
    page = phone()
    expect(row(page, "Zombie").locator(".vote")).to_be_enabled()

    expect(row(page, "Zombie").locator(".vote-word")).to_have_text("Closed")
    expect(row(page, "Zombie").locator(".vote")).to_be_disabled()


def test_an_ended_screen_stands_still_and_quiet(new_page, asgi_server, jam):
    Jam.objects.filter(pk=jam.pk).update(status="ended")
    JamSong.objects.filter(song__title="Dreams").update(status="queued", position=1)
    screen = new_page(viewport=WIDE)

    open_live(screen, f"{asgi_server}/jams/{jam.slug}/screen")

    screen.wait_for_timeout(3000)  # by then the line says how it stands
    expect(screen.locator("[data-next]")).to_be_hidden()
    expect(screen.locator("text=That was the night")).to_be_visible()


def test_the_last_call_reaches_the_big_screen_while_a_song_plays(console, new_page, asgi_server, jam):
    JamSong.objects.filter(song__title="Dreams").update(status="playing", started_at=timezone.now())
    desk, screen = console(), new_page(viewport=WIDE)
    open_live(screen, f"{asgi_server}/jams/{jam.slug}/screen")
    expect(screen.locator("[data-last-call]")).to_be_hidden()

    desk.click("[data-step=last-call]")

    expect(screen.locator("[data-last-call]")).to_be_visible()
    expect(screen.locator("[data-now-title]")).to_have_text("Dreams")


def test_after_the_end_the_console_offers_nothing_that_no_longer_works(console, jam, host):
    queue_song(jam_song=jam.songs.get(song__title="Dreams"), host=host)
    desk = console()
    expect(desk.locator("[data-start]")).to_be_visible()

    desk.click("text=Ended")
    desk.click("[data-yes]")

    expect(desk.locator("[data-over]")).to_be_visible()
    expect(desk.locator("[data-step=ended]")).to_have_attribute("aria-current", "step")
    enabled = desk.locator("button[data-act]:visible:enabled, #add:visible, [data-pause]:visible")
    expect(enabled).to_have_count(0)


def test_a_draft_is_opened_with_its_one_big_button(console, jam):
    Jam.objects.filter(pk=jam.pk).update(status="draft")
    desk = console()
    expect(desk.locator(".btn-go:visible")).to_have_count(1)

    desk.click("text=Open the jam")

    expect(desk.locator("[data-step=open]")).to_have_attribute("aria-pressed", "true")
    expect(desk.locator("[data-draft]")).to_be_hidden()
    expect(desk.locator("[data-start]")).to_be_visible()


def test_a_painted_count_of_one_is_said_as_one(phone, console):
    mine, desk = phone(), console()

    row(mine, "Zombie").locator(".vote").click()

    expect(row(mine, "Zombie").locator("[data-votes-word]")).to_have_text("vote")
    expect(row(mine, "Creep").locator("[data-votes-word]")).to_have_text("votes")
    expect(desk.locator("[data-cand-rows] > *").first.locator("[data-votes-word]")).to_have_text("vote")


def test_a_song_that_goes_on_goes_on(phone, jam):
    song = jam.songs.get(song__title="Dreams")
    type(song.song).objects.filter(pk=song.song_id).update(duration=198)
    JamSong.objects.filter(pk=song.pk).update(status="playing", started_at=timezone.now() - timedelta(seconds=197))
    mine = phone()

    expect(mine.locator("[data-done]")).to_have_text("3:20")
    expect(mine.locator("[data-whole]")).to_be_hidden()


def test_buttons_of_my_jams_stand_in_one_line_on_a_phone(console, asgi_server):
    desk = console()
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.goto(f"{asgi_server}/host")

    buttons = desk.locator(".nights .row-of").first.locator(".btn")

    assert buttons.count() == 3
    assert len({round(button.bounding_box()["y"]) for button in buttons.all()}) == 1
