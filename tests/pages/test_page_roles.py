"""Who may what on the pages: every page, every method, every kind of caller, here and elsewhere, as the table of roles
has it. A page without a row fails."""

import pytest
from django.core.cache import cache

from apps.accounts.roles import Right, may
from apps.jams.models import Jam
from tests.page_routes import AT_PAGES, FORGED, OF_A_JAM, PAGES, SHARED, address, said, send
from tests.routes import CALLERS, ROLES, make_world, undone
from tests.world import PARAM, ROUTES

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(scope="module")
def world(kept):
    return make_world()


def name_of(row):
    return f"{row.method} {row.name}"


@pytest.mark.parametrize("row", PAGES, ids=name_of)
def test_who_may_what(world, row):
    got, expected = {}, {}
    for at in ["own"] if row.name in SHARED else ["own", "other"]:
        path = address(world, row.name, at)
        for caller in ROLES:
            with undone():
                got[caller, at] = said(send(world, caller, row, at, path=path))
            expected[caller, at] = row.answer(caller, at)

    assert {cell: (saw, expected[cell]) for cell, saw in got.items() if saw != expected[cell]} == {}


@pytest.mark.parametrize("row", OF_A_JAM, ids=name_of)
def test_a_draft_is_not_there_for_others(world, row):
    got, expected = {}, {}
    path = address(world, row.name, "own")
    Jam.objects.filter(pk=world.jam.pk).update(status="draft")
    for caller in [caller for caller in ROLES if not may(Right.READ_DRAFT, AT_PAGES[caller]["own"])]:
        with undone():
            got[caller] = said(send(world, caller, row, "own", path=path))
            expected[caller] = said(send(world, caller, row, "own", path=path.replace(world.jam.slug, "no-such-jam")))

    assert got == expected
    assert set(got.values()) <= {404, "login", 403}
    assert {status for caller, status in got.items() if caller not in FORGED} <= {404, "login"}


@pytest.mark.parametrize("name", ["vote", "song_act", "attendee_remove", "host_remove", "take_back"])
def test_what_is_of_another_jam_is_not_found_in_this_one(world, name):
    row = next(row for row in PAGES if (row.name, row.method) == (name, "POST"))
    elsewhere = address(world, name, "other").replace(world.jams["other"].slug, world.jam.slug)
    for caller in ("phone", "staff") if name == "vote" else ("owner", "co_host", "manager", "staff"):
        with undone():
            answer = send(world, caller, row, "own", path=elsewhere)

        assert said(answer) == ("join" if (name, caller) == ("vote", "staff") else 404)


def test_no_page_is_left_out_and_none_takes_more_methods(world):
    rows = {(row.name, row.method) for row in PAGES}
    names = {name.removeprefix("pages:") for name in ROUTES if name.startswith("pages:")}
    assert {name for name, _method in rows} == names

    more = {}
    for name in names:
        path = address(world, name, "own")
        for method in METHODS - {method for of, method in rows if of == name}:
            with undone():
                answer = world.callers["staff"].client.generic(method, path, headers={"Sec-Fetch-Site": "same-origin"})
            more[name, method] = answer.status_code

    assert {cell: status for cell, status in more.items() if status != 405} == {}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_admin_is_for_staff(world, method):
    """Its pages and actions: everybody else is asked to log in."""
    pages = {name: route for name, route in ROUTES.items() if route.pattern.startswith("admin/")}
    del pages["admin:login"], pages["admin:logout"]
    got = {}
    for name, route in pages.items():
        cache.clear()  # there are more of them than a phone may ask for in a minute
        path = "/" + PARAM.sub("1", route.pattern).rstrip("$")
        cache.clear()  # there are more pages than a phone may ask for in a minute
        for caller in ("anonymous", "phone", "host"):
            with undone():
                answer = world.callers[caller].client.generic(method, path, headers={"Sec-Fetch-Site": "same-origin"})
            led = answer.status_code == 302 and answer["Location"].startswith("/admin/login/")
            got[name, caller] = led or answer.status_code

    assert len(pages) > 50
    assert {cell: saw for cell, saw in got.items() if saw is not True} == {}


def test_metrics_are_for_staff(world):
    got = {caller: world.callers[caller]("GET", "/metrics").status_code for caller in ROLES}

    assert got == {caller: 200 if may(Right.ADMINISTER, CALLERS[caller]["own"]) else 403 for caller in ROLES}
