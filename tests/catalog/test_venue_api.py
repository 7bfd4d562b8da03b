import pytest

from apps.accounts.roles import Right
from apps.catalog.models import Venue
from tests.catalog.callers import VENUES, client, refused
from tests.factories import make_jam, make_staff, make_user, make_venue

pytestmark = pytest.mark.django_db


def test_a_venue_has_its_facts_and_no_names_of_people():
    make_venue(name="The Anchor", town="Leeds", manager=make_user(name="Secret Manager"))

    answer = client().get(f"{VENUES}/the-anchor")

    assert answer.json() == {
        "slug": "the-anchor",
        "name": "The Anchor",
        "address": "",
        "town": "Leeds",
        "time_zone": "Europe/London",
        "description": "",
        "accent": "",
        "takes_suggestions": True,
        "approve_suggestions": False,
        "max_suggestions": None,
        "sign_ups": True,
        "max_sign_ups": None,
        "max_votes": None,
        "counts": "live",
        "capacity": 300,
        "url": "/venues/the-anchor",
        "created_at": answer.json()["created_at"],
    }


@pytest.mark.parametrize("slug", ["nowhere", "%00", "a%2Fb", "مقهى", "1.5"])
def test_an_unknown_venue_is_not_found(slug):
    refused(client().get(f"{VENUES}/{slug}"), 404, "not_found")


def test_venues_are_narrowed_and_ordered():
    make_venue(name="The Anchor", town="Leeds")
    make_venue(name="Blue Door", town="Leeds")
    make_venue(name="Zenith", town="York")

    def names(query):
        return [venue["name"] for venue in client().get(f"{VENUES}?{query}").json()["results"]]

    assert names("town=leeds") == ["Blue Door", "The Anchor"]
    assert names("search=leeds%20anchor") == ["The Anchor"]
    assert names("ordering=-town") == ["Zenith", "Blue Door", "The Anchor"]
    refused(client().get(f"{VENUES}?ordering=managers"), 400, "invalid")


def test_whoever_adds_a_venue_manages_it():
    host = make_user()

    answer = client(host).post(VENUES, {"name": "The Anchor", "time_zone": "Asia/Beirut"})

    assert answer.status_code == 201, answer.data
    assert (answer.json()["slug"], answer["Location"]) == ("the-anchor", "/api/v1/venues/the-anchor")
    assert Venue.objects.get().lets(host, Right.CHANGE_VENUE)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\u200b"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"time_zone": "Nowhere"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"accent": "red; }"}, "accent"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 100_001}, "capacity"),
        ({"description": "x" * 2001}, "description"),
        ({"managers": [1]}, "managers"),
        ({"slug": "mine"}, "slug"),
    ],
)
def test_a_wrong_venue_names_its_field(fields, field):
    body = refused(client(make_user()).post(VENUES, {"name": "The Anchor", **fields}), 400, "invalid")

    assert set(body["errors"]) == {field}
    assert Venue.objects.count() == 0


def test_only_managers_and_staff_change_a_venue():
    manager = make_user()
    make_venue(name="The Anchor", manager=manager)
    other = client(make_user())

    refused(other.patch(f"{VENUES}/the-anchor", {"name": "Mine"}), 403, "not_a_venue_manager")
    refused(other.delete(f"{VENUES}/the-anchor"), 403, "not_a_venue_manager")

    assert client(manager).patch(f"{VENUES}/the-anchor", {"name": "The Pier"}).json()["slug"] == "the-anchor"
    assert client(make_staff()).delete(f"{VENUES}/the-anchor").status_code == 204


def test_a_name_is_taken_once():
    make_venue(name="The Anchor")

    body = refused(client(make_user()).post(VENUES, {"name": "the anchor"}), 409, "venue_name_taken")

    assert set(body["errors"]) == {"name"}


def test_a_venue_with_jams_is_not_deleted():
    venue = make_venue(manager=make_user())
    make_jam(venue=venue)

    refused(client(make_staff()).delete(f"{VENUES}/{venue.slug}"), 409, "venue_in_use")
