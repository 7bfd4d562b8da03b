import pytest

from apps.accounts.roles import Right
from apps.catalog.models import Venue
from tests.factories import make_jam, make_jam_song, make_performance, make_song, make_venue

pytestmark = pytest.mark.django_db
VENUE = {"name": "New Room", "time_zone": "Europe/London", "counts": "live"}  # the form as it comes


def titles(response):
    return [song.title for song in response.context["page"]]


def test_songs_are_searched_filtered_and_ordered(client):
    make_song(title="Slow Blues", style="Blues", key="Am", tempo=60)
    make_song(title="Fast Blues", style="Blues", key="E", tempo=160)
    make_song(title="Pop Tune", style="Pop", key="E", tempo=None)

    assert titles(client.get("/songs", {"search": "blues"})) == ["Fast Blues", "Slow Blues"]
    assert titles(client.get("/songs", {"style": "pop"})) == ["Pop Tune"]
    assert titles(client.get("/songs", {"key": "E"})) == ["Fast Blues", "Pop Tune"]
    assert titles(client.get("/songs", {"tempo": "slow"})) == ["Slow Blues"]
    assert titles(client.get("/songs", {"sort": "tempo"})) == ["Slow Blues", "Fast Blues", "Pop Tune"]


@pytest.mark.parametrize(
    "query", [{"sort": "secret"}, {"tempo": "x"}, {"key": "H"}, {"page": "x"}, {"search": "x" * 500}]
)
def test_what_is_not_understood_is_left_out(client, query):
    make_song(title="Creep")

    assert client.get("/songs", query).status_code == 200


def test_no_song_found_says_what_to_do(client, text):
    assert "No song like that" in text(client.get("/songs", {"search": "zzz"}))


def test_a_song_shows_where_it_was_played(client, text):
    song = make_song(title="Creep", key="G", tempo=92, duration=236)
    jam = make_jam(name="Thursday Jam", status="ended")
    make_performance(jam=jam, song=song)
    make_jam_song(jam=make_jam(name="Only Queued"), song=song, status="queued", position=1)

    page = text(client.get(f"/songs/{song.pk}"))

    assert "92 bpm" in page
    assert "3:56" in page
    assert "Thursday Jam" in page
    assert "Only Queued" not in page


@pytest.mark.parametrize("path", ["/songs/999999", "/songs/x", "/venues/none", "/accent/zzzzzz.css"])
def test_what_is_not_there_is_a_404_in_the_house_look(client, db, path):
    response = client.get(path)

    assert response.status_code == 404
    assert b"Nothing here" in response.content


def test_venues_are_searched(client, text):
    make_venue(name="Copper Room", town="Bristol")
    make_venue(name="The Anchor", town="Sheffield")

    page = text(client.get("/venues", {"search": "bris"}))

    assert "Copper Room" in page
    assert "The Anchor" not in page


def test_a_venue_shows_what_comes_and_what_was(client, text):
    venue = make_venue(name="Copper Room")
    make_jam(name="Coming Jam", venue=venue, status="open")
    make_jam(name="Past Jam", venue=venue, status="ended")
    make_jam(name="Draft Jam", venue=venue, status="draft")
    make_jam(name="Foreign Jam", status="open")

    page = text(client.get(f"/venues/{venue.slug}"))

    assert "Coming Jam" in page
    assert "Past Jam" in page
    assert "Draft Jam" not in page
    assert "Foreign Jam" not in page
    assert "Change the venue" not in page


def test_anybody_with_an_account_adds_a_venue_and_manages_it(as_host, host):
    response = as_host.post("/venues/new", VENUE | {"time_zone": "Europe/Paris", "accent": "#a0b0c0"})

    venue = Venue.objects.get()
    assert (response.status_code, response["Location"]) == (303, "/venues/new-room")
    assert venue.lets(host, Right.CHANGE_VENUE)


def test_only_managers_change_a_venue(client, as_host, as_other, host):
    venue = make_venue(name="Copper Room", manager=host)
    form = VENUE | {"name": "Copper Hall"}

    assert client.post(f"/venues/{venue.slug}/edit", form)["Location"].startswith("/login")
    assert as_other.post(f"/venues/{venue.slug}/edit", form).status_code == 403
    assert as_host.post(f"/venues/{venue.slug}/edit", form).status_code == 303
    venue.refresh_from_db()
    assert (venue.name, venue.slug) == ("Copper Hall", "copper-room")


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"time_zone": "Mars/Base"}, {"accent": "red;}"}, {"name": "Taken Room"}, {"name": "x" * 200}],
)
def test_a_wrong_venue_says_what_is_wrong(as_host, wrong):
    make_venue(name="Taken Room")

    response = as_host.post("/venues/new", VENUE | wrong)

    assert response.status_code == 400
    assert response.context["form"].errors
    assert Venue.objects.count() == 1


def test_a_venues_colour_is_a_stylesheet_of_its_own(client):
    jam = make_jam(venue=make_venue(accent="#a0b0c0"))

    page = client.get(f"/jams/{jam.slug}").content.decode()
    sheet = client.get("/accent/a0b0c0.css")

    assert 'href="/accent/a0b0c0.css"' in page
    assert sheet.content == b":root { --venue-accent: #a0b0c0; }\n"
    assert "immutable" in sheet["Cache-Control"]


def test_an_empty_house_says_so_and_does_not_speak_of_a_search(client, text):
    assert "No songs yet" in text(client.get("/songs"))
    assert "No venues yet" in text(client.get("/venues"))
    assert "No venue like that" in text(client.get("/venues", {"search": "zzz"}))
