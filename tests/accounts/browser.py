"""What people do with accounts in a browser, in one line each."""

import re
import time

from allauth.mfa.totp.internal import auth
from django.core import mail

from apps.accounts.models import AuditEvent
from tests.factories import PASSWORD

ADDRESS = "robin@example.com"


def log_in(client, email=ADDRESS, password=PASSWORD, **options):
    return client.post("/login", {"login": email, "password": password}, **options)


def is_in(client):
    return client.get("/host").status_code == 200


def link(number=-1):
    """The address in a mail, without the host that all links begin with."""
    return re.search(r"^http://127\.0\.0\.1:8000(/account/\S+)$", mail.outbox[number].body, re.MULTILINE)[1]


def confirm(client, password=PASSWORD):
    """What is asked before sensitive things."""
    return client.post("/account/again", {"password": password})


def code_of(secret, later=0):
    """What an authenticator shows now, or so many codes `later`."""
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30 + later))


def turn_on_second_factor(client):
    """Answers the secret and the recovery codes."""
    confirm(client)
    secret = client.get("/account/second-factor/on").context["form"].secret
    answer = client.post("/account/second-factor/on", {"code": code_of(secret)}, follow=True)
    return secret, answer.context["unused_codes"]


def verbs():
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
