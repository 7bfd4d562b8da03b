"""Whatever is sent, the answer is a clear 4xx and a problem, never a fault of ours."""

import pytest
from django.db import connection
from django.urls import reverse

from apps.catalog.models import Song
from apps.jams.models import Attendee, Jam
from tests.callers import Caller, with_cookie
from tests.factories import make_attendee_with_token, make_jam, make_jam_song, make_staff, make_user, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

NOT_JSON = {
    "empty braces cut": b"{",
    "text": b"hello",
    "nothing but spaces": b"   ",
    "an array": b"[]",
    "many arrays": b"[" * 100_000,
    "deep arrays": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep inside": b'{"display_name":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "a string": b'"x"',
    "a number": b"7",
    "null": b"null",
    "true": b"true",
    "NaN": b'{"display_name": NaN}',
    "Infinity": b'{"display_name": Infinity}',
    "single quotes": b"{'display_name': 'x'}",
    "a comment": b'{"display_name": "x" /* y */}',
    "a comma too many": b'{"display_name": "x",}',
    "two objects": b"{}{}",
    "a NUL": b'{"display_name": "a\\u0000b"}',
    "a NUL key": b'{"\\u0000": 1}',
    "a raw NUL": b'{"display_name": "a\x00b"}',
    "a lone surrogate": b'{"display_name": "\\ud800"}',
    "a lone low surrogate": b'{"display_name": "\\udc00 x"}',
    "Latin-1": b'{"display_name": "\xe9"}',
    "overlong UTF-8": b'{"display_name": "\xc0\xaf"}',
    "UTF-16": '{"display_name": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"display_name": "x"}',
    "a huge number": b'{"display_name": ' + b"9" * 400 + b"}",
    "a huge exponent": b'{"display_name": 1e999}',
}


@pytest.fixture
def jam():
    return make_jam(host=make_user())


def is_a_problem(response, *statuses):
    assert response.status_code in statuses, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["request_id"] == response["X-Request-Id"]
    assert body["detail"]
    return body


@pytest.mark.parametrize("what", NOT_JSON)
def test_a_body_that_is_no_object_is_refused(jam, what):
    response = Caller()("POST", f"/api/v1/jams/{jam.slug}/attendees", NOT_JSON[what])

    assert is_a_problem(response, 400)["code"] == "parse_error"
    assert not Attendee.objects.exists()


def test_an_escaped_backslash_before_u0000_is_no_nul(jam):
    response = Caller()("POST", f"/api/v1/jams/{jam.slug}/attendees", b'{"display_name": "a\\\\u0000"}')

    assert (response.status_code, response.json()["display_name"]) == (201, "a\\u0000")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "", "x", "/", "é"]
)
def test_another_kind_of_body_is_refused(jam, kind):
    response = Caller()("POST", f"/api/v1/jams/{jam.slug}/attendees", b'{"display_name": "x"}', kind=kind)

    assert is_a_problem(response, 415)["code"] == "unsupported_media_type"


@pytest.mark.parametrize("body", [b"--x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n", b"\xff" * 100])
def test_a_broken_form_is_refused(jam, body):
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data"):
        for caller in (Caller(), Caller(user=make_staff())):
            response = caller("POST", f"/api/v1/jams/{jam.slug}/attendees", body, kind=kind)
            is_a_problem(response, 400, 415, 403)


@pytest.mark.parametrize("path", ["/api/v1/jams", "/api/jams/", "/api/v1/nothing", "/api/v1/songs"])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE"])
def test_ten_megabytes_are_refused_by_their_length(path, method, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = Caller()(method, path, b'{"name": "' + b"x" * 10_000_000 + b'"}')

    assert is_a_problem(response, 413)["code"] == "too_large"


def test_a_page_says_so_too():
    response = Caller()("POST", "/login", b"x" * 10_000_000, kind="application/x-www-form-urlencoded")

    assert response.status_code == 413
    assert "1024 KB" in response.content.decode()


@pytest.mark.parametrize("length", ["x", "-5", "9" * 30, "", "1e3"])
def test_a_length_that_is_none_is_no_fault(jam, length):
    caller = Caller()
    path = f"/api/v1/jams/{jam.slug}/attendees"

    response = caller.client.post(path, b"{}", "application/json", CONTENT_LENGTH=length)

    assert response.status_code in {201, 400, 413}


IDS = ["0", "-1", "99999999999999999999", str(2**63), str(2**63 - 1), "1" * 300, "x", "1.5", "%00", "٣", "1%0a", "null"]


@pytest.mark.parametrize("pk", IDS)
def test_an_id_that_nothing_has_is_not_found(jam, pk):
    _sam, token = make_attendee_with_token(jam=jam)
    staff = Caller(user=make_staff())
    base = f"/api/v1/jams/{jam.slug}"

    is_a_problem(Caller(token=token)("PUT", f"{base}/songs/{pk}/vote"), 404)
    is_a_problem(staff("POST", f"{base}/songs/{pk}/queue"), 404)
    is_a_problem(staff("POST", f"{base}/songs/{pk}/move", {"position": 1}), 404)
    is_a_problem(staff("DELETE", f"{base}/attendees/{pk}"), 404)
    for method in ("GET", "PATCH", "DELETE"):
        is_a_problem(staff(method, f"/api/v1/songs/{pk}", {} if method == "PATCH" else None), 404)


@pytest.mark.parametrize("slug", ["x" * 2000, "%00", "%ff", "..", "%2e%2e", "a b", "é", "'", "--", "0", "%F0%9F%8E%B8"])
def test_a_jam_that_is_not_there_is_not_found(slug):
    for path in (f"jams/{slug}", f"jams/{slug}/snapshot", f"jams/{slug}/me", f"jams/by-slug/{slug}", f"venues/{slug}"):
        is_a_problem(Caller()("GET", f"/api/v1/{path}"), 404)


ALL = [
    "root", "jams", "songs", "venues", "jam", "jam-by-slug", "snapshot", "desk", "me", "jam-songs", "vote", "move",
    "attendees", "attendee", "duplicate", "pause", "open", "start-next", "song", "venue", "schema", "docs",
]  # fmt: skip


def address(name, jam, jam_song):
    ids = {"song": {"pk": jam_song.song_id}, "venue": {"slug": jam.venue.slug}}
    if name in {"root", "jams", "songs", "venues", "schema", "docs"}:
        return reverse(f"api:{name}")
    own = {"slug": jam.slug} | ({"pk": jam_song.pk} if name in {"vote", "move", "attendee"} else {})
    return reverse(f"api:{name}", kwargs=ids.get(name, own))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "method", ["HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "POST", "DELETE", "CONNECT", "LINK", "x"]
)
def test_any_method_gets_an_answer(jam, name, method):
    jam_song = make_jam_song(jam=jam)
    path = address(name, jam, jam_song)

    for caller in (Caller(), Caller(user=make_staff())):
        response = caller(method, path)

        assert response.status_code < 500
        if response.status_code == 405:
            assert method not in response["Allow"].split(", ")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "accept", ["text/html", "text/plain", "application/xml", "x", "", "*/*;q=0", "application/json; indent=4"]
)
def test_any_accept_gets_an_answer(jam, name, accept):
    jam_song = make_jam_song(jam=jam)
    make_vote_for = make_attendee_with_token(jam=jam)[1]

    for caller in (Caller(), Caller(user=make_staff()), with_cookie(jam, make_vote_for)):
        response = caller("GET", address(name, jam, jam_song), None, Accept=accept)
        assert response.status_code in {200, 401, 403, 404, 405, 406}, response.content[:500]


def test_the_browsable_api_shows_problems_as_a_page():
    response = Caller()("GET", "/api/v1/jams/nothing", None, Accept="text/html")

    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space", "a\tb-long-enough", "ümläut-id", "<script>", ""])
def test_a_request_id_that_is_none_is_replaced(given):
    response = Caller()("GET", "/api/v1/jams/nothing", None, **{"X-Request-Id": given})

    assert response["X-Request-Id"] == response.json()["request_id"] != given
    assert len(response["X-Request-Id"]) == 16


def test_a_host_that_is_not_ours_is_refused():
    is_a_problem(Caller()("GET", "/api/v1/jams", None, Host="evil.example"), 400)


TEXTS = [
    "\u202eevil",
    "👩‍🎤🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "a\u0301" * 20,
    "\U0010fffd",
    "\ufffe",
    "ﷺ" * 5,
    "🎸" * 40,
    "\\",
    '"',
    "<script>",
    "{{ 7*7 }}",
    "%s",
    "';--",
]


@pytest.mark.parametrize("text", TEXTS)
def test_odd_texts_come_back_as_text(text):
    host = make_user()
    venue = make_venue(manager=host)
    say = Caller(user=host)
    times = {"starts_at": "2026-12-01T20:00:00Z", "ends_at": "2026-12-01T23:00:00Z"}
    name = f"N{text}"[:80]

    made = say("POST", "/api/v1/jams", times | {"name": name, "venue": venue.slug, "description": text})
    assert made.status_code == 201
    jam = Jam.objects.get()
    Jam.objects.update(status="live")
    joined = Caller()("POST", f"/api/v1/jams/{jam.slug}/attendees", {"display_name": text[:40]})
    assert joined.status_code == 201
    song = {"title": f"T{text}"[:200], "artist": text}
    suggested = Caller(token=joined.json()["token"])("POST", f"/api/v1/jams/{jam.slug}/songs", song)
    assert suggested.status_code in {201, 400}
    for path in (f"jams/{jam.slug}", f"jams/{jam.slug}/snapshot", f"jams/{jam.slug}/desk"):
        assert say("GET", f"/api/v1/{path}").status_code == 200
        assert say("GET", f"/api/v1/{path}", None, Accept="text/html").status_code == 200
    assert Song.objects.count() == (suggested.status_code == 201)
    assert connection.is_usable()


@pytest.mark.parametrize("wrong", ["<script>alert(1)</script>", "\\u0041", "🎸"])
def test_a_wrong_value_that_is_told_back_is_escaped(wrong):
    host = make_user()
    make_venue(manager=host)

    response = Caller(user=host)("POST", "/api/v1/jams", {"venue": wrong}, Accept="text/html")

    assert response.status_code == 400
    assert "<script>alert(1)" not in response.content.decode()
