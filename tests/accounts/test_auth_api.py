"""Who one is, one's tokens and accounts over the API; nobody else's."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from axes.models import AccessAttempt
from django.contrib.auth.signals import user_login_failed
from django.test import Client
from django.utils import timezone

from apps.accounts.models import ApiToken, AuditEvent
from tests.accounts.browser import code_of, is_in, log_in
from tests.callers import Caller
from tests.catalog.callers import refused
from tests.factories import PASSWORD, make_api_token, make_staff, make_user

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/auth/tokens"
NEW = {"name": "Lights", "scopes": ["jams"]}


@pytest.fixture
def host():
    return make_user(email="robin@example.com", name="Robin")


def test_who_am_i_and_by_what(host):
    token, text = make_api_token(user=host, scopes=["library"])

    by_session, by_token, nobody = (
        caller("GET", "/api/v1/auth").json() for caller in (Caller(user=host), Caller(token=text), Caller())
    )

    assert (by_session["by"], by_session["user"]["email"], by_session["token"]) == ("session", host.email, None)
    assert (by_token["by"], by_token["user"]["id"]) == ("token", host.pk)
    assert (by_token["token"]["id"], by_token["token"]["scopes"]) == (token.pk, ["library"])
    assert nobody == {"by": None, "user": None, "token": None}


def test_a_token_is_shown_once(host):
    caller = Caller(user=host)

    made = caller("POST", TOKENS, NEW | {"days": 7})

    assert made.status_code == 201
    assert made["Cache-Control"] == "private, no-store"
    text = made.json().pop("token")
    assert Caller(token=text)("GET", "/api/v1/auth").json()["token"]["name"] == "Lights"
    (listed,) = caller("GET", TOKENS).json()["results"]
    assert listed["beginning"] == text[:10]
    assert "secret_hash" not in listed
    assert text[10:] not in str(listed)
    assert made["Location"] == f"{TOKENS}/{listed['id']}"


def test_tokens_of_others_are_neither_listed_nor_revoked(host):
    mine, _text = make_api_token(user=host)
    theirs, _text = make_api_token()
    for caller in (Caller(user=host), Caller(user=make_staff())):
        listed = caller("GET", TOKENS).json()["results"]
        refused(caller("DELETE", f"{TOKENS}/{theirs.pk}"), 404, "not_found")

        assert theirs.pk not in [token["id"] for token in listed]

    theirs.refresh_from_db()
    assert theirs.revoked_at is None
    assert [token["id"] for token in Caller(user=host)("GET", TOKENS).json()["results"]] == [mine.pk]


def test_a_revoked_token_ends_at_once_and_stays_listed(host):
    token, text = make_api_token(user=host)
    caller = Caller(user=host)

    assert caller("DELETE", f"{TOKENS}/{token.pk}").status_code == 204
    assert caller("DELETE", f"{TOKENS}/{token.pk}").status_code == 204

    refused(Caller(token=text)("GET", "/api/v1/auth"), 401, "token_revoked")
    assert caller("GET", TOKENS).json()["results"][0]["revoked_at"]


@pytest.mark.parametrize(
    "extra",
    [
        {"user": 1}, {"id": 1}, {"secret_hash": "a" * 64}, {"expires_at": "2100-01-01T00:00:00Z"}, {"revoked_at": None},
        {"token": "jvt_mine"}, {"beginning": "jvt_"}, {"days": 0}, {"days": 366}, {"scopes": ["staff"]}, {"name": ""},
        {"scopes": "jams"}, {"scopes": [["jams"]]}, {"days": "x"},
    ],
)  # fmt: skip
def test_what_a_token_may_not_be_is_refused_by_field(host, extra):
    body = refused(Caller(user=host)("POST", TOKENS, NEW | extra), 400, "invalid")

    assert {field.partition(".")[0] for field in body["errors"]} == set(extra)
    assert not ApiToken.objects.exists()


def test_nobody_makes_no_token():
    answer = Caller()("POST", TOKENS, NEW)

    refused(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


# By e-mail and password ---------------------------------------------------------------------------------


def test_a_program_gets_a_token_by_e_mail_and_password(host):
    made = Caller()("POST", TOKENS, NEW | {"email": "Robin@Example.com", "password": PASSWORD})

    assert made.status_code == 201
    assert not made.cookies  # no session
    assert Caller(token=made.json()["token"])("GET", "/api/v1/auth").json()["user"]["id"] == host.pk


def test_all_that_is_wrong_is_answered_alike(host):
    make_user(email="closed@example.com", is_active=False)
    failed = []
    note = lambda credentials, **_: failed.append(credentials["username"])  # noqa: E731 — gone with the test
    user_login_failed.connect(note)

    answers = [
        Caller()("POST", TOKENS, NEW | {"email": email, "password": password})
        for email, password in (
            ("robin@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("closed@example.com", PASSWORD),
        )
    ]  # fmt: skip

    bodies = [refused(answer, 401, "wrong_credentials") for answer in answers]
    assert len({str(body | {"request_id": ""}) for body in bodies}) == 1
    assert len(failed) == 3  # what locks out is told of each
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("half", [{"email": "robin@example.com"}, {"password": PASSWORD}])
def test_half_of_the_credentials_are_none_even_with_a_session(host, half):
    refused(Caller(user=make_user())("POST", TOKENS, NEW | half), 401, "wrong_credentials")


def test_where_there_is_a_second_factor_its_code_is_asked_for(host):
    secret = generate_totp_secret()
    TOTP.activate(host, secret)
    body = NEW | {"email": host.email, "password": PASSWORD}
    right, wrong = code_of(secret), code_of(secret, later=1000)

    refused(Caller()("POST", TOKENS, body), 401, "code_needed")
    refused(Caller()("POST", TOKENS, body | {"password": "wrong", "code": right}), 401, "wrong_credentials")
    refused(Caller()("POST", TOKENS, body | {"code": wrong}), 401, "wrong_credentials")
    assert AccessAttempt.objects.get().failures_since_start == 2  # a guessed code counts as a guessed password
    assert Caller()("POST", TOKENS, body | {"code": right}).status_code == 201
    refused(Caller()("POST", TOKENS, body | {"code": right}), 401, "wrong_credentials")  # each code once


def test_a_code_that_was_used_at_the_log_in_makes_no_token(host):
    secret = generate_totp_secret()
    TOTP.activate(host, secret)
    code = code_of(secret)
    body = NEW | {"email": host.email, "password": PASSWORD, "code": code}
    browser = Client()
    log_in(browser, host.email)
    assert browser.post("/login/code", {"code": code})["Location"] == "/host"

    refused(Caller()("POST", TOKENS, body), 401, "wrong_credentials")


def test_a_code_that_made_a_token_lets_nobody_in(host):
    secret = generate_totp_secret()
    TOTP.activate(host, secret)
    code = code_of(secret)
    assert Caller()("POST", TOKENS, NEW | {"email": host.email, "password": PASSWORD, "code": code}).status_code == 201
    thief = Client()
    log_in(thief, host.email)

    thief.post("/login/code", {"code": code})

    assert not is_in(thief)


def test_a_recovery_code_will_do_once(host):
    TOTP.activate(host, generate_totp_secret())
    (code, *_rest) = RecoveryCodes.activate(host).get_unused_codes()
    body = NEW | {"email": host.email, "password": PASSWORD, "code": code}

    assert [Caller()("POST", TOKENS, body).status_code for _ in range(2)] == [201, 401]


def test_an_address_that_nobody_verified_gets_no_token(host, settings):
    host.emailaddress_set.update(verified=False)
    body = NEW | {"email": host.email, "password": PASSWORD}

    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    refused(Caller()("POST", TOKENS, body), 401, "wrong_credentials")

    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    assert Caller()("POST", TOKENS, body).status_code == 201


@pytest.mark.parametrize("email", ["robin@example.com", "nobody@example.com"])
def test_who_guesses_is_locked_out_with_the_right_password_too(host, settings, email):
    settings.LOGIN_FAILURES = settings.AXES_FAILURE_LIMIT = 2
    guess = NEW | {"email": email, "password": "wrong"}

    answers = [Caller()("POST", TOKENS, guess | {"password": p}) for p in ("wrong", "wrong", "wrong", PASSWORD)]

    assert [answer.status_code for answer in answers] == [401, 429, 429, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    refused(answers[-1], 429, "locked_out")
    assert not ApiToken.objects.exists()


# Accounts -----------------------------------------------------------------------------------------------


def test_staff_find_accounts(host):
    staff = make_staff(email="alex@example.com", name="Alex")
    closed = make_user(email="kim@example.com", name="Kim", is_active=False)
    caller = Caller(user=staff)

    for query, found in (
        ("", [staff, closed, host]), ("role=host", [closed, host]), ("search=ROBIN@", [host]), ("search=kim", [closed]),
        ("is_active=false", [closed]), ("role=host&is_active=true", [host]), ("ordering=-email", [host, closed, staff]),
        ("page_size=1", [staff]),
    ):  # fmt: skip
        body = caller("GET", f"/api/v1/users?{query}").json()
        assert [user["id"] for user in body["results"]] == [user.pk for user in found], query
    assert "password" not in body["results"][0]
    refused(caller("GET", "/api/v1/users?role=king"), 400, "invalid")


def test_one_changes_ones_own_name_and_nothing_else(host):
    caller = Caller(user=host)

    assert caller("PATCH", "/api/v1/users/me", {"name": " Rob\u200b "}).json()["name"] == "Rob"

    for field in ("email", "password", "role", "is_active", "is_staff", "id", "last_login", "tokens", "is_superuser"):
        body = refused(caller("PATCH", "/api/v1/users/me", {"name": "Bob", field: "staff"}), 400, "invalid")
        assert list(body["errors"]) == [field]
    host.refresh_from_db()
    assert (host.name, host.email, host.role) == ("Rob", "robin@example.com", "host")
    assert host.check_password(PASSWORD)


def test_staff_change_role_name_and_log_in_and_nothing_else(host):
    staff = make_staff()
    caller, path = Caller(user=staff), f"/api/v1/users/{host.pk}"

    changed = caller("PATCH", path, {"role": "staff", "name": "Rob"}).json()

    assert (changed["role"], changed["name"], changed["email"]) == ("staff", "Rob", host.email)
    for field in ("email", "password", "id", "last_login", "created_at", "is_staff", "tokens"):
        assert list(refused(caller("PATCH", path, {field: "x"}), 400, "invalid")["errors"]) == [field]
    refused(caller("PATCH", path, {"role": "king"}), 400, "invalid")
    refused(caller("PATCH", path, {"name": "\u3164"}), 400, "invalid")
    event = AuditEvent.objects.about(host).get()
    assert (event.actor, event.before, event.after) == (
        staff, {"name": "Robin", "role": "host"}, {"name": "Rob", "role": "staff"},
    )  # fmt: skip


@pytest.mark.parametrize("change", [{"role": "host"}, {"is_active": False}])
def test_nobody_demotes_or_locks_out_themselves(change):
    staff = make_staff()
    caller, path = Caller(user=staff), f"/api/v1/users/{staff.pk}"

    refused(caller("PATCH", path, change), 409, "not_yourself")

    staff.refresh_from_db()
    assert staff.is_staff
    assert caller("PATCH", path, {"name": "Al", "role": "staff", "is_active": True}).json()["name"] == "Al"
    assert caller("DELETE", path).status_code == 405


def test_who_is_switched_off_is_out_at_once(host):
    """With session and token."""
    _token, text = make_api_token(user=host)
    session, program = Caller(user=host), Caller(token=text)
    assert session("GET", "/api/v1/users/me").status_code == program("GET", "/api/v1/users/me").status_code == 200

    Caller(user=make_staff())("PATCH", f"/api/v1/users/{host.pk}", {"is_active": False})

    refused(session("GET", "/api/v1/users/me"), 401, "not_authenticated")
    refused(program("GET", "/api/v1/users/me"), 401, "account_closed")


def test_a_host_learns_nothing_of_other_accounts(host):
    other = make_user(email="kim@example.com")
    caller = Caller(user=host)

    for path in (f"/api/v1/users/{other.pk}", "/api/v1/users/999999"):
        assert refused(caller("GET", path), 404, "not_found")
        assert refused(caller("PATCH", path, {"role": "staff"}), 403, "not_allowed")
    refused(caller("GET", "/api/v1/users?search=kim"), 403, "not_allowed")
    refused(caller("PATCH", f"/api/v1/users/{host.pk}", {"role": "staff"}), 403, "not_allowed")
    host.refresh_from_db()
    assert host.role == "host"


def test_the_description_names_both_bearers_and_scopes():
    schema = Caller()("GET", "/api/v1/schema", None, Accept="application/json").json()

    assert {"apiToken", "attendeeToken", "cookieAuth"} <= set(schema["components"]["securitySchemes"])
    said = {
        (path, method): schema["paths"][f"/api/v1/{path}"][method].get("security")
        for path, method in (
            ("jams", "post"), ("songs", "post"), ("auth/tokens", "get"), ("users/{id}", "patch"),
            ("jams/{slug}/songs/{id}/vote", "put"), ("jams/{slug}/votes", "get"), ("jams/{slug}/attendees", "post"),
        )
    }  # fmt: skip
    session, attendee = {"cookieAuth": []}, [{"attendeeToken": []}]
    assert list(said.values()) == [
        [{"apiToken": ["jams"]}, session], [{"apiToken": ["library"]}, session], [session], [session],
        attendee, attendee, None,
    ]  # fmt: skip


def test_last_use_is_told(host):
    _token, text = make_api_token(user=host)
    caller = Caller(user=host)
    assert caller("GET", TOKENS).json()["results"][0]["last_used_at"] is None

    Caller(token=text)("GET", "/api/v1/jams")

    used = ApiToken.objects.get().last_used_at
    assert (timezone.now() - used).total_seconds() < 60
    assert caller("GET", TOKENS).json()["results"][0]["last_used_at"]
