"""The page of who plays what: performers sign up without a script."""

import pytest

from apps.jams.identity import cookie_name
from apps.stage.models import SignUp
from tests.factories import make_attendee_with_token, make_jam, make_jam_song, make_sign_up, make_slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def jam():
    return make_jam(max_sign_ups=2)


@pytest.fixture
def slot(jam):
    return make_slot(jam_song=make_jam_song(jam=jam, title="Superstition"), instrument="clavinet")


@pytest.fixture
def ana(client, jam):
    attendee, token = make_attendee_with_token(jam=jam, name="Ana")
    client.cookies[cookie_name(jam)] = token
    return attendee


def page(client, jam):
    return client.get(f"/jams/{jam.slug}/stage").content.decode()


def do(client, slot, what):
    answer = client.post(f"/jams/{slot.jam_song.jam.slug}/slots/{slot.pk}", {"do": what}, follow=True)
    assert answer.redirect_chain[0][1] == 303
    return answer.content.decode()


def test_the_jams_page_leads_there_where_performers_sign_up(client, jam):
    link = f'href="/jams/{jam.slug}/stage"'
    assert link in client.get(jam.get_absolute_url()).content.decode()

    jam.sign_ups = False
    jam.save()

    assert link not in client.get(jam.get_absolute_url()).content.decode()
    assert "Nobody can sign up now" in page(client, jam)


def test_a_visitor_sees_who_plays_and_is_asked_to_join(client, jam, slot):
    holder = make_sign_up(slot=slot).attendee
    make_sign_up(slot=slot, state="waiting")

    seen = page(client, jam)

    assert holder.display_name in seen
    assert "1 waits" in seen
    assert "Join the jam" in seen
    assert "<form" not in seen.split("<main")[1].split("<footer")[0]


def test_signing_up_being_here_and_withdrawing(client, jam, slot, ana):
    assert "Sign up" in page(client, jam)

    assert "I’m here" in do(client, slot, "claim")
    assert "You have said that you are here" in do(client, slot, "here")
    assert "Sign up" in do(client, slot, "withdraw")

    assert list(SignUp.objects.values_list("attendee", "state")) == [(ana.pk, "withdrawn")]


def test_who_comes_later_sees_their_place_in_line(client, jam, slot, ana):
    make_sign_up(slot=slot)
    make_sign_up(slot=slot, state="waiting")
    assert "Wait in line" in page(client, jam)

    assert "you are number 2 in line" in do(client, slot, "claim")


def test_what_is_refused_stands_at_the_slot(client, jam, slot, ana):
    for _ in range(jam.max_sign_ups):
        do(client, make_slot(jam_song=make_jam_song(jam=jam)), "claim")

    seen = do(client, slot, "claim")

    assert "as often as one performer can be" in seen.split(f'id="slot-{slot.pk}"')[1].split("</li>")[0]


def test_what_plays_comes_first_and_hidden_counts_give_no_order_away(client):
    jam = make_jam(counts="hidden")
    for title, fields in {
        "Beta": {"votes": 9}, "Alpha": {"votes": 1}, "Queued": {"status": "queued", "position": 1},
        "Playing": {"status": "playing"}, "Played": {"status": "played"},
    }.items():  # fmt: skip
        make_slot(jam_song=make_jam_song(jam=jam, title=title, **fields))

    seen = page(client, jam)

    titles = ["Playing", "Queued", "Alpha", "Beta"]
    assert sorted(titles, key=lambda title: seen.index(f"<bdi>{title}</bdi>")) == titles
    assert "<bdi>Played</bdi>" not in seen


def test_an_ended_night_offers_no_slot_and_leads_to_what_was_played(client, jam, slot, ana):
    jam.status = "ended"
    jam.save()

    seen = page(client, jam)

    assert "That was the night" in seen
    assert f'href="{jam.get_absolute_url()}">What was played' in seen
    assert "clavinet" not in seen
    assert "No slots yet" not in seen
    assert "<form" not in seen.split("<main")[1].split("</main>")[0]
