from importlib import import_module

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from apps.accounts.models import User
from tests.factories import PASSWORD, make_staff, make_user

pytestmark = pytest.mark.django_db


def test_an_address_is_one_account_however_it_is_written():
    user = make_user(email=" Robin@Example.COM ")

    assert user.email == "robin@example.com"
    assert authenticate(username="ROBIN@example.com", password=PASSWORD) == user
    with pytest.raises(IntegrityError):
        make_user(email="robin@EXAMPLE.com")


def test_who_is_switched_off_cannot_log_in():
    make_user(email="robin@example.com", is_active=False)

    assert authenticate(username="robin@example.com", password=PASSWORD) is None


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [({"role": "staff"}, True), ({"role": "host"}, False), ({"role": "staff", "is_active": False}, False)],
)
def test_staff_may_everything_others_nothing(fields, allowed):
    user = make_user(**fields)

    assert user.is_staff is allowed
    assert user.has_perm("jams.change_jam") is allowed
    assert user.has_perms(["jams.change_jam", "voting.delete_vote"]) is allowed
    assert user.has_module_perms("jams") is allowed


def test_an_account_is_called_by_its_name():
    assert str(make_staff(name="Alex")) == "Alex"
    assert str(User(email="a@example.com")) == "a@example.com"


def test_createsuperuser_makes_the_first_admin(client, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command("createsuperuser", interactive=False, email="First@Example.com", name="First", verbosity=0)

    assert client.login(username="first@example.com", password=PASSWORD)
    assert client.get("/admin/").status_code == 200


def test_createsuperuser_refuses_an_address_that_is_taken(monkeypatch):
    make_user(email="first@example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", interactive=False, email="FIRST@example.com", name="First", verbosity=0)


def test_the_addresses_of_accounts_from_before_count_as_verified():
    old, known = make_user(email="old@example.com"), make_user(email="known@example.com")
    EmailAddress.objects.filter(user=old).delete()

    import_module("apps.accounts.migrations.0004_verified_addresses").vouch(apps, None)

    assert set(EmailAddress.objects.values_list("user", "email", "verified", "primary")) == {
        (user.pk, user.email, True, True) for user in (old, known)
    }
