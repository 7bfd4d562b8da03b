import pytest
from django.contrib.auth import authenticate
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import ApiToken, AuditEvent, User
from apps.catalog.run_models import ImportRun
from tests.admin_pages import act, page_of, save
from tests.factories import PASSWORD, make_api_token, make_import, make_staff, make_user

pytestmark = pytest.mark.django_db

NEW = {"name": "Robin", "role": "host", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def staff(client):
    client.user = make_staff(email="alex@example.com", name="Alex")
    client.force_login(client.user)
    return client


def test_a_host_is_added_and_can_log_in(staff):
    assert save(staff, page_of(User, "add"), email="Robin@Example.com", **NEW) == {}

    user = authenticate(username="robin@example.com", password=PASSWORD)
    assert (user.name, user.role) == ("Robin", "host")


def test_an_address_that_is_taken_is_refused_in_words(staff):
    errors = save(staff, page_of(User, "add"), email="ALEX@example.com", **NEW)

    assert "already exists" in errors["email"][0]


def test_a_weak_password_is_refused(staff):
    errors = save(
        staff, page_of(User, "add"), email="robin@example.com", **NEW | {"password1": "12345", "password2": "12345"}
    )

    assert "too short" in errors["password2"][0]


def test_role_and_name_are_changed_and_the_password_stays(staff):
    user = make_user(email="robin@example.com")

    errors = save(staff, page_of(user, "change"), email="robin@example.com", name="Rob", role="staff", is_active="on",
                  password="something else")  # fmt: skip

    assert errors == {}
    user.refresh_from_db()
    assert (user.name, user.is_staff, user.check_password(PASSWORD)) == ("Rob", True, True)


def test_no_page_shows_a_hash(staff):
    user = make_user()

    page = staff.get(page_of(user, "change")).content.decode()

    assert user.password not in page
    assert user.password.split("$")[-1][10:] not in page


def test_a_password_is_set_anew(staff):
    user = make_user(email="robin@example.com")
    path = reverse("admin:auth_user_password_change", args=[user.pk])
    new = {"password1": "another-long-password", "password2": "another-long-password", "usable_password": "true"}

    assert staff.get(path).status_code == 200
    assert staff.post(path, new).status_code == 302

    assert authenticate(username="robin@example.com", password="another-long-password") == user


def test_nobody_locks_themselves_out(staff):
    path = page_of(staff.user, "change")

    save(staff, path, email="alex@example.com", name="Alexa", role="host", password="")

    staff.user.refresh_from_db()
    assert (staff.user.name, staff.user.is_staff) == ("Alexa", True)
    assert staff.post(page_of(staff.user, "delete"), {"post": "yes"}).status_code == 403


def test_accounts_are_searched_and_filtered(staff):
    host = make_user(email="robin@example.com", name="Robin")
    make_user(email="kim@example.com", name="Kim", role="staff")

    for query in ({"q": "robin@"}, {"q": "ROBIN"}, {"role__exact": "host"}):
        assert list(staff.get(page_of(User), query).context["cl"].result_list) == [host], query


def test_staff_see_tokens_without_their_secrets_and_revoke_them(staff):
    token, text = make_api_token(name="Lights", scopes=["jams"])
    other, _text = make_api_token()

    pages = [staff.get(path).content.decode() for path in (page_of(ApiToken), page_of(token, "change"))]
    told = act(staff, ApiToken, "revoke", token)

    for page in pages:
        assert token.beginning in page
        assert "Run and change my jams" in page
        assert token.secret_hash not in page
        assert text[len(token.beginning) :] not in page
    assert told == ["Done: 1."]
    token.refresh_from_db()
    other.refresh_from_db()
    assert (bool(token.revoked_at), other.revoked_at) == (True, None)
    assert AuditEvent.objects.filter(verb="revoke_token", actor=staff.user).count() == 1


def test_a_token_is_deleted_with_its_user_and_in_no_other_way(staff):
    token, _text = make_api_token()

    assert staff.post(page_of(token, "delete"), {"post": "yes"}).status_code == 403
    assert staff.post(page_of(token.user, "delete"), {"post": "yes"}).status_code == 302

    assert not ApiToken.objects.exists()


def test_an_import_goes_with_whoever_made_it(staff):
    run = make_import("Creep,Radiohead", by=make_user())

    assert staff.post(page_of(run, "delete"), {"post": "yes"}).status_code == 403
    assert staff.post(page_of(run.owner, "delete"), {"post": "yes"}).status_code == 302

    assert not ImportRun.objects.exists()


def test_tokens_are_searched_and_filtered(staff):
    token, _text = make_api_token(name="Lights", user=make_user(email="robin@example.com"))
    make_api_token(name="Sound", revoked_at=timezone.now())

    for query in ({"q": "light"}, {"q": "robin@"}, {"live": "yes"}):
        assert list(staff.get(page_of(ApiToken), query).context["cl"].result_list) == [token], query
    assert len(staff.get(page_of(ApiToken), {"live": "no"}).context["cl"].result_list) == 1
