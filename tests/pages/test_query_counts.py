"""Each page costs the same number of queries however many rows it shows."""

import pytest
from django.test import Client

from apps.jams.identity import cookie_name, cookies
from tests.factories import (
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_song,
    make_user,
    make_venue,
    make_vote,
)

pytestmark = pytest.mark.django_db
ROWS = pytest.mark.parametrize("rows", [1, 3, 30])


def night(rows, host=None, **fields):
    jam = make_jam(host=host, venue=make_venue(accent="#a0b0c0"), **fields)
    for number in range(rows):
        make_jam_song(jam=jam, title=f"Open {number} of {jam.pk}")
        make_jam_song(jam=jam, title=f"Queued {number} of {jam.pk}", status="queued", position=number + 1)
        make_jam_song(jam=jam, title=f"Played {number} of {jam.pk}", status="played", ended_at=jam.starts_at)
        make_jam_song(
            jam=jam, title=f"Asked {number} of {jam.pk}", status="pending", suggested_by=make_attendee(jam=jam)
        )
    make_jam_song(jam=jam, title=f"Playing of {jam.pk}", status="playing", started_at=jam.starts_at)
    return jam


@ROWS
def test_home(client, django_assert_num_queries, rows):
    for number in range(rows):
        night(1, name=f"On {number}")
        make_jam(name=f"Coming {number}", status="open")
        make_jam(name=f"Past {number}", status="ended")

    with django_assert_num_queries(4):  # tonight, on stage, coming, past
        assert client.get("/").status_code == 200


@ROWS
@pytest.mark.parametrize("when", ["", "past"])
def test_jams(client, django_assert_num_queries, rows, when):
    for number in range(rows):
        make_jam(name=f"Jam {number}", status="ended" if when else "open")

    with django_assert_num_queries(2):  # count, page
        client.get("/jams", {"when": when})


@ROWS
def test_jam_for_a_visitor(client, django_assert_num_queries, rows):
    jam = night(rows)

    with django_assert_num_queries(5):  # jam, jam again, open songs, other songs, people
        client.get(f"/jams/{jam.slug}")


@ROWS
def test_jam_for_an_attendee(client, django_assert_num_queries, rows):
    jam = night(rows)
    attendee, secret = make_attendee_with_token(jam=jam)
    for jam_song in jam.songs.filter(status="open"):
        make_vote(jam_song=jam_song, attendee=attendee)
    client.cookies[cookie_name(jam)] = cookies.sign(secret)

    with django_assert_num_queries(9):  # jam, attendee, snapshot 4, votes, suggestions, hits
        client.get(f"/jams/{jam.slug}", {"find": "song"})


@ROWS
def test_ended_jam(client, django_assert_num_queries, rows):
    jam = night(rows, status="ended")

    with django_assert_num_queries(5):
        client.get(f"/jams/{jam.slug}")


@ROWS
def test_screen(client, django_assert_num_queries, rows):
    jam = night(rows)

    with django_assert_num_queries(5):
        client.get(f"/jams/{jam.slug}/screen")


@ROWS
def test_console(django_assert_num_queries, rows):
    host = make_user()
    jam = night(rows, host=host, counts="hidden")
    client = Client()
    client.force_login(host)
    client.get("/host")

    # user, jam, host?, pending, people, hidden counts, snapshot 4, hits
    with django_assert_num_queries(11):
        client.get(f"/jams/{jam.slug}/host", {"find": "open"})


@ROWS
def test_my_jams(django_assert_num_queries, rows):
    host = make_user()
    client = Client()
    client.force_login(host)
    client.get("/songs")
    for number in range(rows):
        make_jam(host=host, name=f"Jam {number}")
        make_jam(host=host, name=f"Past {number}", status="ended")
        make_venue(manager=host)

    with django_assert_num_queries(5):  # user, current, count, past, venues
        client.get("/host")


@ROWS
def test_songs(client, django_assert_num_queries, rows):
    for _ in range(rows):
        make_song()

    with django_assert_num_queries(2):  # count, page
        client.get("/songs")


@ROWS
def test_song(client, django_assert_num_queries, rows):
    song = make_song()
    for number in range(rows):
        make_jam_song(jam=make_jam(name=f"Jam {number}"), song=song, status="played")

    with django_assert_num_queries(3):  # song, count, plays
        client.get(f"/songs/{song.pk}")


@ROWS
def test_venues(client, django_assert_num_queries, rows):
    for _ in range(rows):
        make_venue()

    with django_assert_num_queries(2):  # count, page
        client.get("/venues")


@ROWS
def test_venue(client, django_assert_num_queries, rows):
    venue = make_venue()
    for number in range(rows):
        make_jam(name=f"Jam {number}", venue=venue, status="open")
        make_jam(name=f"Past {number}", venue=venue, status="ended")

    with django_assert_num_queries(3):  # venue, coming, past
        client.get(f"/venues/{venue.slug}")
