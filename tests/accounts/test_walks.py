"""Whole walks of a person with an account, as a browser goes them."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from apps.accounts.models import AuditEvent, User
from tests.accounts.browser import (
    ADDRESS,
    code_of,
    confirm,
    is_in,
    link,
    log_in,
    turn_on_second_factor,
    verbs,
)
from tests.admin_pages import page_of, save
from tests.factories import PASSWORD, make_staff, make_user

pytestmark = pytest.mark.django_db
NEW = {"name": " Robin  Hale ", "email": "Robin@Example.com", "password1": PASSWORD}
OTHER = "another-long-password"
IGNORING = {"IGNORE_EXCEPTIONS": True, "SOCKET_CONNECT_TIMEOUT": 0.1}


@pytest.fixture(autouse=True)
def verifying(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def robin():
    return make_user(email=ADDRESS, name="Robin")


# Into it ----------------------------------------------------------------------------------------------


def test_from_sign_up_over_the_mailed_link_to_the_first_venue(client):
    assert client.post("/signup", NEW)["Location"] == "/account/verify"
    assert log_in(client)["Location"] == "/account/verify"
    assert not is_in(client)

    assert client.get(link(0)).status_code == 200
    assert client.post(link(0))["Location"] == "/login"
    assert log_in(client)["Location"] == "/host"
    client.post(
        "/venues/new", {"name": "The Anchor", "time_zone": "Europe/London", "accent": "#e0a030", "counts": "live"}
    )

    user = User.objects.get()
    assert (user.name, user.email, user.role) == ("Robin Hale", ADDRESS, "host")
    assert [str(venue) for venue in user.venues.all()] == ["The Anchor"]
    assert verbs() == ["sign_up", "verify_email", "log_in", "add"]


def test_where_mail_is_only_printed_who_signs_up_is_in(client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"

    assert client.post("/signup", NEW)["Location"] == "/host"

    assert is_in(client)
    client.post(link())
    assert EmailAddress.objects.get().verified


def test_where_strangers_may_not_sign_up_nobody_does(client, settings):
    settings.ACCOUNT_SIGNUP_ENABLED = False

    answer = client.post("/signup", NEW)

    assert "By invitation only" in answer.content.decode()
    assert not User.objects.exists()
    assert "/signup" not in client.get("/login").content.decode()


@pytest.mark.parametrize(
    "fields", [{"password1": "12345"}, {"password1": "password123"}, {"email": "robin"}, {"name": ""}]
)
def test_what_cannot_be_an_account_is_refused(client, fields):
    answer = client.post("/signup", NEW | fields)

    assert (answer.status_code, User.objects.count()) == (200, 0)
    assert set(answer.context["form"].errors) == set(fields)


def test_nobody_signs_up_as_staff(client):
    client.post("/signup", NEW | {"role": "staff", "is_active": "on", "verified": "on"})

    assert User.objects.get().role == "host"
    assert not EmailAddress.objects.get().verified


def test_who_was_made_by_command_or_by_staff_needs_no_link(client, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, email="First@Example.com", name="First", verbosity=0)
    assert log_in(client, "first@example.com")["Location"] == "/host"

    new = {"name": "Kim", "role": "host", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert save(client, page_of(User, "add"), email="kim@example.com", **new) == {}
    kim = User.objects.get(email="kim@example.com")
    save(client, page_of(kim, "change"), email="kim@new.example", name="Kim", role="host", is_active="on")

    assert log_in(Client(), "kim@new.example")["Location"] == "/host"
    assert list(EmailAddress.objects.filter(user=kim).values_list("email", "verified")) == [("kim@new.example", True)]


def test_whoever_is_in_already_is_led_on(client, robin):
    log_in(client)

    assert client.get("/login?next=/venues/new")["Location"] == "/venues/new"
    assert client.get("/signup")["Location"] == "/host"


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_next_leads_nowhere_else(client, robin, where):
    assert client.post("/login", {"login": ADDRESS, "password": PASSWORD, "next": where})["Location"] == "/host"
    assert confirm_with_next(client, where)["Location"] == "/host"


def confirm_with_next(client, where):
    return client.post("/account/again", {"password": PASSWORD, "next": where})


@pytest.mark.parametrize("path", ["/login", "/signup", "/account/reset", "/logout"])
def test_a_form_of_another_site_is_refused(path):
    client = Client(enforce_csrf_checks=True)

    assert client.post(path, NEW | {"login": ADDRESS, "password": PASSWORD}).status_code == 403


# What is not told -------------------------------------------------------------------------------------


def told(answer):
    """All that a stranger sees, but for what they typed themselves and the token of the form."""
    page = re.sub(r'value="[^"]*"', "", answer.content.decode()).replace(ADDRESS, "nobody@example.com")
    return answer.status_code, answer.redirect_chain, page


@pytest.mark.parametrize(
    ("path", "field", "more"),
    [
        ("/login", "login", {"password": "wrong-password"}),
        ("/signup", "email", {"name": "R", "password1": PASSWORD}),
        ("/account/reset", "email", {}),
    ],
)
def test_whether_an_address_has_an_account_is_told_to_nobody(robin, path, field, more):
    known, unknown = (
        told(Client().post(path, {field: address, **more}, follow=True)) for address in (ADDRESS, "nobody@example.com")
    )

    assert known == unknown


def test_a_known_address_is_told_by_mail_to_its_owner_alone(client, robin):
    client.post("/signup", NEW | {"email": ADDRESS})
    client.post("/account/reset", {"email": "nobody@example.com"})

    assert [(m.to, m.subject) for m in mail.outbox] == [
        ([ADDRESS], "You have an account already"), (["nobody@example.com"], "No account with this address"),
    ]  # fmt: skip
    assert User.objects.count() == 1


def test_links_begin_with_our_own_address_whatever_the_request_says(client, robin):
    client.post("/account/reset", {"email": ADDRESS}, HTTP_HOST="localhost")
    client.post("/signup", NEW | {"email": "kim@example.com"}, HTTP_HOST="localhost")

    assert len(mail.outbox) == 2
    for message in mail.outbox:
        assert "http://127.0.0.1:8000/account/" in message.body
        assert "localhost" not in message.body


# A new password ---------------------------------------------------------------------------------------


def test_a_forgotten_password_is_set_anew_by_the_link_that_was_mailed(client, robin):
    elsewhere = Client()
    log_in(elsewhere)
    client.post("/account/reset", {"email": "ROBIN@example.com"})
    form = client.get(link())["Location"]

    answer = client.post(form, {"password1": OTHER, "password2": OTHER})

    assert answer["Location"] == "/account/reset/done"
    assert not is_in(elsewhere)
    assert "not correct" in log_in(client).content.decode()
    assert log_in(client, password=OTHER)["Location"] == "/host"
    assert "too old, was used" in Client().get(link(0)).content.decode()
    assert verbs() == ["log_in", "reset_password", "log_in"]
    assert mail.outbox[-1].subject == "Your password is changed"


def test_a_link_of_another_account_or_a_made_up_one_sets_nothing(client, robin):
    make_user(email="kim@example.com")
    client.post("/account/reset", {"email": "kim@example.com"})
    _, _, _, user, key = link().split("/")
    others = f"{int(user, 36) - 1}"
    for path in (f"/account/reset/{user}/made-up", f"/account/reset/{others}/{key}", "/account/reset/1/set-password"):
        answer = client.get(path)
        assert "too old, was used, or was cut" in answer.content.decode(), path


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(client, robin):
    elsewhere = Client()
    for browser in (client, elsewhere):
        log_in(browser)
    new = {"password1": OTHER, "password2": OTHER}

    refused = client.post("/account/password", new | {"oldpassword": "wrong"})
    assert set(refused.context["form"].errors) == {"oldpassword"}
    assert client.post("/account/password", new | {"oldpassword": PASSWORD})["Location"] == "/account"

    assert is_in(client)
    assert not is_in(elsewhere)
    assert len(client.get("/account/sessions").context["sessions"]) == 1
    assert verbs()[-1] == "change_password"


def test_a_notice_says_when_it_was_done(client, robin):
    log_in(client)
    client.post("/account/password", {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER})

    assert re.search(r"at \d+ \w+ \d{4}, \d\d:\d\d UTC\.$", mail.outbox[-1].body, re.MULTILINE)


# A new address ----------------------------------------------------------------------------------------


def test_a_new_address_takes_its_place_when_it_is_verified(client, robin):
    log_in(client)
    asked = client.post("/account/email", {"email": "new@example.com", "action_add": ""})
    assert asked["Location"].startswith("/account/again")
    confirm(client)

    client.post("/account/email", {"email": "New@Example.com", "action_add": ""})
    assert log_in(Client())["Location"] == "/host"  # the old one until then
    client.post(link())

    robin.refresh_from_db()
    assert robin.email == "new@example.com"
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [("new@example.com", True, True)]
    assert mail.outbox[-1].to == [ADDRESS]  # the old address hears of it
    change = AuditEvent.objects.get(verb="change_email")
    assert (change.before, change.after) == ({"email": ADDRESS}, {"email": "new@example.com"})


def test_the_address_of_another_account_is_not_taken_and_not_told_of(client, robin):
    kim = make_user(email="kim@example.com")
    log_in(client)
    confirm(client)

    known = client.post("/account/email", {"email": "kim@example.com", "action_add": ""})
    unknown = client.post("/account/email", {"email": "nobody@example.com", "action_add": ""})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert mail.outbox[0].subject == "You have an account already"
    assert set(EmailAddress.objects.values_list("user", "email")) == {
        (robin.pk, ADDRESS), (robin.pk, "nobody@example.com"), (kim.pk, "kim@example.com"),
    }  # fmt: skip


def test_an_address_that_was_never_verified_stays_until_the_new_one_is(client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    client.post("/signup", NEW)
    confirm(client)

    client.post("/account/email", {"email": "new@example.com", "action_add": ""})

    assert User.objects.get().email == ADDRESS
    client.post(link())
    assert User.objects.get().email == "new@example.com"


# The second factor ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)  # it is told after the commit
def test_with_a_second_factor_the_password_alone_lets_nobody_in(client, robin):
    log_in(client)
    assert client.get("/account/second-factor/on")["Location"].startswith("/account/again")
    secret, _codes = turn_on_second_factor(client)
    client.post("/logout")

    assert log_in(client)["Location"] == "/login/code"
    assert not is_in(client)
    assert "Incorrect code" in client.post("/login/code", {"code": "000000"}).content.decode()
    assert client.post("/login/code", {"code": code_of(secret)})["Location"] == "/host"

    assert is_in(client)
    assert verbs() == ["log_in", "second_factor_on", "log_in"]


def test_a_code_of_the_app_works_once(client, robin):
    log_in(client)
    secret, _codes = turn_on_second_factor(client)
    code = code_of(secret)
    client.post("/logout")
    log_in(client)
    assert client.post("/login/code", {"code": code})["Location"] == "/host"
    cache.clear()  # it need not know
    thief = Client()
    log_in(thief)

    assert "Incorrect code" in thief.post("/login/code", {"code": code}).content.decode()
    assert not is_in(thief)


def test_who_has_a_second_factor_gets_in_while_redis_is_away(client, robin, settings):
    log_in(client)
    secret, codes = turn_on_second_factor(client)
    away = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:1", "OPTIONS": IGNORING}
    settings.CACHES = {"default": away}

    for code in (code_of(secret), codes[0]):
        browser = Client()
        log_in(browser)
        assert browser.post("/login/code", {"code": code})["Location"] == "/host"
        assert is_in(browser)
    assert Client().post("/account/reset", {"email": ADDRESS}).status_code == 429  # no mail without a limit
    assert log_in(Client(), password="wrong").status_code == 200


def test_a_recovery_code_works_once_and_is_shown_once(client, robin):
    log_in(client)
    _secret, codes = turn_on_second_factor(client)
    assert len(codes) == 10
    assert codes[0] not in client.get("/account/recovery-codes").content.decode()

    first, second = Client(), Client()
    for browser in (first, second):
        log_in(browser)
        browser.post("/login/code", {"code": codes[0]})

    assert (is_in(first), is_in(second)) == (True, False)
    assert "9 recovery codes are left" in client.get("/account/second-factor").content.decode()


@pytest.mark.django_db(transaction=True)
def test_new_recovery_codes_take_the_place_of_the_old(client, robin):
    log_in(client)
    _secret, old = turn_on_second_factor(client)

    new = client.post("/account/recovery-codes/new", follow=True).context["unused_codes"]

    assert not set(old) & set(new)
    thief = Client()
    log_in(thief)
    thief.post("/login/code", {"code": old[0]})
    assert not is_in(thief)
    assert "new_recovery_codes" in verbs()


def test_turning_it_off_asks_who_it_is_and_takes_the_codes_along(client, robin):
    log_in(client)
    turn_on_second_factor(client)
    client.session.flush()
    elsewhere = Client()
    elsewhere.force_login(robin)
    assert elsewhere.post("/account/second-factor/off")["Location"].startswith("/account/again")
    confirm(elsewhere)

    assert elsewhere.post("/account/second-factor/off")["Location"] == "/account/second-factor"

    assert not robin.authenticator_set.exists()
    assert verbs()[-1] == "second_factor_off"
    assert log_in(Client())["Location"] == "/host"


def test_an_account_with_a_second_factor_can_change_its_address(client, robin):
    log_in(client)
    turn_on_second_factor(client)

    client.post("/account/email", {"email": "new@example.com", "action_add": ""})
    client.post(link())

    robin.refresh_from_db()
    assert robin.email == "new@example.com"


def test_a_reset_by_mail_does_not_pass_by_the_second_factor(client, robin):
    log_in(client)
    turn_on_second_factor(client)
    thief = Client()
    thief.post("/account/reset", {"email": ADDRESS})
    thief.post(thief.get(link())["Location"], {"password1": OTHER, "password2": OTHER})

    assert log_in(thief, password=OTHER)["Location"] == "/login/code"
    assert not is_in(thief)


# Staff ------------------------------------------------------------------------------------------------


def test_the_admin_has_the_same_door(client):
    make_staff(email=ADDRESS)
    first = client.get("/admin/", follow=True)
    assert first.redirect_chain[-1] == ("/login?next=%2Fadmin%2F", 302)
    assert client.post("/admin/login/", {"username": ADDRESS, "password": PASSWORD})["Location"].startswith("/login")

    log_in(client)
    turn_on_second_factor(client)
    assert client.get("/admin/").status_code == 200
    stranger = Client()
    log_in(stranger)

    assert stranger.get("/admin/").status_code == 302
    assert client.get("/admin/password_change/")["Location"] == "/account/password"


def test_a_host_who_is_logged_in_is_told_that_the_admin_is_not_for_them(client, robin):
    log_in(client)

    assert client.get("/admin/", follow=True).status_code == 403


def test_where_staff_need_a_second_factor_they_may_no_more_than_hosts_without(client, settings):
    settings.STAFF_SECOND_FACTOR = True
    staff, other = make_staff(email=ADDRESS), make_user(email="kim@example.com")
    log_in(client)

    assert client.get("/admin/", follow=True).redirect_chain[1][0] == "/account/second-factor/on"
    assert client.get(page_of(other, "change")).status_code == 302
    assert not User.objects.get(pk=staff.pk).is_staff
    turn_on_second_factor(client)

    assert client.get(page_of(other, "change")).status_code == 200


def test_staff_help_somebody_who_lost_phone_and_codes(client, robin):
    lost = Client()
    log_in(lost)
    turn_on_second_factor(lost)
    staff = make_staff()
    client.force_login(staff)

    for action in ("turn_off_second_factor", "end_sessions"):
        client.post(page_of(User), {"action": action, "_selected_action": [robin.pk]})

    assert not is_in(lost)
    assert log_in(lost)["Location"] == "/host"
    done = AuditEvent.objects.filter(actor=staff).order_by("pk")
    assert [(event.verb, event.about) for event in done] == [
        ("second_factor_off", f"user:{robin.pk}"), ("log_out_everywhere", f"user:{robin.pk}"),
    ]  # fmt: skip
