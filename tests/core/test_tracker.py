"""What a tracker of errors is told: a real server, a real envelope, and data that could leak."""

import json
import socket
import subprocess
import sys

import httpx
import pytest
from django.conf import settings

from tests.factories import make_jam
from tests.processes import WSGI
from tests.tracker import tracker

SECRET = "s3cr3t-of-somebody"
SENDS = {
    "Authorization": f"Bearer {SECRET}", "Cookie": f"session={SECRET}", "X-Forwarded-For": SECRET, "User-Agent": SECRET,
    "Referer": f"https://jam.example/?x={SECRET}", "X-Request-Id": "asked-by-sam",
}  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_an_error_is_told_with_its_ids_and_nothing_that_is_private(serve, tmp_path, capfd):
    jam = make_jam()
    (tmp_path / "static").mkdir()  # its absence is a warning of the interpreter, and no line of the log
    with tracker() as told:
        command = [word.replace("jamvote.wsgi", "tests.core.failing") for word in WSGI]
        address = serve(command, SENTRY_DSN=told.dsn, RELEASE="2026.12", LOG_FORMAT="json")
        body = {"display_name": SECRET}
        answer = httpx.post(
            f"{address}/api/v1/jams/{jam.slug}/attendees?any={SECRET}", json=body, headers=SENDS, timeout=30
        )
        say_nonsense(address)

        [event] = told.events()

    assert answer.status_code == 500
    assert SECRET not in "".join(told.envelopes)
    assert "sam@example.com" not in "".join(told.envelopes)
    [error] = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("ValueError", f"no row with token=*** for ***, in {jam.slug}")
    assert error["stacktrace"]["frames"][-1]["function"] == "broken"
    assert event["tags"] == {"request_id": "asked-by-sam", "jam": jam.slug}
    assert (event["release"], event["environment"]) == ("2026.12", "production")
    assert event["transaction"] == "/api/v1/jams/{slug}/attendees"
    assert event["request"] == {"method": "POST", "url": f"{address}/api/v1/jams/{jam.slug}/attendees"}
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert "gunicorn.error" in {line["logger"] for line in lines}
    [line] = [line for line in lines if line["logger"] == "django.request"]
    assert (line["level"], line["request_id"], line["jam"]) == ("ERROR", "asked-by-sam", jam.slug)
    assert "ValueError: no row with token=***" in line["exception"]


def say_nonsense(address):
    with socket.create_connection(tuple(address.removeprefix("http://").split(":"))) as server:
        server.sendall(b"nonsense\r\n\r\n")
        server.recv(100)


def test_without_a_tracker_its_library_is_not_loaded():
    script = "import sys, django; django.setup(); print('sentry_sdk' in sys.modules)"
    environment = {
        "SECRET_KEY": "x" * 32,
        "DATA_DIR": str(settings.DATA_DIR),
        "DJANGO_SETTINGS_MODULE": "jamvote.settings",
    }

    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)

    assert done.stdout.strip() == "False", done.stderr


@pytest.mark.parametrize("dsn", ["https://tracker.example/1", "tracker.example", "https://key@tracker.example/"])
def test_a_tracker_that_cannot_be_stops_the_start(dsn):
    environment = {"SECRET_KEY": "x" * 32, "SENTRY_DSN": dsn, "PATH": ""}

    done = subprocess.run([sys.executable, "manage.py", "check"], env=environment, capture_output=True, text=True)

    assert done.returncode
    assert "SENTRY_DSN" in done.stderr
