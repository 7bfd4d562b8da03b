"""Votes that were tapped without a line: they outlive the tab, and each counts once, for whoever tapped it."""

import pytest
from playwright.sync_api import expect

from apps.jams.identity import cookie_name
from apps.voting.models import Vote
from apps.voting.operations import cast_vote
from tests.browser.conftest import open_live
from tests.browser.test_live import row
from tests.factories import make_attendee, make_attendee_with_token, make_jam_song
from tests.processes import wait_until

OFFLINE = ["WebSocket", "ERR_"]


@pytest.fixture
def songs(jam):
    return [make_jam_song(jam=jam, title=f"Number {n}") for n in range(10)]


def tap(page, *songs):
    for song in songs:
        page.locator(f'[data-key="{song.pk}"] .vote').click()


def words(page, *songs):
    return [page.locator(f'[data-key="{song.pk}"] .vote-word') for song in songs]


def close_tab(page):
    """As a phone does it that needs the memory; answers what is left, with the line back."""
    context = page.context
    page.close()
    context.set_offline(False)
    return context


def waiting(page):
    return page.evaluate("""() => new Promise((resolve) => {
        indexedDB.open("jamvote", 1).onsuccess = ({ target }) => {
            target.result.transaction("votes").objectStore("votes").count().onsuccess = (event) => {
                target.result.close();
                resolve(event.target.result);
            };
        };
    })""")


def test_ten_votes_without_a_line_are_each_counted_once_by_the_tab_that_is_opened_later(phone, songs, asgi_server, jam):
    mine = phone(expected=OFFLINE)
    mine.context.set_offline(True)
    tap(mine, *songs)
    wait_until(lambda: waiting(mine) == 10)
    assert Vote.objects.count() == 0
    context = close_tab(mine)

    again = context.new_page()
    open_live(again, f"{asgi_server}/jams/{jam.slug}")

    for word in words(again, *songs):
        expect(word).to_have_text("Voted")
    assert Vote.objects.count() == 10
    assert sorted(jam.songs.filter(pk__in=[song.pk for song in songs]).values_list("votes", flat=True)) == [1] * 10
    wait_until(lambda: waiting(again) == 0)


def test_a_vote_whose_answer_was_lost_is_sent_again_and_counted_once(phone, songs, asgi_server, jam):
    mine = phone(expected=OFFLINE)
    lost = []

    def lose(route):
        route.fetch()
        lost.append(1)
        route.abort()

    mine.route("**/vote", lose)
    tap(mine, songs[0])
    wait_until(lambda: mine.wait_for_timeout(50) is None and lost)
    assert Vote.objects.count() == 1
    context = close_tab(mine)

    again = context.new_page()
    with again.expect_request("**/vote"):
        open_live(again, f"{asgi_server}/jams/{jam.slug}")

    expect(words(again, songs[0])[0]).to_have_text("Voted")
    wait_until(lambda: waiting(again) == 0)
    assert Vote.objects.count() == 1


def test_a_vote_taken_back_without_a_line_is_gone_later(phone, songs, asgi_server, jam):
    mine = phone(expected=OFFLINE)
    tap(mine, songs[0])
    expect(words(mine, songs[0])[0]).to_have_text("Voted")
    mine.context.set_offline(True)
    tap(mine, songs[0], songs[1], songs[1])
    wait_until(lambda: waiting(mine) == 2)
    context = close_tab(mine)

    again = context.new_page()
    open_live(again, f"{asgi_server}/jams/{jam.slug}")

    expect(words(again, songs[0])[0]).to_have_text("Vote")
    wait_until(lambda: waiting(again) == 0)
    assert Vote.objects.count() == 0


def test_what_was_closed_meanwhile_is_rolled_back_with_its_reason(phone, songs, asgi_server, jam):
    mine = phone(expected=OFFLINE)
    mine.context.set_offline(True)
    tap(mine, songs[0])
    wait_until(lambda: waiting(mine) == 1)
    songs[0].status = "queued"
    songs[0].position = 1
    songs[0].save()
    context = close_tab(mine)

    again = context.new_page()
    open_live(again, f"{asgi_server}/jams/{jam.slug}")

    wait_until(lambda: waiting(again) == 0)
    assert Vote.objects.count() == 0


def test_who_joins_on_the_same_phone_sends_no_votes_of_the_one_before(phone, songs, asgi_server, jam):
    mine = phone(expected=OFFLINE)
    mine.context.set_offline(True)
    tap(mine, *songs[:3])
    wait_until(lambda: waiting(mine) == 3)
    _other, token = make_attendee_with_token(jam=jam)
    mine.context.add_cookies([{"name": cookie_name(jam), "value": token, "url": asgi_server}])

    with mine.expect_navigation():  # the page is somebody else's: it comes anew
        mine.context.set_offline(False)

    wait_until(lambda: waiting(mine) == 0)
    expect(words(mine, songs[0])[0]).to_have_text("Vote")
    assert Vote.objects.count() == 0


def test_who_leaves_leaves_no_votes_behind(phone, songs, asgi_server, jam):
    mine = phone(expected=OFFLINE)
    mine.context.set_offline(True)
    tap(mine, songs[0])
    wait_until(lambda: waiting(mine) == 1)
    context = close_tab(mine)
    context.clear_cookies()

    again = context.new_page()
    open_live(again, f"{asgi_server}/jams/{jam.slug}")

    wait_until(lambda: waiting(again) == 0)
    cast_vote(jam_song=songs[1], attendee=make_attendee(jam=jam))
    expect(row(again, "Number 1").locator("[data-votes]")).to_have_text("1")
    assert Vote.objects.count() == 1
