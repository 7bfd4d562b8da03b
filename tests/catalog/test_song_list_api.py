"""A venue's song list over HTTP."""

import pytest

from apps.catalog import list_fetching
from apps.catalog.models import LibrarySong, Song
from tests.factories import make_song, make_user, make_venue
from tests.listings import lists_served
from tests.tasks.running import run_tasks

pytestmark = pytest.mark.django_db
URL = "https://lists.example/list"


@pytest.fixture
def site(monkeypatch):
    with lists_served() as lists:
        monkeypatch.setattr(list_fetching, "fetch", lambda url, *, ports, **how: lists.get(url, **how))
        yield lists


@pytest.fixture
def venue(client):
    manager = make_user()
    client.force_login(manager)
    return make_venue(manager=manager)


def at(venue, part=""):
    return f"/api/v1/venues/{venue.slug}/song-list{part}"


def put(client, venue, **body):
    return client.put(at(venue), {"url": URL, **body}, content_type="application/json")


def post(client, venue, part, **body):
    return client.post(at(venue, part), body, content_type="application/json")


def test_from_the_address_to_the_songs(client, venue, site):
    make_song(title="Creep", artist="Radiohead", key="A")
    site.serve("title,artist,key\nCreep,Radiohead,G\nZombie,The Cranberries,\n,Nobody,\n")
    assert client.get(at(venue)).json()["url"] == ""

    assert put(client, venue, schedule="weekly").json()["schedule"] == "weekly"
    answer = post(client, venue, "/fetch")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    run_tasks()
    assert client.get(answer["Location"]).json()["state"] == "done"

    found = client.get(at(venue)).json()
    assert (found["state"], found["counts"]["new"], found["counts"]["added"]) == ("ready", 1, 1)
    assert found["problems"] == [
        {"line": 4, "outcome": "rejected", "column": "title", "value": "", "reason": "is missing"}
    ]
    changes = client.get(at(venue, "/changes")).json()
    assert [(row["kind"], row["title"], row["changes"]) for row in changes["results"]] == [
        ("added", "Creep", [{"name": "key", "before": "A", "after": "G"}]),
        ("new", "Zombie", []),
    ]
    assert (changes["digest"], changes["count"]) == (found["digest"], 2)

    answer = post(client, venue, "/apply", digest=changes["digest"])
    assert answer.status_code == 202
    run_tasks()
    assert client.get(at(venue)).json()["applied"] == {"added": 1, "new": 1}
    assert LibrarySong.objects.filter(venue=venue).on_the_list().count() == 2


def test_what_was_not_looked_at_is_not_applied(client, venue, site):
    site.serve("title,artist\nCreep,Radiohead\n")
    put(client, venue)
    post(client, venue, "/fetch")
    run_tasks()

    answer = post(client, venue, "/apply", digest="0" * 64)

    assert (answer.status_code, answer.json()["code"]) == (409, "song_list_changed")
    assert not Song.objects.exists()


@pytest.mark.parametrize(("part", "code"), [("/fetch", "no_song_list"), ("/apply", "no_song_list")])
def test_without_a_list_there_is_nothing_to_do(client, venue, part, code):
    body = {"digest": "0"} if part == "/apply" else {}

    answer = post(client, venue, part, **body)

    assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert client.get(at(venue, "/changes")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://lists.example/"}, "url"), ({"url": "https://10.0.0.1/"}, "url"), ({"near": ""}, "near"),
        ({"schedule": "always"}, "schedule"), ({"mapping": {"a": "owner"}}, "mapping"), ({"etag": "1"}, "etag"),
    ],
)  # fmt: skip
def test_what_cannot_be_set(client, venue, body, field):
    answer = put(client, venue, **body)

    assert answer.status_code == 400
    assert {name.partition(".")[0] for name in answer.json()["errors"]} == {field}


def test_facts_of_all_venues_are_for_staff(client, venue):
    assert put(client, venue, update=True).json()["code"] == "staff_only"


def test_with_an_empty_address_the_venue_has_none(client, venue):
    put(client, venue)

    assert client.put(at(venue), {"url": ""}, content_type="application/json").json()["url"] == ""

    assert client.get(at(venue, "/changes")).status_code == 404


def test_another_venues_manager_sees_nothing(client, venue, site):
    site.serve("title,artist\nCreep,Radiohead\n")
    put(client, venue)
    post(client, venue, "/fetch")
    run_tasks()
    other = make_venue(manager=make_user())
    client.force_login(other.managers.get())

    answers = [client.get(at(venue)), client.get(at(venue, "/changes")), put(client, venue)]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert client.get(at(other)).json()["url"] == ""
