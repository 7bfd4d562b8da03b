"""seed_demo."""

import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Max
from django.test import override_settings

from apps.accounts.models import AuditEvent, User
from apps.accounts.roles import Right
from apps.catalog.models import Song, Venue
from apps.jams.demo import DEMO_EMAIL, DEMO_PASSWORD, NIGHTS, STAFF_EMAIL
from apps.jams.models import Attendee, Jam, JamSong
from apps.stage.statistics import on_stage, statistics_of
from apps.voting.corrections import differences
from apps.voting.models import Vote
from tests.factories import make_jam, make_user, make_venue

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 19, 20, 20, tzinfo=UTC)  # a Thursday


def run(*words, **options):
    said = io.StringIO()
    call_command(*words, stdout=said, stderr=said, **options)
    return said.getvalue()


@pytest.mark.parametrize("there", [make_venue, make_jam, lambda: make_user(email=DEMO_EMAIL)])
def test_what_is_there_is_not_touched(there):
    there()

    assert run("seed_demo", if_empty=True) == ""
    with pytest.raises(CommandError, match="needs an empty database"):
        run("seed_demo")

    assert not Song.objects.filter(title="Superstition").exists()


def test_accounts_that_everybody_knows_are_not_made_in_production(settings):
    settings.HTTPS = True

    with pytest.raises(CommandError, match="may be production"):
        run("seed_demo", if_empty=True)

    assert not User.objects.exists()


def test_a_time_that_is_none_is_refused():
    with pytest.raises(CommandError, match="not a time"):
        call_command("seed_demo", "--now", "soon")


def test_a_time_without_a_zone_is_in_utc():
    run("seed_demo", "--now", "2026-11-19T20:20")

    assert Jam.objects.get(status="live").starts_at == datetime(2026, 11, 19, 19, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker):
    """Made once, around the transactions of the tests; its passwords as the tests have theirs, see conftest.py."""
    fast = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), transaction.atomic(), fast:
        yield run("seed_demo", now=NOW)
        transaction.set_rollback(True)


@pytest.fixture
def demo(seeded, db):
    return seeded


def test_what_was_played_has_its_time_and_its_players(demo):
    for jam in Jam.objects.filter(performances__isnull=False).distinct():
        times = jam.songs.filter(status="played").values_list("song", "started_at", "ended_at")

        assert set(jam.performances.values_list("song", "started_at", "ended_at")) == set(times)
        assert len(on_stage(jam)) == statistics_of(Jam.objects.filter(pk=jam.pk))["performers"] > 3


def test_the_demo_has_all_kinds_of_jams_in_three_venues(demo):
    live = Jam.objects.get(status="live")

    assert Song.objects.count() >= 150
    assert Venue.objects.exclude(address="").exclude(town="").exclude(accent="").count() == 3
    assert set(Jam.objects.values_list("status", flat=True)) == {"draft", "open", "live", "ended"}
    assert (live.name, live.slug) == ("Thursday Jam", "thursday-jam-the-copper-room-2026-11-19")
    assert live.join_url in demo
    assert DEMO_PASSWORD in demo


def test_tonight_is_under_way(demo):
    live = Jam.objects.get(status="live")
    songs = live.songs.values_list("status", flat=True)

    assert len(songs) >= 24
    assert [list(songs).count(status) for status in ("playing", "queued", "pending")] == [1, 3, 3]
    assert list(songs).count("played") >= 4
    assert NOW - live.songs.get(status="playing").started_at == timedelta(minutes=2)
    assert live.attendees.count() >= 60
    assert live.songs.ranked().first().votes > 2 * live.songs.ranked().last().votes


def test_everything_happened_in_an_order_that_can_be(demo):
    for jam in Jam.objects.exclude(status="draft"):
        until = jam.ended_at or NOW
        played = list(jam.songs.filter(started_at__isnull=False).order_by("started_at"))
        for earlier, later in pairwise(played):
            assert earlier.ended_at < later.started_at
        for vote in Vote.objects.filter(jam_song__jam=jam).select_related("attendee", "jam_song"):
            assert vote.attendee.created_at <= vote.created_at <= (vote.jam_song.started_at or until)
        assert jam.songs.aggregate(last=Max("counted_at"))["last"] <= until
        assert jam.created_at < AuditEvent.objects.about(jam).earliest("created_at").created_at
        assert all(song.started_at >= jam.starts_at for song in played)
        assert jam.starts_at < until <= jam.ends_at or jam.status == "open"


def test_counts_are_what_the_votes_say(demo):
    assert differences() == []
    assert Song.objects.filter(times_played__gt=0, last_played__lte=NOW).exists()


def test_the_demo_host_runs_the_jams_and_staff_may_enter_the_admin(demo, client):
    host = User.objects.get(email=DEMO_EMAIL)

    assert all(jam.lets(host, Right.RUN) for jam in Jam.objects.all())
    assert AuditEvent.objects.exclude(actor=host).count() == 0
    assert client.login(username=STAFF_EMAIL, password=DEMO_PASSWORD)
    assert client.get("/admin/").status_code == 200


def test_the_demo_is_the_same_every_time(demo):
    def rows():
        songs = JamSong.objects.order_by("jam__starts_at", "song__title")
        return list(songs.values_list("jam__name", "song__title", "status", "votes", "started_at"))

    first = rows()
    for model in (Vote, JamSong, Attendee, Jam, Venue, User, Song):
        model.objects.all().delete()
    run("seed_demo", now=NOW)

    assert rows() == first


def test_every_song_of_a_line_up_is_in_the_library(demo):
    assert JamSong.objects.filter(origin="host").count() == sum(len(n.line_up.strip().splitlines()) for n in NIGHTS)
