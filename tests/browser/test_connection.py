"""Bad Wi-Fi: what the phone says, keeps and sends once."""

import time
from collections import Counter
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from prometheus_client import REGISTRY

from apps.live.streams import announce
from apps.voting.models import Vote
from apps.voting.operations import cast_vote
from tests.browser.conftest import open_live
from tests.browser.test_live import first, row
from tests.factories import make_attendee
from tests.processes import ASGI, wait_until


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


def test_what_was_asked_before_a_vote_does_not_take_it_back(phone):
    """What the server said of one's votes arrives after the answer to a newer one."""
    mine, held = phone(expected=["WebSocket", "ERR_"]), []

    def hold(route):
        route.continue_() if held else held.append((route, route.fetch()))

    mine.route("**/me", hold)
    mine.context.set_offline(True)
    expect(mine.locator("[data-connection]")).to_be_visible()
    with mine.expect_request("**/me"):
        mine.context.set_offline(False)
    row(mine, "Zombie").locator(".vote").click()
    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Voted")

    [(route, answer)] = held
    with mine.expect_request("**/me"):  # it asks once more
        route.fulfill(response=answer)

    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Voted")


def test_a_board_that_may_be_old_says_so(phone, jam):
    """The socket is there and the server says to look again, but its database is away."""
    mine = phone(expected=["503"])
    mine.route("**/snapshot*", lambda route: route.fulfill(status=503, body=""))
    announce(jam.stream)
    expect(mine.locator("[data-connection]")).to_contain_text("Reconnecting")
    cast_vote(jam_song=jam.songs.get(song__title="Zombie"), attendee=make_attendee(jam=jam))

    mine.unroute("**/snapshot*")

    expect(mine.locator("[data-connection]")).to_be_hidden()
    first(mine, "Zombie")


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


def test_a_phone_that_has_said_too_much_keeps_its_votes_and_waits_as_long_as_it_is_told(phone):
    mine = phone(expected=["429"])
    asked = []

    def too_many(route):
        asked.append(time.monotonic())
        if len(asked) == 1:
            route.fulfill(status=429, headers={"Retry-After": "2"}, body="{}")
        else:
            route.continue_()

    mine.route("**/vote", too_many)
    row(mine, "Zombie").locator(".vote").click()
    expect(mine.locator("[data-connection]")).to_contain_text("That was too much at once. 1 vote waits here")
    row(mine, "Dreams").locator(".vote").click()
    expect(mine.locator("[data-connection]")).to_contain_text("2 votes wait here")

    expect(row(mine, "Zombie").locator(".vote-word")).to_have_text("Voted")
    expect(row(mine, "Dreams").locator(".vote-word")).to_have_text("Voted")
    expect(mine.locator("[data-connection]")).to_be_hidden()
    assert len(asked) == 3
    assert asked[1] - asked[0] >= 1.9
    assert Vote.objects.count() == 2


def test_without_a_socket_the_page_polls(new_page, asgi_server, jam):
    page = new_page(expected=["WebSocket"])
    page.add_init_script(
        "class Dead extends EventTarget { constructor() { super(); this.readyState = 3;"
        " setTimeout(() => this.onclose({ code: 1006 }), 5); } close() {} }"
        " Dead.OPEN = 1; window.WebSocket = Dead; Math.random = () => 0;"
    )
    open_live(page, f"{asgi_server}/jams/{jam.slug}")

    expect(page.locator("[data-connection]")).to_contain_text("Looking again every few seconds")
    before = unchanged()
    wait_until(lambda: unchanged() > before)  # the browser asks with the ETag of what it has
    cast_vote(jam_song=jam.songs.get(song__title="Zombie"), attendee=make_attendee(jam=jam))

    first(page, "Zombie")


def unchanged():
    """How many snapshots were answered 304."""
    asked = {"method": "GET", "endpoint": "api:snapshot", "status_code": "304"}
    return REGISTRY.get_sample_value("api_request_duration_seconds_count", asked) or 0


CLOSED = """async ([slug, code]) => {
    const { Stream } = await import("/static/js/stream.js");
    const { JamState } = await import("/static/js/state.js");
    const sockets = [], planned = [[], []];
    window.WebSocket = class { constructor() { sockets.push(this); } close() {} };
    for (let n = 0; n < 200; n++) new Stream(slug, new JamState()).start();
    const timeout = window.setTimeout;
    const [connects, polls] = planned;
    window.setTimeout = (act, delay) => (String(act).includes("connect") ? connects : polls).push(delay);
    for (const socket of [...sockets]) socket.onclose({ code });
    window.setTimeout = timeout;
    return planned;
}"""


@pytest.mark.parametrize(("code", "longest"), [(1012, 5_500), (1006, 2_500), (4403, 2_500), (1013, 8_500)])
def test_phones_that_all_lost_their_sockets_come_back_one_after_the_other(new_page, asgi_server, jam, code, longest):
    page = new_page(expected=["snapshot"])
    page.goto(f"{asgi_server}/jams")

    connects, polls = page.evaluate(CLOSED, [jam.slug, code])

    assert len(connects) == 200
    assert len(polls) == (200 if code == 1013 else 0)
    spread(connects, 500, longest)
    spread(polls, 0, 5_000)


def spread(planned, least, longest):
    """Some in each fifth of the time, and nowhere half of them."""
    assert all(least <= delay <= longest for delay in planned)
    parts = Counter(int(5 * (delay - least) / (longest - least)) for delay in planned)
    assert not planned or (len(parts) == 5 and max(parts.values()) < len(planned) / 2)


@pytest.mark.services
def test_a_phone_follows_again_when_the_server_has_restarted(serve, new_page, jam):
    address = serve(ASGI)
    page = new_page(expected=["127.0.0.1", "ERR_"])
    open_live(page, f"{address}/jams/{jam.slug}")
    serve.stop()
    expect(page.locator("[data-connection]")).to_contain_text("reconnect", ignore_case=True)
    cast_vote(jam_song=jam.songs.get(song__title="Zombie"), attendee=make_attendee(jam=jam))

    serve(ASGI, port=urlsplit(address).port)

    page.context.set_default_timeout(30_000)
    expect(page.locator("[data-board] [data-key]").first).to_contain_text("Zombie", timeout=30_000)
    expect(page.locator("[data-connection]")).to_be_hidden(timeout=30_000)


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
