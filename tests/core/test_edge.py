"""A CDN in front: what it is told to forget, how long it may keep what, and what its log says. See docs/cdn.md."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone

from apps.core import edge as module
from apps.core.cached import understood
from apps.core.edge import edge
from apps.core.languages import ONLY_A_LANGUAGE
from apps.jams import images
from apps.voting.operations import cast_vote
from tests.factories import make_attendee, make_jam, make_jam_song, make_song
from tests.processes import wait_until
from tests.sites import Site

pytestmark = pytest.mark.django_db(transaction=True)
RULES = Path("deploy/cdn/main.vcl").read_text()


@pytest.fixture
def cdn(settings, monkeypatch):
    """The purging side of one: what it was told, and the statuses that it answers first."""
    told, answers = [], []

    class Purging(BaseHTTPRequestHandler):
        def do_POST(self):
            told.append((self.path, self.headers["Fastly-Key"], sorted(self.headers["Surrogate-Key"].split())))
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    monkeypatch.setattr(module, "AGAIN", 0.05)
    server = Site(Purging)
    settings.CDN_PURGE_URL = f"http://127.0.0.1:{server.server_port}/service/7/purge"
    settings.CDN_PURGE_KEY = "may-purge"
    understood.cache_clear()  # it holds how long
    yield told, answers
    edge.stop()
    understood.cache_clear()
    server.stop()


# Forgetting -------------------------------------------------------------------------------------------


def test_what_is_changed_is_forgotten_there_in_one_call(cdn):
    make_song(title="Valerie")
    make_jam()
    edge.stop()

    [(path, key, keys)] = cdn[0]
    assert (path, key) == ("/service/7/purge", "may-purge")
    assert {"songs", "jams", "nights"} <= set(keys)


def test_a_vote_is_not_told_an_edge_keeps_a_board_for_a_second(cdn):
    jam_song = make_jam_song()
    attendee = make_attendee(jam=jam_song.jam)
    edge.stop()
    cdn[0].clear()

    cast_vote(jam_song=jam_song, attendee=attendee)
    edge.stop()

    assert cdn[0] == []


def test_what_was_not_committed_is_not_told(cdn):
    with transaction.atomic():
        make_song()
        transaction.set_rollback(True)
    edge.stop()

    assert cdn[0] == []


def test_what_could_not_be_told_is_told_again(cdn):
    told, answers = cdn
    answers += [503, 429]

    edge.forget("songs")
    wait_until(lambda: len(told) == 3 and edge.sender is None)

    assert [keys for _, _, keys in told] == [["songs"]] * 3


def test_what_the_edge_has_forgotten_by_itself_is_told_no_more(cdn, settings):
    settings.CDN_SECONDS = 0
    cdn[1].extend([503] * 9)

    edge.forget("songs")
    wait_until(lambda: edge.sender is None)

    assert len(cdn[0]) == 1
    assert edge.due == {}


def test_more_keys_than_a_call_takes_are_several_calls(cdn):
    edge.forget(*(f"info.{number}" for number in range(600)))
    edge.stop()

    assert [len(keys) for _, _, keys in cdn[0]] == [256, 256, 88]


def test_an_image_that_is_deleted_is_forgotten_in_all_its_sizes(cdn):
    images.forget("jams/0f3a-960x540.webp")
    edge.stop()

    assert cdn[0][0][2] == ["media/jams/0f3a-480.webp", "media/jams/0f3a-960x540.webp"]


def test_without_a_cdn_nothing_is_told():
    make_song()

    assert (edge.due, edge.sender) == ({}, None)


def test_a_command_that_ends_has_told_it(cdn, settings):
    """A process of its own, on a database of its own."""
    code = "import django; django.setup(); from apps.core.edge import edge; edge.forget('songs')"
    env = os.environ | {"CDN_PURGE_URL": settings.CDN_PURGE_URL, "DJANGO_SETTINGS_MODULE": "jamvote.settings"}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)

    assert [keys for _, _, keys in cdn[0]] == [["songs"]]


# Keeping ----------------------------------------------------------------------------------------------


def kept(path):
    return int(re.search(r"max-age=(\d+)", Client().get(path)["CDN-Cache-Control"])[1])


def test_an_edge_that_is_told_keeps_it_longer_but_for_boards(cdn):
    jam = make_jam(status="open", ends_at=timezone.now() + timedelta(days=1))

    assert [kept("/songs"), kept("/api/v1/songs"), kept(f"/api/v1/jams/{jam.slug}/snapshot")] == [60, 60, 1]


def test_not_past_the_moment_when_it_is_no_longer_true(cdn):
    now = timezone.now()
    jam = make_jam(status="open", voting_closes_at=now + timedelta(seconds=90))

    assert kept(f"/api/v1/jams/by-slug/{jam.slug}") == 5


def test_an_edge_that_is_not_told_keeps_it_for_seconds():
    make_song()

    assert kept("/songs") == 5


def test_the_rules_name_what_there_is():
    make_song()
    answer = Client().get("/songs")
    headers = set(re.findall(r"beresp\.http\.([\w-]+)", RULES)) - {"Set-Cookie"}
    languages = re.search(r"language=\((.+?)\)\$", RULES)[1].split("|")
    folders = re.search(r"\^/\((.+?)\)/", RULES)[1].split("|")

    assert all(answer.get(name) for name in headers)
    assert folders == ["static", "media"]
    assert {f"language={code}" for code in languages} == {*ONLY_A_LANGUAGE}
    assert f'"{":".join(languages)}", "{settings.LANGUAGE_CODE}"' in RULES
    assert resolve("/metrics")
    with pytest.raises(Resolver404):
        resolve("/ws/jams/x")  # of the live processes


# Its log ----------------------------------------------------------------------------------------------


def line(**fields):
    said = {"at": "2026-11-27T21:00:00Z", "pop": "FRA", "state": "HIT", "kind": "board", "status": 200, "bytes": 1000}
    return f"<134>2026-11-27T21:00:00Z cache-fra jamvote: {json.dumps(said | {'seconds': 0.002} | fields)}\n"


def test_the_report_tells_hits_among_what_may_be_kept(tmp_path):
    log = tmp_path / "edge.log"
    lines = [line()] * 6 + [line(state="HIT-CLUSTER", pop="SYD")] * 3 + [line(state="MISS", seconds=0.4)]
    log.write_text("".join([*lines, line(state="PASS", kind="", seconds=0.1), "what is this\n"]))
    out, err = StringIO(), StringIO()

    call_command("cdn_report", str(log), stdout=out, stderr=err)

    rows = {row.split()[0]: row.split()[1:] for row in out.getvalue().splitlines() if row.strip()}
    assert rows["board"] == ["10", "0", "90.0%", "10000", "2", "ms", "400", "ms"]
    assert rows["other"] == ["1", "1", "–", "1000", "–", "100", "ms"]
    assert rows["SYD"][:3] == ["3", "0", "100.0%"]
    assert rows["all"][:3] == ["11", "1", "90.0%"]
    assert "1" in err.getvalue()


@pytest.mark.parametrize("text", ["", "nothing of the sort\n", '{"state": 1}\n'])
def test_a_log_of_something_else_is_said_to_be_one(tmp_path, text):
    log = tmp_path / "edge.log"
    log.write_text(text)

    with pytest.raises(CommandError, match=r"main\.vcl"):
        call_command("cdn_report", str(log))


def test_the_table_of_the_docs_is_what_the_command_prints():
    said = subprocess.run([sys.executable, "deploy/cdn/reckon.py"], capture_output=True, text=True, check=True).stdout
    milliseconds = [int(number) for row in said.splitlines()[2:] for number in re.findall(r"(\d+) ms", row)[1:]]

    assert said in Path("docs/cdn.md").read_text()
    assert max(milliseconds) < 500
