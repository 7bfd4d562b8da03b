"""Every error of every route is a problem of one shape, and the schema says which there can be."""

import json

import pytest
from django.db import OperationalError
from rest_framework.views import APIView

from apps.core.retries import METHODS
from apps.core.schema import Problem
from tests.callers import Caller
from tests.factories import make_jam, make_user, make_venue
from tests.routes import MATRIX, address, filled, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]


def is_a_problem(answer, *statuses):
    assert answer.status_code in statuses, (answer.status_code, answer.content[:300])
    assert answer["Content-Type"] == "application/problem+json"
    body = json.loads(answer.content)
    assert set(body) >= {"type", "title", "status", "detail", "code", "request_id"}
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer["X-Request-Id"]
    for texts in body.get("errors", {}).values():
        assert texts
        assert all(isinstance(text, str) for text in texts)
    return body


def every_route(method=None):
    """`(name, method, path, body)` of the whole table, in one world."""
    world = make_world()
    for row in MATRIX:
        name, verb, body = row.name, row.method, row.body
        if method in (None, verb):
            yield (
                world.callers["attendee" if name in {"me", "vote"} else "staff"],
                name,
                verb,
                address(world, name),
                filled(world, body),
            )


WRITTEN = {"POST", "PATCH", "PUT", "DELETE"}


def test_a_method_that_a_route_has_not():
    methods = {}
    for _staff, name, verb, path, _body in every_route():
        methods.setdefault(name, (path, set()))[1].add(verb)
    staff = make_world().callers["staff"]

    for path, known in methods.values():
        for verb in WRITTEN - known:
            answer = staff(verb, path, {})
            assert is_a_problem(answer, 405)["code"] == "method_not_allowed"
            assert set(known) <= set(answer["Allow"].split(", "))


def test_an_answer_that_nobody_accepts():
    for staff, name, verb, path, body in every_route():
        if name not in {"schema", "docs"}:  # they have forms of their own
            assert is_a_problem(staff(verb, path, body, Accept="image/png"), 406)["code"] == "not_acceptable"


def test_a_body_that_is_not_json():
    for staff, _name, verb, path, body in every_route():
        if verb in WRITTEN and body:
            assert is_a_problem(staff(verb, path, b"a=1", kind="text/plain"), 415)["code"] == "unsupported_media_type"
            assert is_a_problem(staff(verb, path, b"{"), 400)["code"] == "parse_error"


def test_a_body_that_is_too_large_or_of_unknown_length_or_charset(settings):
    settings.MAX_BODY_BYTES = 100
    for staff, _name, verb, path, _body in every_route():
        if verb in WRITTEN:
            assert is_a_problem(staff(verb, path, b"x" * 101), 413)["code"] == "too_large"
            is_a_problem(staff(verb, path, b"{}", kind="application/json; charset=utf-7"), 415)


def test_a_host_that_is_not_ours():
    for staff, _name, verb, path, body in every_route():
        assert is_a_problem(staff(verb, path, body, Host="evil.example"), 400)["code"] == "bad_request"


def test_an_address_that_is_none():
    for path in ("/api/v1/nothing", "/api/v9/jams", "/api/jams/x/y/z", "/api/v1/songs/x"):
        for verb in ("GET", "POST"):
            assert is_a_problem(Caller()(verb, path), 404)["code"] == "not_found"


@pytest.mark.parametrize(("error", "status"), [(OperationalError("gone"), 503), (ZeroDivisionError(), 500)])
def test_a_database_that_is_away_and_a_fault_of_ours(monkeypatch, error, status):
    routes = list(every_route())

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(APIView, "initial", fail)
    for staff, name, verb, path, body in routes:
        if name != "vote":  # see tests/test_outages.py
            answer = staff(verb, path, body)
            is_a_problem(answer, status)
            assert ("Retry-After" in answer) == (status == 503)


def test_a_session_without_a_token_of_the_page():
    host = make_user()
    make_venue(name="V", manager=host)

    answer = Caller(user=host, csrf=False)("POST", "/api/v1/venues", {"name": "N"})

    assert "CSRF" in is_a_problem(answer, 403)["detail"]


def test_errors_of_a_field_within_fields_stand_by_the_way_to_it():
    song = {"title": "A", "artist": "B", "parts": [{"instrument": "guitar"}, {"instrument": "bass", "count": 0}]}

    body = is_a_problem(Caller(user=make_user())("POST", "/api/v1/songs", song), 400)

    assert list(body["errors"]) == ["parts.1.count"]


# The schema ------------------------------------------------------------------------------------------


@pytest.fixture
def schema():
    return json.loads(Caller()("GET", "/api/v1/schema?format=json").content)


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def test_every_operation_says_how_it_is_refused(schema):
    for path, method, operation in operations(schema):
        said = set(operation["responses"])
        assert {"400", "401", "403", "404", "406", "429", "500", "503"} <= said, (path, method)
        assert ({"409", "411", "413", "415"} <= said) == (method != "GET")
        assert ("422" in said) == (method in METHODS and not path.endswith("/vote"))
        for status, answer in operation["responses"].items():
            if status >= "400":
                reference = answer["content"]["application/problem+json"]["schema"]["$ref"]
                assert reference == "#/components/schemas/Problem"
    assert set(schema["components"]["schemas"]["Problem"]["properties"]) == set(Problem().fields)


def headers_of(operation):
    return {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "header"}


def test_every_operation_says_which_headers_it_heeds(schema):
    conditional = set()
    for path, method, operation in operations(schema):
        headers = headers_of(operation)
        assert ("Idempotency-Key" in headers) == (method in METHODS and not path.endswith("/vote")), (path, method)
        if "If-Match" in headers:
            assert headers["If-Match"]["required"]
            assert {"412", "428"} <= set(operation["responses"])
            conditional.add((path, method))

    things = ("jams/{slug}", "songs/{id}", "venues/{slug}")
    assert conditional == {(f"/api/v1/{thing}", method) for thing in things for method in ("PATCH", "DELETE")}


def test_lists_say_what_they_can_be_narrowed_and_ordered_by(schema):
    names = {}
    for path, method, operation in operations(schema):
        if method == "GET":
            names[path] = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}

    assert names["/api/v1/jams"] >= {"fields", "when", "venue", "status", "search", "ordering", "mine", "page"}
    assert names["/api/v1/songs"] >= {"fields", "search", "artist", "style", "tag", "key", "year_min", "ordering"}
    assert names["/api/v1/venues"] >= {"fields", "search", "town", "ordering"}
    assert names["/api/v1/jams/{slug}/songs"] >= {"status", "page", "page_size"}
    assert names["/api/v1/jams/{slug}"] == {"fields"}


# Filters and orders ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("address", "order"), [("jams", "-starts_at"), ("songs", "-popularity"), ("venues", "-name")])
@pytest.mark.parametrize("wrong", ["bogus", "-", "name;", "name,bogus"])
def test_an_unknown_order_is_told_which_there_are(address, order, wrong):
    body = is_a_problem(Caller()("GET", f"/api/v1/{address}?ordering={wrong}"), 400)

    [text] = body["errors"]["ordering"]
    assert order in text
    assert Caller()("GET", f"/api/v1/{address}?ordering={order}").status_code == 200


def test_an_unknown_parameter_is_ignored():
    make_jam()

    for path in ("jams", "songs", "venues"):
        assert Caller()("GET", f"/api/v1/{path}?utm_source=x").status_code == 200
