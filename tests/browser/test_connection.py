"""Bad Wi-Fi: what the phone says, keeps and sends once."""

from playwright.sync_api import expect

from apps.voting.models import Vote
from apps.voting.operations import cast_vote
from tests.browser.conftest import open_live
from tests.browser.test_live import first, row
from tests.factories import make_attendee


def test_a_lost_socket_comes_back_with_what_was_missed(phone, jam):
    mine = phone(expected=["WebSocket", "ERR_"])
    mine.context.set_offline(True)
    expect(mine.locator("[data-connection]")).to_contain_text("Offline")
    cast_vote(jam_song=jam.songs.get(song__title="Zombie"), attendee=make_attendee(jam=jam))

    mine.context.set_offline(False)

    first(mine, "Zombie")
    expect(mine.locator("[data-connection]")).to_be_hidden()


def test_votes_without_a_line_wait_and_count_once(phone):
    mine = phone(expected=["WebSocket", "ERR_"])
    mine.context.set_offline(True)
    for title in ("Zombie", "Dreams"):
        row(mine, title).locator(".vote").click()
    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Sending")
    expect(row(mine, "Zombie").locator("[data-votes]")).to_have_text("1")
    expect(mine.locator("[data-connection]")).to_contain_text("2 votes wait here")
    assert Vote.objects.count() == 0

    mine.context.set_offline(False)

    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Voted")
    expect(row(mine, "Dreams").locator(".vote-word")).to_have_text("Voted")
    assert Vote.objects.count() == 2


def test_votes_survive_a_closed_tab(phone, asgi_server, jam):
    mine = phone(expected=["WebSocket", "ERR_"])
    mine.context.set_offline(True)
    row(mine, "Zombie").locator(".vote").click()
    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Sending")
    context = mine.context
    mine.close()
    context.set_offline(False)

    again = context.new_page()
    open_live(again, f"{asgi_server}/jams/{jam.slug}")

    expect(row(again, "Zombie").locator(".vote-word")).to_have_text("Voted")
    assert Vote.objects.count() == 1


def test_a_vote_is_tried_again_while_the_server_is_away(phone):
    mine = phone(expected=["503"])
    refused = []

    def away(route):
        refused.append(1)
        if len(refused) < 3:
            route.fulfill(status=503, body="")
        else:
            route.continue_()

    mine.route("**/vote", away)
    row(mine, "Zombie").locator(".vote").click()
    expect(mine.locator("[data-connection]")).to_contain_text("The server does not answer")

    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Voted")
    assert len(refused) == 3
    assert Vote.objects.count() == 1


def test_without_a_socket_the_page_polls(new_page, asgi_server, jam):
    page = new_page(expected=["WebSocket"])
    page.add_init_script(
        "class Dead extends EventTarget { constructor() { super(); this.readyState = 3;"
        " setTimeout(() => this.onclose({ code: 1006 }), 5); } close() {} }"
        " Dead.OPEN = 1; window.WebSocket = Dead; Math.random = () => 0;"
    )
    open_live(page, f"{asgi_server}/jams/{jam.slug}")

    expect(page.locator("[data-connection]")).to_contain_text("Looking again every few seconds")
    cast_vote(jam_song=jam.songs.get(song__title="Zombie"), attendee=make_attendee(jam=jam))

    first(page, "Zombie")


def test_rows_stay_where_they_are_under_a_finger(phone, jam):
    mine = phone()
    mine.evaluate("setInterval(() => dispatchEvent(new PointerEvent('pointerdown')), 100)")
    mine.wait_for_timeout(150)

    cast_vote(jam_song=jam.songs.get(song__title="Zombie"), attendee=make_attendee(jam=jam))
    expect(row(mine, "Zombie").locator("[data-votes]")).to_have_text("1")
    mine.wait_for_timeout(800)
    first(mine, "Creep")

    mine.evaluate("for (let id = 0; id < 9999; id++) clearInterval(id)")
    cast_vote(jam_song=jam.songs.get(song__title="Zombie"), attendee=make_attendee(jam=jam))
    first(mine, "Zombie")
