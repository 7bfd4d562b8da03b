import re

import pytest

from tests.factories import make_attendee, make_jam, make_jam_song, make_venue, make_vote

pytestmark = pytest.mark.django_db


def test_home_shows_what_is_on_with_song_and_next(client, text):
    jam = make_jam(name="Thursday Jam", venue=make_venue(name="Copper Room", town="Bristol"))
    make_jam_song(jam=jam, title="Superstition", status="playing")
    make_jam_song(jam=jam, title="Second In Line", status="queued", position=2)
    make_jam_song(jam=jam, title="Valerie", status="queued", position=1)

    page = text(client.get("/"))

    assert "On now in Bristol" in page
    assert "Playing Superstition, then Valerie." in page


def test_home_without_any_jam_still_takes_a_code(client, text):
    page = text(client.get("/"))

    assert "Code on the screen" in page
    assert "Nothing is announced yet" in page


def test_home_lights_the_next_jam_when_none_is_on(client, text):
    make_jam(name="Blues Night", status="open")

    assert "The next one Blues Night" in text(client.get("/"))


def test_home_names_what_the_last_nights_wanted_most(client, text):
    jam = make_jam(name="Last Week", status="ended")
    make_vote(jam_song=make_jam_song(jam=jam, title="Little Wing", status="played"), attendee=make_attendee(jam=jam))

    page = text(client.get("/"))

    assert "Most wanted: Little Wing" in page
    assert "1 person" in page


def test_home_shows_no_drafts(client):
    make_jam(name="Secret Draft", status="draft")

    assert b"Secret Draft" not in client.get("/").content


@pytest.mark.parametrize("typed", ["k7mq4x", " K7M Q4X ", "k7m-q4x", "K7MQ4X"])
def test_a_code_is_taken_however_it_is_typed(client, typed):
    response = client.post("/j/", {"code": typed})

    assert (response.status_code, response["Location"]) == (303, "/j/K7MQ4X")


@pytest.mark.parametrize("typed", ["", "   ", "\u200b", "–––"])
def test_an_empty_code_says_what_to_type(client, text, typed):
    response = client.post("/j/", {"code": typed}, follow=True)

    assert "Type the six characters" in text(response)


def test_jams_are_paged_by_when_they_are(client, text):
    make_jam(name="Tonight", status="live")
    make_jam(name="Next Week", status="open")
    make_jam(name="Last Week", status="ended")

    coming, past = text(client.get("/jams")), text(client.get("/jams?when=past"))

    assert "Tonight" in coming
    assert "Next Week" in coming
    assert "Last Week" not in coming
    assert "Last Week" in past
    assert "Next Week" not in past


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "2"])
def test_a_wrong_page_is_the_nearest_one(client, page):
    make_jam(name="Tonight")

    response = client.get("/jams", {"page": page})

    assert response.status_code == 200
    assert b"Tonight" in response.content


def test_many_jams_have_pages(client, text):
    venue = make_venue()
    for number in range(25):
        make_jam(name=f"Jam {number}", venue=venue)

    response = client.get("/jams?page=2")

    assert "Page 2 of 2" in text(response)
    assert re.search(r'href="\?page=1"', response.content.decode())
