"""The OWASP API Security Top 10 (2023), each tried here: https://owasp.org/API-Security/editions/2023/en/0x11-t10/"""

import io
import json
import re
import socket

import pytest
from django.conf import settings as conf

from apps.accounts.models import User
from apps.catalog.imports import import_songs
from apps.catalog.models import Song, Venue
from apps.jams.models import Attendee, Jam, JamHost, JamSong
from apps.voting.models import Vote
from tests.callers import Caller, with_cookie
from tests.factories import (
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_user,
    make_venue,
    make_vote,
)
from tests.routes import MATRIX, OF_ACCOUNTS, address, filled, make_world
from tests.world import World

pytestmark = pytest.mark.django_db
OUTSIDERS = ("anonymous", "attendee", "stranger", "phone", "other_host")


@pytest.fixture(scope="module")
def world(kept):
    return make_world()


def everything():
    """All that an attacker would change."""
    models = (User, Venue, Song, Jam, JamHost, JamSong, Attendee, Vote)
    rows = {model.__name__: list(model.objects.order_by("pk").values()) for model in models}
    for attendee in rows["Attendee"]:
        del attendee["last_seen"]
    return rows


def changed_since(before):
    return [name for name, rows in everything().items() if rows != before[name]]


def test_api1_broken_object_level_authorization(world):
    """By ids and slugs of others' things: nothing changes, nothing is told."""
    mine = make_jam(host=(other := make_user()), venue=make_venue(manager=other))
    own_song = make_jam_song(jam=mine)
    theirs = make_jam_song(jam=world.jam)
    somebody = make_attendee(jam=world.jam)
    attacker = Caller(user=other)
    before = everything()

    attempts = [
        # their thing by its own address, and by the address of a jam of mine
        ("PATCH", f"/api/v1/jams/{world.jam.slug}", {"name": "Taken"}),
        ("DELETE", f"/api/v1/jams/{world.jam.slug}", None),
        ("POST", f"/api/v1/jams/{mine.slug}/songs/{theirs.pk}/remove", None),
        ("POST", f"/api/v1/jams/{mine.slug}/songs/{theirs.pk}/queue", None),
        ("POST", f"/api/v1/jams/{mine.slug}/songs/{theirs.pk}/move", {"position": 0}),
        ("POST", f"/api/v1/jams/{world.jam.slug}/songs/{own_song.pk}/remove", None),
        ("DELETE", f"/api/v1/jams/{mine.slug}/attendees/{somebody.pk}", None),
        ("PATCH", f"/api/v1/venues/{world.venue.slug}", {"name": "Taken"}),
        ("GET", f"/api/v1/jams/{world.jam.slug}/desk", None),
        ("POST", "/api/v1/jams", {"name": "Here", "venue": world.venue.slug, "starts_at": "2026-12-01T20:00:00Z",
                                  "ends_at": "2026-12-01T23:00:00Z"}),
    ]  # fmt: skip
    answers = [attacker(*attempt) for attempt in attempts]

    assert {answer.status_code for answer in answers} <= {403, 404}
    assert changed_since(before) == []


def test_api1_a_token_of_one_jam_votes_in_no_other(world):
    other_jam = make_jam()
    song, own = make_jam_song(jam=other_jam), make_jam_song(jam=world.jam)
    by_token, by_cookie = world.callers["attendee"], world.callers["phone"]

    for caller in (by_token, by_cookie):
        assert caller("PUT", f"/api/v1/jams/{other_jam.slug}/songs/{song.pk}/vote").status_code == 401
        assert caller("PUT", f"/api/v1/jams/{world.jam.slug}/songs/{song.pk}/vote").status_code == 404
        assert caller("GET", f"/api/v1/jams/{other_jam.slug}/me").status_code == 401

    assert not Vote.objects.exists()
    assert by_token("PUT", f"/api/v1/jams/{world.jam.slug}/songs/{own.pk}/vote").status_code == 200


def test_api2_broken_authentication(world):
    """No guess, no forgery, no old credential is anybody; and what is stored proves nothing."""
    sam, token = make_attendee_with_token(jam=world.jam, name="Left")
    me = f"/api/v1/jams/{world.jam.slug}/me"
    user = User.objects.first()

    assert Caller(token=token)("GET", me).status_code == 200
    assert token not in json.dumps(everything(), default=str)
    assert len(token) >= 43
    for forged in (sam.secret_hash, f"{token} ", f"Bearer {token}", token.swapcase(), token[:40], "a" * 10_000):
        answer = Caller()("GET", me, None, Authorization=f"Bearer {forged}") if forged.strip() != token else None
        assert answer is None or answer.status_code in {400, 401}
    for scheme in ("Basic", "Token", "Digest", ""):
        assert Caller()("GET", me, None, Authorization=f"{scheme} {token}").status_code == 401

    Caller(token=token)("DELETE", me)
    assert Caller(token=token)("GET", me).status_code == 401
    host = Caller(user=user)
    assert host("GET", "/api/v1/jams?mine=true").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert host("POST", "/api/v1/venues", {"name": "After the end"}).status_code in {401, 403}


def test_api2_a_cookie_works_from_our_pages_only(world):
    jam_song = make_jam_song(jam=world.jam)
    token = make_attendee_with_token(jam=world.jam)[1]
    phone = with_cookie(world.jam, token, csrf=False)
    vote = f"/api/v1/jams/{world.jam.slug}/songs/{jam_song.pk}/vote"

    for foreign in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert phone("PUT", vote, None, **foreign).status_code == 403

    assert not Vote.objects.exists()
    assert phone("PUT", vote, None, Origin="http://testserver").status_code == 200


PRIVATE = {"email", "password", "secret_hash", "secret", "folded_name", "is_active", "token"}
SET_BY_US = {
    "jam": {"slug": "taken", "code": "AAAAAA", "status": "live", "owner": 1, "hosts": [1], "revision": 9, "id": 1},
    "venue": {"slug": "taken", "managers": [1], "id": 1, "created_at": "2020-01-01T00:00:00Z"},
    "song": {"times_played": 9, "last_played": "2020-01-01T00:00:00Z", "listed": False, "id": 1, "folded_title": "x"},
    "me": {"state": "active", "secret_hash": "x", "jam": 1, "id": 1, "secret": "x", "token": "x"},
}


@pytest.mark.parametrize("name", SET_BY_US)
def test_api3_broken_object_property_level_authorization_writing(world, name):
    """A field that is not theirs to set is refused, and the rest of the body with it."""
    caller = world.callers["attendee" if name == "me" else "staff"]
    path = address(world, name)
    before = everything()

    for field, value in SET_BY_US[name].items():
        answer = caller("PATCH", path, {field: value})
        assert answer.status_code == 400, field
        assert field in answer.json()["errors"], field

    assert changed_since(before) == []


def names_in(data):
    if isinstance(data, dict):
        yield from data
        for value in data.values():
            yield from names_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from names_in(value)


def test_api3_broken_object_property_level_authorization_reading():
    """No answer has a field that is for nobody, and the room reads nobody's name."""
    world = World()
    others = {"schema", "docs", "root"} | OF_ACCOUNTS
    reads = [row.name for row in MATRIX if row.method == "GET" and row.name not in others]

    for role in ("visitor", "attendee", "phone", "host", "other_host", "staff"):
        for name in reads:
            answer = world.get(role, f"api:{name}", world.address(f"api:{name}"))
            if answer.status_code != 200:
                continue
            body = answer.json()
            assert not PRIVATE & set(names_in(body)), (role, name)
            assert "@example.com" not in answer.content.decode(), (role, name)
            if role in {"visitor", "other_host"}:
                assert "Sam Singer" not in answer.content.decode(), (role, name)


def test_api4_unrestricted_resource_consumption(settings):
    """Whatever is asked for, an answer has an end, and what is sent has one too."""
    jam = make_jam(host=(host := make_user()))
    for number in range(120):
        make_venue(name=f"Venue number {number}")
    make_jam_song(jam=jam)

    for query in ("?page_size=100000", "?page_size=-1", "?page_size=99999999999999999999", ""):
        for path in ("/api/v1/venues", "/api/v1/jams", "/api/v1/songs"):
            answer = Caller()("GET", path + query)
            assert answer.status_code in {200, 404}
            assert len(answer.content) < 100_000
            assert len(answer.json().get("results", [])) <= settings.MAX_PAGE_SIZE
    too_large = Caller()("POST", f"/api/v1/jams/{jam.slug}/attendees", b'{"display_name": "' + b"x" * 2_000_000 + b'"}')
    long_text = Caller(user=host)("PATCH", f"/api/v1/jams/{jam.slug}", {"description": "x" * 500_000})
    many = Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/songs", {"songs": list(range(1, 100_000))})
    searched = Caller()("GET", "/api/v1/songs?search=" + "%25_" * 300)

    assert (too_large.status_code, long_text.status_code, many.status_code) == (413, 400, 400)
    assert searched.status_code == 200


ONLY_HOSTS = [row for row in MATRIX if row.answer("host") < 300 and row.answer("other_host") == 403]


@pytest.mark.parametrize("row", ONLY_HOSTS, ids=lambda row: f"{row.method} {row.name}")
def test_api5_broken_function_level_authorization(world, row):
    """What hosts may, nobody else may: under no other name of the address, and by no method that hides another."""
    method, path, body = row.method, address(world, row.name), filled(world, row.body)
    before = everything()

    for role in ("anonymous", "phone", "other_host"):
        for way in (path, f"{path}/", path.replace("/v1", ""), f"{path}?role=staff&is_staff=1"):
            assert world.callers[role](method, way, body).status_code in {401, 403, 404, 415}, (role, way)
        hidden = world.callers[role](
            "GET", path, None, **{"X-HTTP-Method-Override": method, "X-Original-Method": method}
        )
        assert method == "GET" or hidden.status_code != 204

    assert changed_since(before) == []


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/admin/jams/attendee/", "/metrics"])
def test_api5_what_is_for_staff_is_for_staff(world, path):
    for role in (*OUTSIDERS, "host"):
        assert world.callers[role]("GET", path, Accept="text/html").status_code in {302, 403}
    assert world.callers["staff"]("GET", path, Accept="text/html").status_code == 200


def test_api6_unrestricted_access_to_sensitive_business_flows():
    """Voting and suggesting end where the host has said so, however often and in whatever form it is tried."""
    jam = make_jam(max_votes=2, max_suggestions=2)
    songs = [make_jam_song(jam=jam) for _ in range(6)]
    _sam, token = make_attendee_with_token(jam=jam)
    sam = Caller(token=token)
    votes = [sam("PUT", f"/api/v1/jams/{jam.slug}/songs/{song.pk}/vote") for song in songs for _ in range(3)]
    cast = Vote.objects.count()
    for song in songs:
        sam("DELETE", f"/api/v1/jams/{jam.slug}/songs/{song.pk}/vote")
    suggested = [
        sam("POST", f"/api/v1/jams/{jam.slug}/songs", {"title": f"Wish {number}", "artist": "Anybody"})
        for number in range(6)
    ]

    assert {answer.status_code for answer in votes} == {200, 409}
    assert cast == 2
    assert [answer.status_code for answer in suggested].count(201) == 2
    Jam.objects.filter(pk=jam.pk).update(status="ended")
    assert sam("PUT", f"/api/v1/jams/{jam.slug}/songs/{songs[0].pk}/vote").status_code == 409


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest/meta-data/", "http://localhost:6379/", "file:///etc/passwd",
                                 "http://[::ffff:10.0.0.1]/", "gopher://redis:6379/_FLUSHALL"])  # fmt: skip
def test_api7_server_side_request_forgery(world, url, monkeypatch):
    """An address that somebody gives is kept for people to open: it is checked, and the server asks nobody."""

    def no_name_is_looked_up(*args, **kwargs):
        raise AssertionError("the server looked for somebody")

    monkeypatch.setattr(socket, "getaddrinfo", no_name_is_looked_up)

    made = world.callers["host"]("POST", "/api/v1/songs", {"title": "A", "artist": "B", "chord_sheet_url": url})
    fine = {"title": "C", "artist": "D", "chord_sheet_url": "https://chords.example/c"}

    assert made.status_code == 400
    assert "chord_sheet_url" in made.json()["errors"]
    assert world.callers["host"]("POST", "/api/v1/songs", fine).status_code == 201


def test_api8_security_misconfiguration(world):
    """No other site reads along, no fault tells how we are built, nothing answers to a method it does not have."""
    for name in ("jams", "jam", "me", "snapshot"):
        answer = world.callers["phone"]("GET", address(world, name), None, Origin="https://evil.example")
        preflight = Caller()("OPTIONS", address(world, name), None, Origin="https://evil.example")
        for one in (answer, preflight):
            assert not [header for header in one.headers if header.lower().startswith("access-control-")]
            assert one["X-Content-Type-Options"] == "nosniff"
        assert Caller()("TRACE", address(world, name)).status_code in {401, 403, 405}

    for wrong in (
        Caller()("GET", "/api/v1/nothing"),
        Caller()("GET", "/api/v1/jams?page=x"),
        Caller()("GET", "/nothing"),
    ):
        assert not re.search(r"Traceback|File \"|django|settings|site-packages", wrong.content.decode())
    assert conf.DEBUG is False
    assert conf.SESSION_COOKIE_HTTPONLY
    assert conf.CSRF_COOKIE_HTTPONLY


def test_api9_improper_inventory_management():
    """What answers stands in the schema; no older version, no forgotten address does."""
    schema = Caller()("GET", "/api/v1/schema", None, Accept="application/json").json()
    described = {(path.rstrip("/"), method.upper()) for path, methods in schema["paths"].items() for method in methods}
    hidden = {"root", "schema", "docs", "inbound"}
    routes = {(row.name, row.method) for row in MATRIX if row.name not in hidden}

    assert len(described) == len(routes)
    for path in ("/api/v0/jams", "/api/v2/jams", "/api/v1beta/jams", "/api/internal", "/api/v1/admin", "/graphql",
                 "/api/v1/users/1/password", "/debug", "/api-auth/login/", "/.env", "/.git/config",
                 "/static/../manage.py", "/actuator", "/server-status", "/swagger.json", "/__debug__/"):  # fmt: skip
        assert Caller()("GET", path).status_code == 404, path


def test_api10_unsafe_consumption_of_apis():
    """Lists of songs by others are strangers' input: what came by file is told in full and run nowhere."""
    evil = [
        '<script>alert(1)</script>,"=HYPERLINK(""http://evil.example"")",http://chords.example/x',
        "Fine,Somebody,javascript:alert(1)",
        "Fine too,Somebody,http://127.0.0.1/",
        "Good,Somebody,https://chords.example/good",
        "Terminal\x1b[2J,Somebody,",
    ]
    file = io.BytesIO("\n".join(["title,artist,chord sheet", *evil]).encode())

    import_songs(file)

    kept = dict(Song.objects.values_list("title", "chord_sheet_url"))
    assert kept == {"<script>alert(1)</script>": "http://chords.example/x", "Good": "https://chords.example/good"}
    for accept in ("text/html", "application/json"):
        page = Caller()("GET", "/api/v1/songs", None, Accept=accept)
        assert "<script>alert" not in page.content.decode() or page["Content-Type"] == "application/json"
    assert "<script>alert" not in Caller()("GET", "/songs", None, Accept="text/html").content.decode()


def test_there_is_data_that_could_leak():
    """Or the reads above would prove nothing."""
    world = World()
    make_vote(jam_song=world.live.songs[0])

    desk = world.get("host", "api:desk", world.address("api:desk")).content.decode()

    assert "Sam Singer" in desk
    assert User.objects.filter(email__endswith="@example.com").exists()
