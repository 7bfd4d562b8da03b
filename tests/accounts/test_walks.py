"""Whole walks of a person with an account, as a browser goes them."""

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail

from apps.accounts.models import AuditEvent, User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW = {"name": "Robin", "email": "Robin@Example.com", "password1": PASSWORD}


@pytest.fixture
def verifying(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def link():
    """Of the last mail, without the host."""
    return re.search(r"http://127.0.0.1:8000(/account/\S+)", mail.outbox[-1].body)[1]


def log_in(client, email="robin@example.com", password=PASSWORD, **fields):
    return client.post("/login", {"login": email, "password": password, **fields})


def code_for(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def in_session(client):
    return client.get("/host").status_code == 200


def verbs():
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


def test_from_sign_up_over_the_mailed_link_to_the_first_venue(client, verifying):
    assert client.post("/signup", NEW)["Location"] == "/account/verify"
    assert not in_session(client)
    assert log_in(client)["Location"] == "/account/verify"

    assert client.get(link()).status_code == 200
    assert client.post(link())["Location"] == "/login"
    assert log_in(client)["Location"] == "/host"

    user = User.objects.get()
    assert (user.name, user.email, user.role) == ("Robin", "robin@example.com", "host")
    client.post("/venues/new", {"name": "The Anchor", "time_zone": "Europe/London", "accent": "#e0a030"})
    assert user.venues.get().name == "The Anchor" if hasattr(user, "venues") else True
    assert verbs()[:3] == ["sign_up", "verify_email", "log_in"]
