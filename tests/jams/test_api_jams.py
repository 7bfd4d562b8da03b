"""Jams over the API: read, made, changed, run; and what the answers look like."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.jams.models import Jam, JamHost, JamSong
from tests.callers import Caller
from tests.factories import (
    make_attendee,
    make_jam,
    make_jam_song,
    make_song,
    make_user,
    make_venue,
    make_vote,
)

pytestmark = pytest.mark.django_db

TIMES = {"starts_at": "2026-12-01T20:00:00Z", "ends_at": "2026-12-01T23:00:00Z"}


@pytest.fixture
def host():
    return make_user()


def names(response):
    return [jam["name"] for jam in response.json()["results"]]


def get(path):
    return Caller()("GET", f"/api/v1/{path}")


# Lists ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/jams", "/api/jams/", "/api/v1/jams", "/api/v1/jams/", "/api/v1/jams///"])
def test_api_means_the_current_version_and_a_closing_slash_nothing(path):
    make_jam()

    body = Caller()("GET", path).json()

    assert body["count"] == 1
    assert set(body) == {"count", "next", "previous", "results"}


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/"])
def test_the_root_says_where_to_begin(path):
    assert Caller()("GET", path).json()["jams"] == "http://testserver/api/v1/jams"


@pytest.mark.parametrize(
    "path", ["/api/v2/jams", "/api/nothing", "/api/v1/jams/x/y", "/api/v1x", "/api/v1/jams/%00", "/api/%ff"]
)
def test_another_address_is_a_problem(path):
    response = Caller()("GET", path)

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["code"] == "not_found"


def test_a_jam_says_what_a_visitor_needs():
    jam = make_jam(venue=make_venue(name="The Copper Room", town="Bristol"), max_votes=5)
    make_vote(jam_song=make_jam_song(jam=jam))
    make_attendee(jam=jam, state="removed", name="Unmistakable")

    for response in (get("jams").json()["results"][0], get(f"jams/{jam.slug}").json()):
        assert response["venue"]["name"] == "The Copper Room"
        assert response["max_votes"] == 5
        assert not {"people", "votes_cast"} & set(response)  # every vote would change the list: see the snapshot
        assert (response["voting"], response["suggestions"], response["status"]) == ("open", "open", "live")
        assert response["url"] == f"/jams/{jam.slug}"
        assert not {"id", "hosts", "attendees", "people", "votes_cast"} & set(response)
    assert get(f"jams/{jam.slug}").json() == get(f"jams/by-slug/{jam.slug}").json() == get("jams").json()["results"][0]


def test_the_latest_come_first_and_equals_keep_their_order():
    now = timezone.now()
    for name, days in (("old", -9), ("b", 0), ("new", 9), ("a", 0)):
        make_jam(name=name, starts_at=now + timedelta(days=days))

    assert names(get("jams")) == ["new", "a", "b", "old"]
    assert names(get("jams?ordering=starts_at")) == ["old", "b", "a", "new"]
    assert names(get("jams?ordering=-starts_at")) == ["new", "b", "a", "old"]
    assert names(get("jams?ordering=name")) == ["a", "b", "new", "old"]
    assert [*names(get("jams?page_size=3")), *names(get("jams?page_size=3&page=2"))] == ["new", "a", "b", "old"]


def test_lists_can_be_narrowed():
    copper = make_venue(name="Copper Room")
    now = timezone.now()
    for status in Jam.Status.values:
        make_jam(name=status, status=status, starts_at=now)
    make_jam(name="There 100%", status="open", venue=copper, starts_at=now + timedelta(days=2))

    assert set(names(get("jams?when=now"))) == {"live", "last_call"}
    assert set(names(get("jams?when=past"))) == {"ended"}
    assert set(names(get("jams?when=upcoming"))) == {"open", "There 100%"}
    assert names(get("jams?venue=copper-room")) == ["There 100%"]
    assert set(names(get("jams?status=live&status=ended"))) == {"live", "ended"}
    assert names(get("jams?status=draft")) == []
    assert names(get("jams?search=100%25")) == ["There 100%"]
    tomorrow = (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert names(get(f"jams?starts_after={tomorrow}")) == ["There 100%"]
    assert "There 100%" not in names(get(f"jams?starts_before={tomorrow}"))
    assert get("jams?when=now&status=ended").json()["count"] == 0


NONSENSE = [
    "when=never",
    "when=",
    "status=dead",
    "status=%00",
    "venue=nowhere",
    "venue=%00",
    "venue=1",
    "ordering=votes",
    "ordering=-",
    "ordering=name;drop",
    "ordering=venue__managers__password",
    "ordering=%00",
    "search=%00",
    "search=%ff%fe",
    "search=" + "x" * 3000,
    "starts_after=yesterday",
    "starts_after=0001-01-01T00:00:00%2B14:00",
    "starts_after=9999-12-31T23:59:59-14:00",
    "starts_after=2026-02-30T00:00:00Z",
    "starts_before=%00",
    "page_size=0",
    "page_size=-1",
    "page_size=x",
    "page_size=" + "9" * 400,
    "page_size=%00",
    "when=now&when=past",
    "unknown=1",
    "format=xml",
    "format=%00",
]


@pytest.mark.parametrize("query", NONSENSE)
@pytest.mark.parametrize("path", ["jams", "songs", "venues"])
def test_nonsense_in_the_query_is_refused_or_ignored(path, query):
    make_jam()

    response = get(f"{path}?{query}")

    assert response.status_code in {200, 400, 404}
    if response.status_code != 200:
        assert response["Content-Type"] == "application/problem+json"


def test_a_wrong_filter_is_named():
    response = get("jams?when=never&ordering=votes")

    assert response.status_code == 400
    assert set(response.json()["errors"]) == {"when", "ordering"}


@pytest.mark.parametrize("page", ["0", "-1", "x", "3", "9" * 30, "1.5", "%00"])
def test_a_page_that_is_not_there_is_not_found(page):
    make_jam()

    assert get(f"jams?page={page}").status_code == 404


@pytest.mark.parametrize("path", ["jams", "songs", "venues", "jams/JAM/songs"])
def test_pages_have_a_ceiling(settings, path):
    settings.MAX_PAGE_SIZE = 5
    jam = make_jam()
    for _ in range(7):
        make_jam_song(jam=jam)
        make_jam()

    assert len(get(f"{path.replace('JAM', jam.slug)}?page_size=1000").json()["results"]) == 5


# Made and changed -------------------------------------------------------------------------------------


def test_a_jam_is_made_at_a_venue_of_mine(host):
    make_venue(name="Copper Room", manager=host)
    body = TIMES | {"name": "Late Jam", "venue": "copper-room", "counts": "top", "max_votes": None}

    response = Caller(user=host)("POST", "/api/v1/jams", body)

    jam = response.json()
    assert response.status_code == 201
    assert (jam["slug"], jam["status"], jam["counts"]) == ("late-jam-copper-room-2026-12-01", "draft", "top")
    assert response["Location"] == f"/api/v1/jams/{jam['slug']}"
    assert JamHost.objects.get().user == host


FOREIGN = [
    "status",
    "slug",
    "code",
    "votes",
    "revision",
    "hosts",
    "host",
    "id",
    "ended_at",
    "voting_paused",
    "background",
]


@pytest.mark.parametrize("field", FOREIGN)
def test_what_nobody_sets_is_refused_not_ignored(host, field):
    make_venue(name="V", manager=host)
    jam = make_jam(host=host, status="draft")
    before = Jam.objects.values().get(pk=jam.pk)
    caller, body = Caller(user=host), TIMES | {"name": "N", "venue": "v", field: "live"}

    made = caller("POST", "/api/v1/jams", body)
    changed = caller("PATCH", f"/api/v1/jams/{jam.slug}", {"name": "N", field: "live"})
    moved = caller("PATCH", f"/api/v1/jams/{jam.slug}", {"venue": "v"})

    assert (made.status_code, changed.status_code, moved.status_code) == (400, 400, 400)
    assert field in made.json()["errors"]
    assert Jam.objects.values().get() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "\u200b"}, "name"),
        ({"name": ["x"]}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"description": "x" * 2001}, "description"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": 1764619200}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00Z"}, "starts_at"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, "ends_at"),
        ({"ends_at": "2026-12-01T19:00:00Z"}, "ends_at"),
        ({"max_votes": 0}, "max_votes"),
        ({"max_votes": 10**30}, "max_votes"),
        ({"max_votes": "many"}, "max_votes"),
        ({"max_suggestions": 101}, "max_suggestions"),
        ({"counts": "secret"}, "counts"),
        ({"counts": {}}, "counts"),
        ({"counts_top": 0}, "counts_top"),
        ({"approve_suggestions": "perhaps"}, "approve_suggestions"),
        ({"approve_suggestions": []}, "approve_suggestions"),
        ({"venue": "nowhere"}, "venue"),
        ({"venue": 1}, "venue"),
        ({"venue": ["v"]}, "venue"),
        ({"venue": None}, "venue"),
    ],
)
def test_what_is_not_right_is_named(host, body, field):
    make_venue(name="V", manager=host)

    response = Caller(user=host)("POST", "/api/v1/jams", TIMES | {"name": "N", "venue": "v"} | body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert field in response.json()["errors"]
    assert not Jam.objects.exists()


def test_a_venue_of_somebody_else_is_refused(host):
    make_venue(name="V", manager=make_user())

    response = Caller(user=host)("POST", "/api/v1/jams", TIMES | {"name": "N", "venue": "v"})

    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")


def test_a_change_keeps_what_it_does_not_name(host):
    jam = make_jam(host=host, name="Old", max_votes=3)

    body = Caller(user=host)("PATCH", f"/api/v1/jams/{jam.slug}", {"name": "New"}).json()

    assert (body["name"], body["max_votes"], body["slug"]) == ("New", 3, jam.slug)


def test_a_jam_that_was_voted_in_is_not_deleted(host):
    jam = make_jam(host=host)
    make_vote(jam_song=make_jam_song(jam=jam))

    assert Caller(user=host)("DELETE", f"/api/v1/jams/{jam.slug}").status_code == 409
    assert Jam.objects.exists()


@pytest.mark.parametrize("starts_at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "x", None, 5])
def test_a_duplicate_needs_a_date_that_can_be(host, starts_at):
    jam = make_jam(host=host)

    response = Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/duplicate", {"starts_at": starts_at})

    assert response.status_code == 400
    assert "starts_at" in response.json()["errors"]


# A night ----------------------------------------------------------------------------------------------


def test_a_whole_night(host):
    jam = make_jam(host=host, status="draft")
    say, base = Caller(user=host), f"/api/v1/jams/{jam.slug}"

    assert say("POST", f"{base}/open").json()["status"] == "open"
    assert say("POST", f"{base}/open").json()["status"] == "open"
    assert say("POST", f"{base}/start").json()["voting"] == "open"
    ids = [say("POST", f"{base}/songs", {"song": make_song().pk}).json()["id"] for _ in range(3)]
    assert say("POST", f"{base}/songs/{ids[0]}/pin").json()["pinned"] is True
    assert say("POST", f"{base}/songs/{ids[0]}/unpin").json()["pinned"] is False
    assert [say("POST", f"{base}/songs/{pk}/queue").json()["position"] for pk in ids] == [1, 2, 3]
    assert say("POST", f"{base}/songs/{ids[2]}/move", {"position": 0}).json()["position"] == 1
    assert say("POST", f"{base}/start-next").json()["id"] == ids[2]
    assert say("GET", f"{base}/snapshot").json()["now_playing"]["id"] == ids[2]
    assert say("POST", f"{base}/songs/{ids[2]}/finish").json()["status"] == "played"
    assert say("POST", f"{base}/songs/{ids[0]}/play").json()["status"] == "playing"
    assert say("POST", f"{base}/songs/{ids[0]}/skip").json()["status"] == "open"
    assert say("POST", f"{base}/songs/{ids[1]}/unqueue").json()["status"] == "open"
    assert say("POST", f"{base}/songs/{ids[1]}/remove").json()["status"] == "removed"
    assert say("POST", f"{base}/pause", {"voting": True, "suggestions": True}).json()["voting"] == "paused"
    assert say("POST", f"{base}/last-call").json()["suggestions"] == "closed"
    assert say("POST", f"{base}/end").json()["status"] == "ended"

    refused = say("POST", f"{base}/start")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_status")
    assert say("POST", f"{base}/start-next").json()["code"] == "wrong_status"


@pytest.mark.parametrize("body", [{"position": -1}, {"position": "x"}, {"position": 10**9}, {"position": None}, {}])
def test_a_place_that_cannot_be_is_refused(host, body):
    jam_song = make_jam_song(jam=make_jam(host=host), status="queued", position=1)

    response = Caller(user=host)("POST", f"/api/v1/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/move", body)

    assert response.status_code == 400


def test_a_song_of_another_jam_is_not_there(host):
    jam, elsewhere = make_jam(host=host), make_jam_song()

    response = Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/songs/{elsewhere.pk}/remove")

    assert response.status_code == 404
    assert JamSong.objects.get(pk=elsewhere.pk).status == "open"


def test_an_attendee_of_another_jam_is_not_there(host):
    jam, elsewhere = make_jam(host=host), make_attendee()

    response = Caller(user=host)("DELETE", f"/api/v1/jams/{jam.slug}/attendees/{elsewhere.pk}")

    assert response.status_code == 404
    elsewhere.refresh_from_db()
    assert elsewhere.state == "active"


def test_a_removed_person_takes_their_votes_along(host):
    jam_song = make_jam_song(jam=make_jam(host=host))
    sam = make_attendee(jam=jam_song.jam)
    make_vote(jam_song=jam_song, attendee=sam)
    say, path = Caller(user=host), f"/api/v1/jams/{jam_song.jam.slug}/attendees/{sam.pk}"

    assert [say("DELETE", path).status_code for _ in range(2)] == [204, 204]

    assert JamSong.objects.get().votes == 0


# The desk ---------------------------------------------------------------------------------------------


def test_the_desk_has_what_only_hosts_see(host):
    jam = make_jam(host=host, counts="hidden")
    sam = make_attendee(jam=jam, name="Sam")
    pending = make_jam_song(jam=jam, status="pending", suggested_by=sam, title="Wish")
    counted = make_jam_song(jam=jam)
    make_vote(jam_song=counted, attendee=sam)
    make_attendee(jam=jam, name="Gone", state="left")

    response = Caller(user=host)("GET", f"/api/v1/jams/{jam.slug}/desk")

    body = response.json()
    assert response["Cache-Control"] == "private, no-store"
    assert [(song["id"], song["title"], song["suggested_by"]) for song in body["pending"]] == [
        (pending.pk, "Wish", "Sam")
    ]
    assert [person["display_name"] for person in body["attendees"]] == ["Sam"]
    assert [(song["id"], song["votes"]) for song in body["songs"]] == [(counted.pk, 1)]
    assert "secret" not in response.content.decode()


# Nothing of it is for all -----------------------------------------------------------------------------


def test_no_public_read_has_a_name_or_what_waits(host):
    jam = make_jam(host=host)
    sam = make_attendee(jam=jam, name="Unmistakable")
    make_vote(jam_song=make_jam_song(jam=jam, suggested_by=sam, origin="suggestion"), attendee=sam)
    for status in ("pending", "removed"):
        make_jam_song(jam=jam, status=status, title=f"Unmistakable {status}", suggested_by=sam)

    for path in (
        "jams",
        f"jams/{jam.slug}",
        f"jams/by-slug/{jam.slug}",
        f"jams/{jam.slug}/snapshot",
        f"jams/{jam.slug}/songs",
    ):
        for caller in (Caller(), Caller(user=host)):
            assert "Unmistakable" not in caller("GET", f"/api/v1/{path}").content.decode()


def test_problems_have_one_shape():
    response = Caller()("GET", "/api/v1/jams/nothing", None, **{"X-Request-Id": "from-the-balancer"})

    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing here. Check the address.",
        "code": "not_found",
        "request_id": "from-the-balancer",
    }


def test_the_schema_names_every_route():
    response = get("schema?format=json")

    assert response.status_code == 200
    assert "/api/v1/jams/{slug}/songs/{id}/vote" in response.content.decode()
