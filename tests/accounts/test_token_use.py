"""What a token may do over the API: each route, with the scope that it needs and with all others."""

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.permissions import SAFE_METHODS

from apps.accounts.models import ApiToken
from apps.accounts.permissions import TokenMay
from tests.callers import Caller, with_cookie
from tests.catalog.callers import refused
from tests.factories import (
    make_api_token,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_staff,
    make_user,
)
from tests.jams.test_api_roles import name_of, routes
from tests.routes import MATRIX, address, filled, make_world
from tests.world import ROUTES

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

SCOPES = set(ApiToken.Scope.values)
SESSIONS_ONLY, NO_TOKEN = "sessions only", "no token changes it"
OF_A_ROUTE = {
    **dict.fromkeys(["tokens", "token"], SESSIONS_ONLY),
    **dict.fromkeys(
        ["user", "attendees", "me", "my-performer", "my-away", "vote", "signups", "task-run-again", "inbound"], NO_TOKEN
    ),
    "myself": "account",
    **dict.fromkeys(
        ["webhooks", "webhook", "webhook-rotate", "webhook-test", "send-again", "inboxes", "inbox", "inbox-rotate"],
        "webhooks",
    ),
    **dict.fromkeys(["songs", "song", "merge-songs", "venues", "venue", "library-song", "venue-song-list",
                     "venue-song-list-fetch", "venue-song-list-apply"], "library"),
    **dict.fromkeys(
        [
            "jams", "jam", "duplicate", "pause", "open", "start", "last-call", "end", "start-next", "attendee",
            "jam-songs", "move", "song-approve", "song-queue", "song-unqueue", "song-play", "song-finish", "song-skip",
            "song-remove", "song-pin", "song-unpin", "song-encore", "song-merge", "void", "undo", "door",
            "host", "invitations", "invitation", "accept", "recurrence", "setlist", "setlist-arrange", "slots",
            "slot", "signup", "signup-move", "attendee-signups", "attendee-away", "attendee-vote", "people",
            "check-in", "song-lock", "song-unlock", "reports",
        ],
        "jams",
    ),
}  # fmt: skip
CHANGES = [row for row in MATRIX if row.method not in SAFE_METHODS]
READS = [row for row in MATRIX if row.method in SAFE_METHODS]


@pytest.fixture(scope="module")
def world(kept):
    return make_world()


def program(user, *scopes):
    return Caller(token=make_api_token(user=user, scopes=scopes)[1])


def test_every_change_has_a_scope_or_is_closed_to_tokens():
    assert {name for name, method in routes() if method not in SAFE_METHODS} == set(OF_A_ROUTE)


def test_no_view_that_changes_something_forgets_to_look():
    for name, method in routes():
        view = ROUTES[f"api:{name}"].view.cls
        guarded = any(issubclass(one, TokenMay) for one in view.permission_classes)
        assert guarded or method in SAFE_METHODS, name


@pytest.mark.parametrize("row", CHANGES, ids=name_of)
def test_a_change_needs_the_scope_of_its_route(world, row):
    scope, method = OF_A_ROUTE[row.name], row.method
    path, body, may = address(world, row.name), filled(world, row.body), SCOPES & {scope}

    without = program(world.host, *SCOPES - may)(method, path, body)
    problem = refused(without, 403, "scope_missing" if may else "token_refused")
    if not may:
        return
    assert scope in problem["detail"]
    refused(program(world.host)(method, path, body), 403, "scope_missing")
    assert program(world.host, scope)(method, path, body).status_code == row.answer("host")


@pytest.mark.parametrize("row", READS, ids=name_of)
def test_a_token_without_a_scope_reads_what_its_user_may_read(world, row):
    path, closed = address(world, row.name), OF_A_ROUTE.get(row.name) == SESSIONS_ONLY

    for role, user in (("host", world.host), ("other_host", world.other_host)):
        answer = program(user)(row.method, path)

        assert answer.status_code == (403 if closed else row.answer(role)), answer.content


def test_what_depends_on_the_caller_is_the_tokens_users():
    host = make_user()
    draft = make_jam(host=host, status="draft")
    mine, others = program(host), program(make_user())

    assert mine("GET", "/api/v1/jams?mine=true").json()["count"] == 1
    assert others("GET", "/api/v1/jams?mine=true").json()["count"] == 0
    for path in (f"/api/v1/jams/{draft.slug}", f"/api/v1/jams/{draft.slug}/desk"):
        assert (mine("GET", path).status_code, others("GET", path).status_code) == (200, 404)


def test_a_token_gives_its_user_no_more_rights():
    jam = make_jam(host=make_user())

    answer = program(make_user(), *SCOPES)("POST", f"/api/v1/jams/{jam.slug}/end")

    refused(answer, 403, "not_a_host")


def test_a_demoted_users_token_is_a_hosts_at_once():
    staff = make_staff()
    caller = program(staff, *SCOPES)
    assert caller("GET", "/api/v1/users").status_code == 200

    staff.role = "host"
    staff.save()

    assert caller("GET", "/api/v1/users").status_code == 403


# Tokens that do not hold --------------------------------------------------------------------------------


def ended(code):
    """A token that is refused with this code."""
    user, now = make_user(), timezone.now()
    fields = {"token_revoked": {"revoked_at": now}, "token_expired": {"expires_at": now}}.get(code, {})
    _token, text = make_api_token(user=user, **fields)
    if code == "account_closed":
        user.is_active = False
        user.save()
    return text[:-1] if code == "token_unknown" else text


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("code", ["token_unknown", "token_revoked", "token_expired", "account_closed"])
def test_what_does_not_hold_is_nobody_nowhere(settings, shared, code):
    """Also where everybody is answered the same, from the cache too."""
    settings.CACHED_READS = shared
    jam = make_jam()
    caller, at = Caller(token=ended(code)), f"/api/v1/jams/{jam.slug}"
    song = make_jam_song(jam=jam)
    Caller()("GET", at)  # now the cache has it

    for method, path in (
        ("GET", at), ("GET", f"/api/jams/{jam.slug}/"), ("GET", f"{at}/snapshot"), ("GET", "/api/v1"),
        ("GET", "/api/v1/auth"), ("GET", f"{at}/desk"), ("POST", f"{at}/end"), ("PUT", f"{at}/songs/{song.pk}/vote"),
        ("POST", f"{at}/attendees"), ("GET", "/api/v1/nothing"), ("POST", "/api/v1/auth/tokens"),
    ):  # fmt: skip
        answer = caller(method, path)

        assert refused(answer, 401, code)["request_id"] == answer["X-Request-Id"]
        assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert "no-store" in answer["Cache-Control"]


def test_neither_a_session_nor_a_cookie_stands_in_for_it():
    jam = make_jam()
    _sam, secret = make_attendee_with_token(jam=jam)
    phone, host = with_cookie(jam, secret), Caller(user=make_staff())
    wrong = {"Authorization": f"Bearer {ended('token_revoked')}"}
    song = make_jam_song(jam=jam)

    refused(phone("PUT", f"/api/v1/jams/{jam.slug}/songs/{song.pk}/vote", None, **wrong), 401, "token_revoked")
    refused(host("POST", f"/api/v1/jams/{jam.slug}/end", None, **wrong), 401, "token_revoked")
    song.refresh_from_db()
    assert song.votes == 0


def test_a_token_in_the_address_is_nothing():
    _token, text = make_api_token()

    for name in ("token", "access_token", "api_key", "Authorization"):
        assert Caller()("GET", f"/api/v1/auth?{name}={text}").json()["by"] is None


def test_pages_and_the_admin_know_no_tokens():
    _token, text = make_api_token(user=make_staff())
    bearer = {"Authorization": f"Bearer {text}"}

    for path in ("/host", "/account/tokens", "/admin/", "/admin/accounts/user/"):
        assert Client().get(path, headers=bearer)["Location"].partition("?")[0] in {"/login", "/admin/login/"}


# Both kinds of bearer -----------------------------------------------------------------------------------


def test_an_attendees_token_in_the_same_header_stays_an_attendees():
    jam_song = make_jam_song()
    _sam, secret = make_attendee_with_token(jam=jam_song.jam)
    caller, at = Caller(token=secret), f"/api/v1/jams/{jam_song.jam.slug}"

    assert caller("PUT", f"{at}/songs/{jam_song.pk}/vote").json()["votes"] == 1
    assert caller("GET", f"{at}/me").json()["votes"] == [jam_song.pk]
    assert caller("GET", "/api/v1/auth").json() == {"by": None, "user": None, "token": None}
    assert caller("POST", f"{at}/end").status_code == 401


def test_a_users_token_casts_no_vote_even_beside_a_phones_cookie():
    jam_song = make_jam_song()
    _sam, secret = make_attendee_with_token(jam=jam_song.jam)
    phone = with_cookie(jam_song.jam, secret)
    bearer = {"Authorization": f"Bearer {make_api_token()[1]}"}

    answer = phone("PUT", f"/api/v1/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/vote", None, **bearer)

    refused(answer, 403, "token_refused")
    jam_song.refresh_from_db()
    assert jam_song.votes == 0


def test_an_attendees_vote_asks_nothing_about_tokens(django_assert_num_queries):
    jam_song = make_jam_song()
    _sam, secret = make_attendee_with_token(jam=jam_song.jam)
    caller = Caller(token=secret)
    path = f"/api/v1/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/vote"

    with django_assert_num_queries(1 if postgresql() else 5):  # savepoint, find, cast, find, release
        assert caller("PUT", path).status_code == 200


def postgresql():
    from django.db import connection

    return connection.vendor == "postgresql"


def test_a_session_beside_a_token_needs_no_csrf():
    """The token alone says who it is; what comes along by itself is not looked at."""
    host, other = make_user(), make_user()
    caller = Caller(user=other, csrf=False)

    answer = caller("GET", "/api/v1/auth", None, Authorization=f"Bearer {make_api_token(user=host)[1]}")
    changed = caller(
        "PATCH", "/api/v1/users/me", {"name": "New"}, Authorization=f"Bearer {make_api_token(user=host)[1]}"
    )

    assert (answer.json()["user"]["id"], answer.json()["by"]) == (host.pk, "token")
    assert (changed.json()["id"], changed.json()["name"]) == (host.pk, "New")


def test_a_method_that_an_address_has_not_is_405_for_a_token_too():
    path = f"/api/v1/jams/{make_jam().slug}/attendees"

    refused(Caller(token=make_api_token()[1])("PUT", path), 405, "method_not_allowed")
