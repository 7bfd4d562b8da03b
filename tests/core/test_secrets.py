"""Secrets come from the environment or from files, can be changed while people are in, and stand in no log."""

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.test import Client

from apps.core.credentials import known, signer
from apps.core.logs import Line
from apps.jams import consumers
from apps.jams.identity import cookie_name
from tests.factories import PASSWORD, make_attendee_with_token, make_jam, make_jam_song, make_user

ROOT = Path(settings.BASE_DIR)
OLD, NEW = "the-old-key-" * 5, "the-new-key-" * 5
SAY = """
from jamvote import settings as s
print(s.SECRET_KEY, s.SECRET_KEY_FALLBACKS, s.DATABASES["default"].get("PASSWORD"), s.REDIS_URL, s.METRICS_TOKEN,
      s.EMAIL_HOST_PASSWORD)
"""


def start(code=SAY, **env):
    env = {"PATH": os.environ["PATH"], "SECRET_KEY": NEW} | env
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)


def test_every_secret_can_be_a_file(tmp_path):
    secrets = {
        "SECRET_KEY": NEW,
        "SECRET_KEY_FALLBACKS": f"{OLD},{OLD}2",
        "DATABASE_URL": "postgresql://jam@db/jamvote",
        "DATABASE_PASSWORD": "swordfish",
        "REDIS_URL": "redis://:herring@redis:6379",
        "METRICS_TOKEN": "m" * 40,
        "EMAIL_URL": "smtp://me:anchovy@mail.example:587",
    }
    for name, value in secrets.items():
        (tmp_path / name).write_text(f"{value}\n")

    by_file = start(SECRET_KEY="", **{f"{name}_FILE": str(tmp_path / name) for name in secrets})
    by_name = start(**secrets)

    assert by_file.stdout == by_name.stdout
    assert by_file.stdout.split() == [
        NEW, f"['{OLD}',", f"'{OLD}2']", "swordfish", secrets["REDIS_URL"], "m" * 40, "anchovy",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"SECRET_KEY_FILE": "/nowhere/key"},
        {"METRICS_TOKEN_FILE": "/nowhere/token"},
        {"SECRET_KEY_FALLBACKS": "short"},
        {"DATABASE_URL": "nonsense://user:hunter2hunter2@db"},
        {"REDIS_URL": "http://:hunter2hunter2@redis"},
        {"METRICS_TOKEN": "hunter2hunter2"},
        {"DEBUG": "true", "PUBLIC_URL": "https://jam.example"},
        {"HSTS_SECONDS": "-1"},
        {"CSP_REPORT_URI": "https://reports.example; script-src *"},
    ],
)
def test_a_wrong_one_stops_the_start_is_named_and_not_shown(wrong):
    env = {"PATH": os.environ["PATH"], "SECRET_KEY": NEW} | wrong

    run = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True)

    assert run.returncode == 1
    assert next(iter(wrong)) in run.stderr
    assert "hunter2" not in run.stderr
    assert "Traceback" not in run.stderr


def test_no_container_has_a_secret_in_its_environment():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())

    assert len(compose["secrets"]) == 8
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            assert name.endswith("_FILE") or not re.search("KEY|PASSWORD|TOKEN|EMAIL", name), name
            assert not re.search(r"\$\{(SECRET|POSTGRES_P|METRICS|EMAIL|GRAFANA|ALERT)", str(value)), name
            if name.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"]


# Another key ------------------------------------------------------------------------------------------


@pytest.fixture
def night(db, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    jam = make_jam(host=make_user(email="hanna@example.com"))
    return jam, make_jam_song(jam=jam)


def rotate(settings, *fallbacks):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, list(fallbacks)
    signer.key, signer.fallback_keys = NEW, list(fallbacks)  # as in a process that has started with them
    known.cache_clear()


@pytest.fixture(autouse=True)
def the_signers_own_keys(monkeypatch):
    monkeypatch.setattr(signer, "key", signer.key)
    monkeypatch.setattr(signer, "fallback_keys", signer.fallback_keys)


def test_a_host_stays_logged_in_when_the_key_changes(night, settings):
    host = Client()
    assert host.login(username="hanna@example.com", password=PASSWORD)
    before = host.cookies[settings.SESSION_COOKIE_NAME].value

    rotate(settings, OLD)

    assert consumers.user_with({settings.SESSION_COOKIE_NAME: before}).is_authenticated
    assert host.get("/host").status_code == 200  # also after a socket has looked
    assert host.cookies[settings.SESSION_COOKIE_NAME].value != before
    rotate(settings)
    assert host.get("/host").status_code == 200  # by now it is signed anew


def test_a_host_is_logged_out_when_the_key_is_given_up(night, settings):
    host = Client()
    host.login(username="hanna@example.com", password=PASSWORD)

    rotate(settings)

    assert host.get("/host").status_code == 302


def test_an_attendee_votes_on_when_the_key_changes(night, settings):
    jam, jam_song = night
    signer.key = OLD
    _attendee, token = make_attendee_with_token(jam=jam)
    phone = Client(headers={"Origin": "http://testserver"})
    phone.cookies[cookie_name(jam)] = token
    address = f"/api/v1/jams/{jam.slug}/songs/{jam_song.pk}/vote"

    rotate(settings, OLD)
    kept = phone.put(address)
    rotate(settings)
    given_up = phone.delete(address)

    assert (kept.status_code, kept.json()["votes"]) == (200, 1)
    assert given_up.status_code == 401


# The log ----------------------------------------------------------------------------------------------

SECRET = "s3cr3t-that-lets-in"
LINES = [
    f"GET /jams/x/move?token={SECRET}&x=1 HTTP/1.1",
    f"/login?next=/&password={SECRET}",
    f"Authorization: Bearer {SECRET}",
    f"sent with bearer {SECRET} again",
    f"{{'HTTP_COOKIE': '__Host-session={SECRET}; b=c'}}",
    f"Set-Cookie: session={SECRET}; Path=/",
    f'{{"token": "{SECRET}", "id": 7}}',
    f"X-CSRFToken: {SECRET}",
    f"cannot connect to redis://:{SECRET}@redis:6379/0",
    f"connection to postgresql://jam:{SECRET}@db/jamvote failed",
    f"csrfmiddlewaretoken={SECRET}",
    f"METRICS_TOKEN={SECRET}",
    f"Gone: /reports/link/12.{SECRET}",
    f"GET /jams/blue-night/display/{SECRET}?x=1",
    f"Not Found: /account/reset/1-a/{SECRET}",
    f"/invitations/{SECRET}",
    f"/account/verify/{SECRET}",
]


def line_of(message, *args, error=None):
    given = (type(error), error, error.__traceback__) if error else None
    return Line("{message}", style="{").format(logging.LogRecord("x", logging.INFO, "", 0, message, args, given))


@pytest.mark.parametrize("text", LINES)
def test_nothing_in_the_log_lets_anybody_in(text):
    try:
        raise ValueError(text)
    except ValueError as error:
        lines = [line_of(text), line_of("%s", text), line_of("failed", error=error)]

    assert all(SECRET not in line and "***" in line for line in lines)


def test_nothing_in_the_log_signs():
    assert line_of("signed by whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw/+=") == "signed by whsec_***"


def test_all_else_stays_readable():
    text = "apps.jams 200 status_code=200 /jams/blue-night?page=2 at https://jam.example:8443/x by sam@example.com"

    assert line_of(text) == text


def test_the_log_is_written_with_it():
    assert settings.LOGGING["handlers"]["stderr"]["formatter"] == "text"
    assert settings.LOGGING["formatters"]["text"]["()"] == "apps.core.logs.Line"
