"""Any body at any route: the answer may be no, but it is never a fault of ours."""

import json
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.routes import MATRIX, address, make_world

NAMES = [
    "accent", "address", "approve_suggestions", "artist", "attendee", "attendees", "capacity", "counts",
    "counts_top", "description", "display_name", "door", "duration", "ends_at", "id", "instrument", "jam_song",
    "key", "max_sign_ups", "max_suggestions", "max_votes", "name", "parts", "position", "required", "role",
    "room_code", "sign_ups", "slot", "song", "songs", "starts_at", "status",
    "suggestions", "tags", "tempo", "time_zone", "title", "token", "town", "venue", "voting", "voting_closes_at",
    "year",
]  # fmt: skip
KNOWN = [
    "", " ", "0", "1", "-1", "x", "live", "top", "E♭m", "#ffffff", "Europe/London", "2026-12-01T20:00:00Z",
    "2026-12-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\u0000", "\ud800", "\u202e", "\u3164",
    "🎸" * 50, "ﷺ" * 40, "9" * 400, "1e400", "null", "../..", "http://[", "https://user:pw@x/", "a" * 5000,
]  # fmt: skip
NUMBERS = [0, -1, 1, 2**31, 2**63 - 1, 2**63, 2**64, 10**30, -(2**63), 1e308, -1e308, 5e-324, 0.1, 1.5]
TEXTS = st.sampled_from(KNOWN) | st.text(max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.sampled_from(NUMBERS) | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*NAMES, "instrument", "count"]), inner)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES) | st.text(string.printable, max_size=8), VALUES, max_size=6)
BODIES = OBJECTS.map(json.dumps) | VALUES.map(json.dumps) | st.binary(max_size=60)
WRITES = [row for row in MATRIX if row.body or row.name == "vote"]  # those that read a body


@pytest.fixture(scope="module")
def world(kept):
    return make_world()


def nearly_right(body):
    """What is right but for some fields gets further than what is all wrong."""
    return OBJECTS.map(lambda some: json.dumps({**(body or {}), **some}))


@pytest.mark.no_cover
@pytest.mark.django_db
@pytest.mark.parametrize("role", ["anonymous", "attendee", "host"])
@pytest.mark.parametrize("row", WRITES, ids=lambda row: f"{row.method} {row.name}")
def test_no_body_is_our_fault(world, row, role, full):
    caller, method, path = world.callers[role], row.method, address(world, row.name)
    body = {
        key: world.venue.slug if value == "VENUE" else value
        for key, value in (row.body or {}).items()
        if value != "SONG"
    }

    @settings(max_examples=300 if full else 15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(BODIES | nearly_right(body))
    def check(sent):
        response = caller(method, path, sent)

        assert response.status_code < 500, sent
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json"
            assert response.json()["request_id"]

    check()


LISTS = ["jams", "search", "songs", "venues", "jams/SLUG/slots"]
PARAMETERS = [
    "when", "venue", "status", "starts_after", "starts_before", "search", "ordering", "page", "page_size", "format",
    "style", "tag", "key", "year", "year_min", "year_max", "tempo_min", "tempo_max", "town",
    "artist", "duration_min", "fields", "jam_song", "playable", "q", "kinds", "limit",
]  # fmt: skip
ENCODABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
QUERIES = st.dictionaries(
    st.sampled_from(PARAMETERS),
    st.sampled_from([text for text in KNOWN if text != "\ud800"]) | ENCODABLE | st.integers().map(str),
    max_size=4,
)


@pytest.mark.django_db
@pytest.mark.parametrize("name", LISTS)
def test_no_query_is_our_fault(world, name, full):
    caller = world.callers["anonymous"]

    @settings(max_examples=500 if full else 80, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(QUERIES)
    def check(query):
        response = caller.client.get(f"/api/v1/{name}".replace("SLUG", world.jam.slug), query)

        assert response.status_code < 500, query

    check()
