"""By keyboard, by touch and without motion: a song's focus and its taps stay its own, wherever its row goes."""

import pytest
from playwright.sync_api import expect

from apps.jams.models import JamSong
from apps.voting.models import Vote
from apps.voting.operations import cast_vote
from tests.browser.conftest import open_live, titles
from tests.browser.test_live import first, row
from tests.factories import make_attendee, make_jam_song, make_slot

# Whether the element that has focus is at the top where it stands: nothing lies over it.
SEEN = """() => {
  const [box, focused] = [document.activeElement.getBoundingClientRect(), document.activeElement];
  const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const near = focused.closest("label, li, summary, .bar") ?? focused;
  return focused === document.body || !box.width || focused.contains(at) || near.contains(at) ? "" : focused.outerHTML;
}"""
RING = "() => getComputedStyle(document.activeElement).outlineStyle"


def tab_to(page, locator, most=60):
    """By the Tab key alone."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if locator.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError("Tab does not lead there")


def others_vote(jam, title, times=2):
    for _ in range(times):
        cast_vote(jam_song=jam.songs.get(song__title=title), attendee=make_attendee(jam=jam))


def test_a_vote_by_keyboard_is_said_and_focus_follows_its_song(phone, jam):
    mine = phone()
    button = row(mine, "Zombie").locator(".vote")

    tab_to(mine, button)
    assert mine.evaluate(RING) == "solid"
    mine.keyboard.press("Enter")

    first(mine, "Zombie")
    expect(button).to_be_focused()
    expect(button).to_have_accessible_name("1 vote Voted Zombie")
    expect(mine.locator("[data-announce]")).to_contain_text("Zombie")

    others_vote(jam, "Dreams")
    first(mine, "Dreams")
    expect(button).to_be_focused()
    mine.keyboard.press("Space")

    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Vote")
    assert not Vote.objects.filter(jam_song__song__title="Zombie").exists()


def test_a_row_that_moves_under_a_touch_never_takes_the_tap_of_another(phone, jam):
    mine = phone(has_touch=True)
    box = row(mine, "Creep").locator(".vote").bounding_box()
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch = mine.context.new_cdp_session(mine)

    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    others_vote(jam, "Zombie")
    expect(row(mine, "Zombie").locator("[data-votes]")).to_have_text("2")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    expect(row(mine, "Creep").locator(".vote-word")).to_have_text("Voted")
    first(mine, "Zombie")
    assert JamSong.objects.get(jam=jam, song__title="Creep").votes == 1
    assert JamSong.objects.get(jam=jam, song__title="Zombie").votes == 2


def test_a_song_is_suggested_by_keyboard_alone(phone, jam):
    make_jam_song(title="Come As You Are")
    mine = phone()

    tab_to(mine, mine.locator("#find"))
    mine.keyboard.type("come")
    expect(mine.locator("[role=option]")).to_contain_text("Come As You Are")
    mine.keyboard.press("ArrowDown")
    mine.keyboard.press("Enter")

    expect(row(mine, "Come As You Are").locator(".vote-word")).to_have_text("Voted")


def test_a_slot_is_claimed_by_keyboard_alone(phone, asgi_server, jam):
    slot = make_slot(jam_song=jam.songs.get(song__title="Zombie"), instrument="guitar")
    mine = phone("Ana")
    open_live(mine, f"{asgi_server}/jams/{jam.slug}/stage")

    tab_to(mine, mine.locator(f"#slot-{slot.pk} button"))
    mine.keyboard.press("Enter")

    expect(mine.locator(f"#slot-{slot.pk}")).to_contain_text("You")


@pytest.mark.parametrize("path", ["", "/stage", "/host"])
def test_no_bar_hides_what_has_focus(console, asgi_server, jam, path):
    for number in range(12):
        make_slot(jam_song=make_jam_song(jam=jam, title=f"Song {number}"), instrument="guitar")
    page = console()
    page.set_viewport_size({"width": 390, "height": 500})
    open_live(page, f"{asgi_server}/jams/{jam.slug}{path}")
    page.wait_for_load_state()
    hidden = set()
    for _ in range(45):
        page.keyboard.press("Tab")
        hidden.add(page.evaluate(SEEN))

    assert hidden == {""}


def test_without_motion_nothing_slides_and_with_it_rows_do(phone, jam):
    still, moving = phone(), phone()
    moving.emulate_media(reduced_motion="no-preference")
    for page in (still, moving):
        page.evaluate("""() => { window.slid = 0; const animate = Element.prototype.animate;
            Element.prototype.animate = function (...all) { window.slid += 1; return animate.apply(this, all); }; }""")

    others_vote(jam, "Zombie")

    for page in (still, moving):
        first(page, "Zombie")
    moving.wait_for_function("window.slid > 0")
    assert still.evaluate("window.slid") == 0
    assert still.evaluate("getComputedStyle(document.querySelector('.lamp')).animationName") == "none"


def test_the_big_screen_stands_still_while_it_is_paused(new_page, asgi_server, jam):
    screen = new_page(viewport={"width": 1920, "height": 1080})
    with screen.expect_websocket() as socket:
        open_live(screen, f"{asgi_server}/jams/{jam.slug}/screen")
    pause = screen.locator("[data-pause]")
    tab_to(screen, pause)
    screen.keyboard.press("Enter")
    expect(pause).to_have_attribute("aria-pressed", "true")

    with socket.value.expect_event("framereceived", lambda frame: "songs" in str(frame)):
        others_vote(jam, "Zombie")
    screen.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    assert titles(screen) == ["Creep", "Dreams", "Zombie"]
    screen.keyboard.press("Enter")
    first(screen, "Zombie")
