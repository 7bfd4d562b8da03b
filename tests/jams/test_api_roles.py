"""Who may what over the API: every route, every method, every kind of caller. A route without a row fails."""

import pytest
from django.urls.resolvers import URLResolver

from apps.jams.models import Jam
from jamvote import urls
from tests.routes import MATRIX, OF_NO_JAM, ROLES, address, filled, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("name", "method", "body", "answers"), MATRIX)
def test_who_may_what(world, name, method, body, answers, role):
    path, body = address(world, name), filled(world, body)

    response = world.callers[role](method, path, body)

    assert response.status_code == answers[role], response.content
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"


def routes(patterns=urls.v1):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
            continue
        view = pattern.callback
        methods = getattr(view, "actions", None) or [m for m in view.cls.http_method_names if hasattr(view.cls, m)]
        yield from ((pattern.name, method.upper()) for method in methods if method not in {"head", "options"})


def test_no_route_is_left_out():
    rows = {tuple(param.values[:2]) for param in MATRIX}

    assert set(routes()) == rows


# Drafts -----------------------------------------------------------------------------------------------

OF_A_JAM = [param for param in MATRIX if param.values[0] not in OF_NO_JAM]


@pytest.mark.parametrize("role", ["anonymous", "attendee", "other_host"])
@pytest.mark.parametrize(("name", "method", "body", "answers"), OF_A_JAM)
def test_a_draft_is_not_there_for_others(world, name, method, body, answers, role):
    path, body = address(world, name), filled(world, body)
    Jam.objects.filter(pk=world.jam.pk).update(status="draft")

    response = world.callers[role](method, path, body)
    of_nothing = world.callers[role](method, path.replace(world.jam.slug, "no-such-jam"), body)

    assert response.status_code == of_nothing.status_code  # and so it does not say that there is a draft
    # Where a log-in is needed at all, its lack is told before anything is looked up.
    needs_login = method != "GET" and answers["attendee"] == 401
    assert response.status_code == (401 if needs_login and role != "other_host" else 404)


def test_a_draft_is_there_for_its_hosts_and_staff(world):
    Jam.objects.filter(pk=world.jam.pk).update(status="draft")

    for role in ("host", "staff"):
        for name in ("jam", "jam-by-slug", "snapshot", "desk", "jam-songs"):
            assert world.callers[role]("GET", address(world, name)).status_code == 200
    listed = {role: caller("GET", "/api/v1/jams").json()["count"] for role, caller in world.callers.items()}
    mine = {role: caller("GET", "/api/v1/jams?mine=true").json()["count"] for role, caller in world.callers.items()}

    assert listed == dict.fromkeys(ROLES, 1)  # without it: the same for everybody
    assert mine == dict.fromkeys(ROLES, 0) | {"host": 1, "host_without_csrf": 1, "other_host": 1, "staff": 2}
