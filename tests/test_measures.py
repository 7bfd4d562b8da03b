"""Each measure that makes it fast can be taken back by a setting, and nobody but the clock notices."""

import os
import re
from pathlib import Path

import pytest
from django.db import connection

from apps.catalog.models import Song
from apps.jams.models import Jam
from tests.callers import Caller
from tests.factories import make_attendee_with_token, make_jam, make_jam_song, make_user, make_venue, make_vote

DOCS = Path(__file__).parent.parent / "docs" / "performance.md"
# By default, and taken back. The pool is the process's: tests/test_connections.py starts one with and without. So are
# replicas: tests/core/test_replicas.py.
MEASURES = {
    "CACHED_READS": (True, False),
    "LOCAL_COPY_SECONDS": (1.0, 0.0),
    "PREPARED_STATEMENTS": (True, False),
    "VOTES_AT_ONCE": (True, False),
}
OF_THE_PROCESS = {"DATABASE_POOL", "DATABASE_REPLICAS"}


def evening(number):
    """What is answered to a room that reads, votes and reads, each twice; without what differs from room to room."""
    host = make_user()
    jam = make_jam(host=host, venue=make_venue(manager=host, name=f"Room {number}"))
    songs = [make_jam_song(jam=jam, title=f"Song {place}") for place in range(3)]
    make_vote(jam_song=songs[1])
    _sam, token = make_attendee_with_token(jam=jam, name="Sam")
    phone, visitor = Caller(token=token), Caller()
    base, answers = f"/api/v1/jams/{jam.slug}", []
    vote = f"{base}/songs/{songs[2].pk}/vote"
    played = f"{base}/songs/{make_jam_song(jam=jam, status='played').pk}/vote"
    for method in ("PUT", "PUT", "DELETE", "DELETE", "PUT"):
        answers += [phone(method, vote), *(visitor("GET", f"{base}{path}") for path in ("", "/snapshot", "/songs"))]
        answers += [visitor("GET", "/api/v1/jams"), phone("GET", f"{base}/me"), visitor("GET", f"/jams/{jam.slug}")]
    answers += [phone("PUT", played), visitor("PUT", vote), visitor("GET", base)]
    return [(answer.status_code, answer["Content-Type"], plain(answer.content.decode())) for answer in answers]


def plain(text):
    text = re.sub(r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>', "", text)  # what is shared has none
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+00:00)", "TIME", text)
    text = re.sub(r'("(?:request_id|code|instance)": ?")[^"]*', r"\1", text)
    text = re.sub(r"room-\d+", "room", text)
    text = re.sub(r"[Rr]oom \d+", "room", text)
    return re.sub(r"\b[A-HJ-NP-Z2-9]{6}\b|\d+", "N", text)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "values"), MEASURES.items())
def test_answers_are_the_same_both_ways(settings, name, values):
    said = {}
    for number, value in enumerate(values):
        setattr(settings, name, value)
        said[value] = evening(number)
        Jam.objects.all().delete()  # the next evening has the lists for itself
        Song.objects.all().delete()

    assert said[values[0]] == said[values[1]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("sqlite" in os.environ.get("DATABASE_URL", "sqlite"), reason="SQLite prepares nothing")
@pytest.mark.parametrize(("wanted", "ready"), [(True, True), (False, False)])
def test_nothing_is_prepared_where_nothing_shall_be(settings, wanted, ready):
    settings.PREPARED_STATEMENTS = wanted
    connection.close()

    Caller()("GET", f"/api/v1/jams/{make_jam().slug}/snapshot")

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert (cursor.fetchone()[0] > 0) is ready


def test_votes_go_through_the_framework_where_they_shall(settings, monkeypatch, db):
    def never(*_args):
        raise AssertionError

    monkeypatch.setattr("apps.voting.api.vote_at_once", never)
    settings.VOTES_AT_ONCE = False
    jam_song = make_jam_song()
    _sam, token = make_attendee_with_token(jam=jam_song.jam)

    answer = Caller(token=token)("PUT", f"/api/v1/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/vote")

    assert (answer.status_code, answer.json()["votes"]) == (200, 1)


def test_the_docs_name_each():
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", DOCS.read_text(), re.MULTILINE))

    assert rows == set(MEASURES) | OF_THE_PROCESS
