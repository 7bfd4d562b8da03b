"""Who may what over the API: every route, every method, every kind of caller, here and elsewhere. The table of roles
says it; a route without a row fails."""

import pytest
from django.urls.resolvers import URLResolver

from apps.accounts.roles import Right, Role, may
from apps.jams.models import Jam
from jamvote import urls
from tests.routes import CALLERS, MATRIX, ROLES, SHARED, address, filled, make_world, undone

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]


@pytest.fixture(scope="module")
def world(kept):
    return make_world()


def name_of(row):
    return f"{row.method} {row.name}"


@pytest.mark.parametrize("row", MATRIX, ids=name_of)
def test_who_may_what(world, row):
    got, expected = {}, {}
    for at in ["own"] if row.name in SHARED else ["own", "other"]:
        path, body = address(world, row.name, at), filled(world, row.body, at)
        for caller in ROLES:
            with undone():
                answer = world.callers[caller](row.method, path, body)
            got[caller, at], expected[caller, at] = answer.status_code, row.answer(caller, at)
            if answer.status_code >= 400:
                assert answer["Content-Type"] == "application/problem+json"

    assert {cell: (status, expected[cell]) for cell, status in got.items() if status != expected[cell]} == {}


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in MATRIX
        if row.name in {"attendee", "vote", "move", "host", "invitation"} or row.name.startswith("song-")
    ],
    ids=name_of,
)
def test_what_is_of_another_jam_is_not_found_in_this_one(world, row):
    """The address names one's own jam, and the id of something elsewhere."""
    got = {}
    elsewhere = address(world, row.name, "other").replace(world.jams["other"].slug, world.jam.slug)
    body = filled(world, row.body)
    for caller in [caller for caller in ROLES if row.lets(caller) and not row.is_forged(caller, "own")]:
        with undone():
            got[caller] = world.callers[caller](row.method, elsewhere, body).status_code

    assert set(got.values()) == {404}, got


def routes(patterns=urls.v1):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
            continue
        view = pattern.callback
        methods = getattr(view, "actions", None) or [m for m in view.cls.http_method_names if hasattr(view.cls, m)]
        yield from ((pattern.name, method.upper()) for method in methods if method not in {"head", "options"})


def test_no_route_is_left_out():
    rows = [(row.name, row.method) for row in MATRIX]

    assert sorted(set(routes())) == sorted(rows)


# Drafts -----------------------------------------------------------------------------------------------


def outsiders():
    return [caller for caller in ROLES if not may(Right.READ_DRAFT, CALLERS[caller]["own"])]


@pytest.mark.parametrize("row", [row for row in MATRIX if row.of_a_jam], ids=name_of)
def test_a_draft_is_not_there_for_others(world, row):
    got, of_nothing, expected = {}, {}, {}
    path, body = address(world, row.name), filled(world, row.body)
    Jam.objects.filter(pk=world.jam.pk).update(status="draft")
    for caller in outsiders():
        with undone():
            call = world.callers[caller]
            got[caller] = call(row.method, path, body).status_code
            of_nothing[caller] = call(row.method, path.replace(world.jam.slug, "no-such-jam"), body).status_code
        # Where a log-in is needed at all, its lack is told before anything is looked up.
        needs_login = row.method != "GET" and row.needs_account
        expected[caller] = 401 if needs_login and Role.HOST not in CALLERS[caller]["own"] else 404

    assert got == of_nothing == expected  # and so it does not say that there is a draft


def test_a_draft_is_there_for_its_hosts_and_staff(world):
    Jam.objects.filter(pk=world.jam.pk).update(status="draft")
    insiders = [caller for caller in ROLES if caller not in outsiders()]

    for role in insiders:
        for name in ("jam", "jam-by-slug", "snapshot", "desk", "jam-songs"):
            assert world.callers[role]("GET", address(world, name)).status_code == 200
    listed = {role: caller("GET", "/api/v1/jams").json()["count"] for role, caller in world.callers.items()}
    mine = {role: caller("GET", "/api/v1/jams?mine=true").json()["count"] for role, caller in world.callers.items()}

    assert listed == dict.fromkeys(ROLES, 1)  # without it: the same for everybody
    assert mine == dict.fromkeys(ROLES, 0) | dict.fromkeys(insiders, 1) | {"other_host": 1, "staff": 2}
