"""Requests that no view should have to think of."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import PASSWORD, make_staff

ROOT = Path(settings.BASE_DIR)


@pytest.mark.parametrize("address", ["/login", "/", "/api/jams"])
@pytest.mark.django_db
def test_a_charset_that_is_not_utf_8_is_refused(client, address):
    answer = client.generic("POST", address, b"a=1", "application/x-www-form-urlencoded; charset=utf-7")

    assert answer.status_code == 415


@pytest.mark.django_db
def test_a_body_of_unknown_length_is_refused(client):
    answer = client.generic("POST", "/api/jams", headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH="")

    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


@pytest.mark.parametrize("name", ["a" * 5000, "../../etc/passwd", "%00", "jams/none.webp"])
def test_a_file_that_cannot_be_is_not_found(client, name):
    assert client.get(f"/media/{name}").status_code == 404


@pytest.mark.django_db
def test_the_page_for_our_own_faults_needs_nothing(client, monkeypatch):
    monkeypatch.setattr("apps.pages.views.home.render", lambda *args, **kwargs: 1 / 0)
    client.raise_request_exception = False

    answer = client.get("/")

    assert answer.status_code == 500
    assert "JamVote" in answer.content.decode()


@pytest.mark.parametrize(
    "address", ["/admin/accounts/user/", "/admin/catalog/song/", "/admin/catalog/venue/", "/admin/voting/vote/"]
)
@pytest.mark.parametrize("chosen", ["\0", "99999999999999999999", "x"])
@pytest.mark.django_db
def test_a_selection_that_cannot_be_is_no_fault_of_the_admin(address, chosen):
    make_staff(email="staff@example.com")
    client = Client()
    client.login(username="staff@example.com", password=PASSWORD)

    answer = client.post(address, {"action": "delete_selected", "_selected_action": chosen})

    assert answer.status_code < 500


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAGE_SIZE", "0"),
        ("MAX_BODY_BYTES", "-1"),
        ("BOARD_SIZE", "many"),
        ("REDIS_URL", "nonsense"),
        ("EMAIL_URL", "pigeon://x"),
        ("PUBLIC_URL", "jam.example"),
        ("DATABASE_URL", "mysql://x/y"),
        ("SECRET_KEY", "short"),
        ("METRICS_TOKEN", "short"),
        ("LIMIT_PARTICIPANT", "0/60"),
        ("LIMIT_JOIN", "many"),
        ("INSTANCES_WEB", "8-1"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("DATABASE_REPLICAS", "sqlite:///copy"),
        ("DATABASE_REPLICAS", "postgresql://replica/jamvote"),  # of the embedded database
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(name, value):
    env = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50, name: value}

    run = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True)

    assert run.returncode == 1
    assert name in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("command", ["check", "migrate", "makemigrations", "createsuperuser", "crowd"])
def test_every_command_says_that_the_key_is_missing(command):
    env = {"PATH": os.environ["PATH"]}

    run = subprocess.run([sys.executable, "manage.py", command], cwd=ROOT, env=env, capture_output=True, text=True)

    assert run.returncode == 1
    assert run.stderr.startswith("Environment: set SECRET_KEY")
