"""Hot reads are answered without the framework: the same bytes and headers as with it."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from apps.catalog.models import Venue
from apps.core.compiled import Compiled
from apps.jams import reads
from tests.factories import make_attendee, make_jam, make_jam_song, make_song, make_user, make_venue, make_vote

pytestmark = pytest.mark.django_db(transaction=True)
HOT = [f"/api/v1{path}" for path in ("/jams", "/jams/by-slug/{}", "/jams/{}", "/jams/{}/snapshot", "/songs", "/venues")]
VARYING = {"X-Request-Id", "Cache-Control", "CDN-Cache-Control", "Surrogate-Key", "ETag", "Vary", "Allow"}
VARYING |= {"RateLimit", "RateLimit-Policy"}  # of answers that are counted
VARYING |= {
    "Content-Security-Policy",
    "Permissions-Policy",
    "X-Frame-Options",
    "Cross-Origin-Opener-Policy",
    "Referrer-Policy",
}  # of documents only


@pytest.fixture
def jam():
    jam = make_jam(voting_closes_at=timezone.now() + timedelta(hours=1), description="Long. " * 100)
    for status in ("open", "open", "open", "queued", "playing", "played", "played", "pending", "removed"):
        song = make_jam_song(jam=jam, status=status, position=1 if status == "queued" else None)
        make_vote(jam_song=song, attendee=make_attendee(jam=jam)) if status == "open" else None
    jam.songs.filter(status="played").update(ended_at=timezone.now())
    make_attendee(jam=jam, state="left")
    make_jam(status="draft", host=make_user())
    return jam


def answers(path, settings):
    """With the framework, and without."""
    settings.CACHED_READS = False
    framed = Client().get(path)
    settings.CACHED_READS = True
    return framed, Client().get(path)


def told(response):
    return {name: value for name, value in response.headers.items() if name not in VARYING}


@pytest.mark.parametrize("counts", ["live", "hidden", "top"])
@pytest.mark.parametrize("path", HOT)
def test_it_is_the_same_to_the_byte(path, counts, jam, settings):
    type(jam).objects.filter(pk=jam.pk).update(counts=counts)
    now = timezone.now()
    framed, plain = answers(path.format(jam.slug), settings)

    if path.endswith("snapshot"):  # it says when it was made, and a stamp of then where counts are hidden
        framed, plain = framed.json(), plain.json()
        for said in (framed, plain):
            assert said.pop("now") > now.strftime("%Y-%m-%dT%H:%M")
            for song in [*said["songs"], said["now_playing"]]:
                song.pop("revision") if counts != "live" else None
        assert framed == plain
    else:
        assert framed.content == plain.content
        assert told(framed) == told(plain)


@pytest.mark.parametrize("path", ["/api/v1/jams", "/api/v1/songs", "/api/v1/venues"])
@pytest.mark.parametrize("rows", [0, 2, 3, 7])
def test_so_are_lists_of_every_length(path, rows, settings):
    settings.PAGE_SIZE = 3
    for number in range(rows):
        make_song(title=f"Song {number}", key="E♭m", tags=["soul"])
        make_jam(name=f"Jam {number}", venue=make_venue(description="There. " * 60))

    framed, plain = answers(path, settings)

    assert framed.content == plain.content
    assert (plain.json()["next"] is None) == (rows <= 3)


@pytest.mark.parametrize("path", HOT)
def test_the_framework_is_not_asked(path, jam, settings, monkeypatch):
    monkeypatch.setattr("rest_framework.views.APIView.initial", None)

    assert Client().get(path.format(jam.slug)).status_code == 200


@pytest.mark.parametrize("path", HOT[1:4])
@pytest.mark.parametrize("status", ["draft", None])
def test_what_is_not_for_all_is_left_to_the_view(path, status, jam):
    jam.status = status or jam.status
    jam.save()

    assert Client().get(path.format(jam.slug if status else "nowhere")).status_code == 404


@pytest.mark.parametrize("path", HOT)
def test_a_host_that_is_not_ours_is_refused(path, jam):
    assert Client(headers={"host": "elsewhere.example"}).get(path.format(jam.slug)).status_code == 400


def test_a_connection_that_has_died_is_replaced(jam, monkeypatch):
    """It is not asked beforehand whether it lives."""
    calls = []

    def gone(*args, **kwargs):
        calls.append(args)
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(reads, "BY_SLUG", gone)
    connection.ensure_connection()
    before = connection.connection

    assert Client().get(f"/api/v1/jams/{jam.slug}").status_code == 200
    assert calls
    assert connection.connection is not before


def test_compiled_rows_are_those_of_the_queryset(jam):
    make_song(title="Höhe", key="Cm", tags=["a", "b"], last_played=timezone.now())
    rows = Venue.objects.order_by("pk").values()
    compiled = Compiled(lambda: Venue.objects.order_by("pk").values())

    assert compiled(limit=100) == list(rows)
    assert compiled(limit=1) == list(rows[:1])
    assert reads.BY_SLUG("nowhere", limit=1) == []
    assert reads.BY_SLUG("'; DROP TABLE jams_jam; --", limit=1) == []
