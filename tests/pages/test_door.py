"""The door on pages: joining with the room code, the big screen's link, the console, and the page of hosts."""

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client

from apps.accounts.roles import Right
from apps.jams.door import room_code, take_place
from apps.jams.invitations import invite, screen_cookie
from apps.jams.models import Attendee, Jam, JamHost
from apps.pages.templatetags.parts import in_threes
from apps.voting.models import Vote
from tests.factories import make_attendee, make_jam, make_jam_song, make_venue, make_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(host):
    """A jam whose venue is full."""
    jam = make_jam(host=host, venue=make_venue(capacity=1))
    take_place(jam)
    return jam


@pytest.fixture
def projector(host):
    """A browser that opened the link of this jam's screen."""

    def opened(jam):
        client = Client()
        _row, token = invite(jam=jam, host=host, role="display")
        response = client.get(f"/jams/{jam.slug}/display/{token}")
        assert (response.status_code, response["Location"]) == (303, f"/jams/{jam.slug}/screen")
        return client

    return opened


def holds_code(response, jam):
    page, code = response.content.decode(), room_code(jam)
    return code in page or in_threes(code) in page


# Joining ----------------------------------------------------------------------------------------------


def test_a_full_venue_asks_for_the_room_code_and_loses_nothing_that_was_typed(client, full, text):
    jam_song = make_jam_song(jam=full)
    form = {"display_name": "Sam", "song": jam_song.pk}

    response = client.post(f"/j/{full.code}", form)

    page = response.content.decode()
    assert response.status_code == 403
    assert "To join now you need the room code" in text(response)
    assert f'name="song" value="{jam_song.pk}"' in page
    assert 'value="Sam"' in page
    assert not holds_code(response, full)

    client.post(f"/j/{full.code}", {**form, "room_code": room_code(full).lower()})

    assert Attendee.objects.get().display_name == "Sam"
    assert Vote.objects.filter(jam_song=jam_song).count() == 1


def test_it_asks_before_anything_is_sent(client, full, text):
    assert "Room code" in text(client.get(f"/j/{full.code}"))


def test_a_wrong_code_is_typed_anew(client, full, text):
    response = client.post(f"/j/{full.code}", {"room_code": "ABCDEF"})

    assert response.status_code == 403
    assert "This is not the room code of this minute" in text(response)
    assert "ABCDEF" not in response.content.decode()


def test_the_qr_code_brings_the_room_code_along(client, full):
    page = client.get(f"/j/{full.code}?room={room_code(full)}").content.decode()

    assert f'value="{room_code(full)}"' in page


def test_what_a_link_brings_is_shown_as_text_alone(client, full):
    page = client.get(f"/j/{full.code}", {"room": '"><script>'}).content.decode()

    assert "><script>" not in page.split("<main")[1]


def test_a_closed_door_says_so(client, host, text):
    jam = make_jam(host=host, door="closed")

    assert "The door is closed" in text(client.get(f"/j/{jam.code}"))
    assert client.post(f"/j/{jam.code}").status_code == 403
    assert not Attendee.objects.exists()


def test_who_was_taken_off_is_told_so_and_cannot_leave_to_come_back(attendee_client, jam, text):
    client, attendee = attendee_client(jam, "Sam")
    Attendee.objects.filter(pk=attendee.pk).update(state="removed")

    for method in (client.get, client.post):
        response = method(f"/j/{jam.code}")
        assert response.status_code == 403
        assert "You were taken off this jam" in text(response)
    client.post(f"/jams/{jam.slug}/leave")

    assert client.post(f"/j/{jam.code}").status_code == 403
    attendee.refresh_from_db()
    assert (attendee.state, attendee.display_name) == ("removed", "")


# The big screen ---------------------------------------------------------------------------------------


def test_the_screen_for_everybody_never_holds_the_code(client, full, attendee_client, as_other):
    guest, _attendee = attendee_client(full)

    for anybody in (client, guest, as_other):
        assert not holds_code(anybody.get(f"/jams/{full.slug}/screen"), full)
        assert anybody.get(f"/jams/{full.slug}/screen/door").status_code == 403


def test_a_screen_opened_by_its_link_shows_the_code(projector, full):
    client = projector(full)

    for path in ("screen", "screen/door"):
        response = client.get(f"/jams/{full.slug}/{path}")
        assert holds_code(response, full)
        assert response["Cache-Control"] == "private, no-store"
    morsel = client.cookies[screen_cookie(full)]
    assert morsel["httponly"]


def test_a_host_sees_the_code_on_the_screen_too(as_host, full):
    assert holds_code(as_host.get(f"/jams/{full.slug}/screen"), full)


def test_the_screens_qr_code_carries_the_code_while_one_is_needed(projector, full, host):
    client, roomy = projector(full), make_jam(host=host)

    assert client.get(f"/jams/{full.slug}/screen").context["join_url"].endswith(f"?room={room_code(full)}")
    open_screen = projector(roomy).get(f"/jams/{roomy.slug}/screen")
    assert open_screen.context["join_url"] == roomy.join_url
    assert not holds_code(open_screen, roomy)


def test_without_a_script_the_screen_looks_again_by_itself(projector, full):
    page = projector(full).get(f"/jams/{full.slug}/screen").content.decode()

    assert '<noscript><meta http-equiv="refresh"' in page


@pytest.mark.parametrize("token", ["x", "é", "a" * 43])
def test_a_link_that_is_none_opens_nothing(client, full, token, text):
    response = client.get(f"/jams/{full.slug}/display/{token}")

    assert response.status_code == 404
    assert "This link opens nothing" in text(response)
    assert not client.cookies


def test_another_jams_link_opens_nothing_here(client, full, host):
    _row, token = invite(jam=make_jam(host=host), host=host, role="display")

    assert client.get(f"/jams/{full.slug}/display/{token}").status_code == 404


# The console ------------------------------------------------------------------------------------------


def test_the_console_sets_the_door(as_host, jam, text):
    response = as_host.post(f"/jams/{jam.slug}/host/door", {"door": "code"})

    assert response["Location"] == f"/jams/{jam.slug}/host?side=join#side"
    assert Jam.objects.get().door == "code"
    assert in_threes(room_code(jam)) in text(as_host.get(response["Location"]))


@pytest.mark.parametrize("door", ["", "open", "x"])
def test_a_door_that_is_none_is_a_404(as_host, jam, door):
    assert as_host.post(f"/jams/{jam.slug}/host/door", {"door": door}).status_code == 404


def make_cluster(jam, number):
    songs = [make_jam_song(jam=jam, title=title) for title in ("Creep", "Valerie", "Zombie")]
    for attendee in [make_attendee(jam=jam) for _ in range(number)]:
        for jam_song in songs[:2]:
            make_vote(jam_song=jam_song, attendee=attendee)
    make_vote(jam_song=songs[2])


def test_the_console_shows_a_cluster_and_one_button_takes_it_off(as_host, jam, text):
    make_cluster(jam, 60)

    response = as_host.get(f"/jams/{jam.slug}/host?side=people")
    page = text(response)
    ids = re.search(r'name="attendees" value="([\d ]+)"', response.content.decode())[1]
    done = as_host.post(f"/jams/{jam.slug}/host/clusters/void", {"attendees": ids}, follow=True)

    assert "60 people vote alike" in page
    assert "Creep, Valerie" in page
    assert "60 people are off the jam, with 120 votes." in text(done)
    assert Vote.objects.count() == 1


@pytest.mark.parametrize("ids", ["x", "1 x", "9" * 30, "-1"])
def test_people_who_are_none_are_a_404(as_host, jam, ids):
    assert as_host.post(f"/jams/{jam.slug}/host/clusters/void", {"attendees": ids}).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "host/door"), ("post", "host/door"), ("get", "host/clusters"), ("post", "host/clusters/void"),
        ("get", "hosts"), ("post", "hosts"), ("post", "hosts/1/remove"), ("post", "invitations/1/take-back"),
    ],
)  # fmt: skip
def test_nobody_but_hosts_gets_there(client, as_other, jam, method, path):
    address = f"/jams/{jam.slug}/{path}"

    assert getattr(client, method)(address)["Location"].startswith("/login?next=")
    assert getattr(as_other, method)(address).status_code == 403


# Hosts and screens ------------------------------------------------------------------------------------


def link_in(response):
    shown = re.search(r'id="link" readonly value="([^"]+)"', response.content.decode())[1]
    return urlsplit(shown).path


def test_a_link_is_shown_once_and_makes_a_co_host_who_says_yes(as_host, as_other, other_host, jam, text):
    page = f"/jams/{jam.slug}/hosts"
    made = as_host.post(page, {"role": "co_host"})
    link = link_in(made)

    looked = as_other.get(link)
    assert "too?" in text(looked)
    assert not jam.lets(other_host, Right.RUN)
    yes = as_other.post(link)

    assert yes["Location"] == f"/jams/{jam.slug}/host"
    assert jam.lets(other_host, Right.RUN)
    assert "Otto Other" in text(as_host.get(page))
    assert link not in as_host.get(page).content.decode()
    assert as_other.post(link).status_code == 404


def test_who_is_not_logged_in_comes_back_to_the_link(client, host, jam):
    _row, token = invite(jam=jam, host=host, role="co_host")

    assert client.get(f"/invitations/{token}")["Location"] == f"/login?next=/invitations/{token}"


def test_the_owner_takes_links_back_and_co_hosts_off(as_host, host, other_host, jam, text):
    row, _token = invite(jam=jam, host=host, role="co_host")
    co_host = JamHost.objects.create(jam=jam, user=other_host, role="co_host")

    as_host.post(f"/jams/{jam.slug}/invitations/{row.pk}/take-back")
    as_host.post(f"/jams/{jam.slug}/hosts/{co_host.pk}/remove")

    assert not jam.invitations.exists()
    assert not jam.lets(other_host, Right.RUN)


def test_a_co_host_makes_screens_and_no_co_hosts(jam, as_other, other_host, text):
    JamHost.objects.create(jam=jam, user=other_host, role="co_host")
    page = f"/jams/{jam.slug}/hosts"

    assert "Make a link for a co-host" not in text(as_other.get(page))
    assert as_other.post(page, {"role": "co_host"}).status_code == 403
    assert "/display/" in link_in(as_other.post(page, {"role": "display"}))


def test_the_venues_capacity_is_a_field_of_its_form(as_host, host):
    venue = make_venue(manager=host, name="The Anchor")
    form = {"name": "The Anchor", "time_zone": "Europe/London", "counts": "live"}

    refused = as_host.post(f"/venues/{venue.slug}/edit", {**form, "capacity": "0"})
    as_host.post(f"/venues/{venue.slug}/edit", {**form, "capacity": "120"})

    venue.refresh_from_db()
    assert (refused.status_code, venue.capacity) == (400, 120)
