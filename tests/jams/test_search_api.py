"""GET /api/v1/search: what the public may see, in all kinds of things."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_jam, make_song, make_venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def copper():
    return make_venue(name="The Copper Room", town="Bristol")


def search(client, text, **params):
    response = client.get("/api/v1/search", {"q": text, **params})
    assert response.status_code == 200, response.content
    return response.json()


def test_all_kinds_are_told_in_full(client, copper):
    song = make_song(title="Copper Kettle", artist="Bob Dylan", year=1970, popularity=4)
    starts_at = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    jam = make_jam(name="Monday Jam", venue=copper, starts_at=starts_at)

    assert search(client, "copper") == {
        "songs": [
            {
                "id": song.pk, "title": "Copper Kettle", "artist": "Bob Dylan", "year": 1970, "popularity": 4,
                "times_played": 0, "url": f"/songs/{song.pk}",
            }
        ],
        "artists": [],
        "venues": [
            {"name": "The Copper Room", "slug": "the-copper-room", "town": "Bristol", "url": "/venues/the-copper-room"}
        ],
        "jams": [
            {
                "name": "Monday Jam", "slug": jam.slug, "venue": "The Copper Room", "time_zone": "Europe/London",
                "status": "live",
                "starts_at": starts_at.isoformat().replace("+00:00", "Z"), "url": f"/jams/{jam.slug}",
            }
        ],
    }  # fmt: skip
    assert search(client, "dylan")["artists"] == [{"name": "Bob Dylan", "songs": 1, "url": "/songs?search=Bob+Dylan"}]


def test_a_draft_is_never_found(client, copper):
    make_jam(name="Secret Session", venue=copper, status="draft")

    assert search(client, "secret session")["jams"] == []
    assert search(client, "secrt sesion")["jams"] == []
    assert search(client, "copper")["jams"] == []


def test_a_song_that_somebody_in_a_room_wrote_in_is_never_found(client):
    make_song(title="My Neighbour's Name", artist="Me", listed=False)

    assert search(client, "neighbours")["songs"] == search(client, "my neighbors name")["songs"] == []
    assert search(client, "me")["artists"] == []


def test_what_is_on_comes_before_what_was(client, copper):
    past = make_jam(name="Monday Jam", venue=copper, status="ended", starts_at=timezone.now() - timedelta(days=7))
    now = make_jam(name="Monday Jam", venue=copper)

    assert [jam["slug"] for jam in search(client, "monday")["jams"]] == [now.slug, past.slug]


def test_a_jam_is_found_by_the_new_name_of_its_venue(client, copper):
    jam = make_jam(name="Monday Jam", venue=copper)

    copper.name = "The Silver Room"
    copper.save()

    assert [found["slug"] for found in search(client, "monday silver")["jams"]] == [jam.slug]
    assert search(client, "monday copper")["jams"] == []


def test_kinds_and_their_number_are_the_callers_choice(client):
    for number in range(12):
        make_song(title=f"Blue {number}", artist="The Testers")

    assert len(search(client, "blue")["songs"]) == 8
    assert len(search(client, "blue", limit=10)["songs"]) == 10
    assert set(search(client, "blue", kinds="songs,venues")) == {"songs", "venues"}


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"limit": 21}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"kinds": "songs,people"}, "kinds"),
        ({"q": "x" * 201}, "q"),
    ],
)
def test_what_cannot_be_asked_is_said(client, params, name):
    response = client.get("/api/v1/search", {"q": "x"} | params)

    assert response.status_code == 400
    assert name in response.json()["errors"]


@pytest.mark.parametrize(
    "text",
    ["", " ", "\0", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "'; DROP TABLE", "🎸", "ß" * 100],
)
def test_odd_texts_are_answered(client, text):
    assert client.get("/api/v1/search", {"q": text}).status_code in {200, 400}


@pytest.mark.parametrize(("text", "queries"), [("", 0), ("blue", 1), ("bleu testers", 2)])
def test_search_takes_two_queries_at_most(client, copper, django_assert_num_queries, text, queries):
    for number in range(30):
        make_song(title=f"Blue {number}", artist="The Testers")
        make_jam(name=f"Blue Night {number}", venue=copper)

    with django_assert_num_queries(queries):
        search(client, text)
