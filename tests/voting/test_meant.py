"""A song that somebody suggests is known under a slightly other name: product rule 5."""

import pytest

from apps.catalog.library import ban_song
from apps.catalog.models import Song
from apps.jams.models import JamSong
from apps.voting.meant import NearSong
from apps.voting.models import Vote
from apps.voting.operations import suggest_song
from tests.callers import Caller
from tests.factories import (
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_song,
    make_user,
    make_venue,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def jam():
    return make_jam()


def suggest(jam, **body):
    _attendee, token = make_attendee_with_token(jam=jam)
    return Caller(token=token)("POST", f"/api/v1/jams/{jam.slug}/songs", body)


def smooth(**fields):
    return make_song(title="Smooth", artist="Santana Featuring Rob Thomas", **fields)


def test_another_spelling_is_the_song_of_the_library(jam):
    song = smooth()

    made = suggest(jam, title="Smooth (Remastered)", artist="Santana & Rob Thomas")

    assert (made.status_code, made.json()["song"]) == (201, song.pk)
    assert Song.objects.count() == 1
    assert Vote.objects.get().jam_song.song == song


@pytest.mark.parametrize("listed", [True, False])
def test_of_a_song_in_the_jam_it_leads_to_that(jam, listed):
    there = make_jam_song(jam=jam, song=smooth(listed=listed))

    refused = suggest(jam, title="Smooth!", artist="Rob Thomas and Santana")

    assert refused.status_code == 409
    assert (refused.json()["code"], refused.json()["jam_song"]) == ("already_in_jam", there.pk)


def test_a_song_of_the_library_that_is_in_the_jam_under_another_name_leads_there_too(jam):
    there = make_jam_song(jam=jam, song=smooth())
    other = make_song(title="Smooth", artist="Santana & Rob Thomas")

    assert suggest(jam, song=other.pk).json()["jam_song"] == there.pk
    assert suggest(jam, song=other.pk, insist=True).status_code == 201


def test_what_was_played_tonight_says_so_under_any_name(jam):
    make_jam_song(jam=jam, song=smooth(), status="played", ended_at=jam.starts_at)

    assert "was played at" in suggest(jam, title="Smooth", artist="Santana + Rob Thomas").json()["detail"]


def test_what_may_be_meant_is_asked(jam):
    song = make_song(title="Bohemian Rhapsody", artist="Queen")
    other = make_song(title="Bohemian Rhapsody (Live)", artist="Queen")
    there = make_jam_song(jam=jam, song=other)

    refused = suggest(jam, title="Bohemian Rapsody", artist="Queen")

    assert (refused.status_code, refused.json()["code"]) == (409, "near_song")
    assert refused.json()["near"] == [
        {"song": song.pk, "title": "Bohemian Rhapsody", "artist": "Queen", "jam_song": None},
        {"song": other.pk, "title": "Bohemian Rhapsody (Live)", "artist": "Queen", "jam_song": there.pk},
    ]
    assert Song.objects.count() == 2
    assert not Vote.objects.exists()


def test_they_take_it_or_insist_on_theirs(jam):
    song = make_song(title="Bohemian Rhapsody", artist="Queen")

    assert suggest(jam, song=song.pk).status_code == 201
    made = suggest(jam, title="Bohemian Rapsody", artist="Queen", insist=True).json()

    assert made["title"] == "Bohemian Rapsody"
    assert not Song.objects.get(pk=made["song"]).listed


def test_what_is_spelled_the_same_is_asked_about_never(jam):
    make_song(title="Creep", artist="Radiohead")
    live = make_song(title="Creep (Live)", artist="Radiohead")

    assert suggest(jam, title="creep live", artist="radiohead").json()["song"] == live.pk


def test_a_cover_is_another_song(jam):
    make_song(title="Hallelujah", artist="Leonard Cohen")

    assert suggest(jam, title="Hallelujah", artist="Jeff Buckley").status_code == 201


def test_what_waits_for_a_host_and_what_other_rooms_wrote_in_is_not_told(jam):
    waiting = make_song(title="My Own Song", artist="Ana", listed=False)
    make_jam_song(jam=jam, song=waiting, status="pending")
    elsewhere = make_song(title="My Own Songs", artist="Ana", listed=False)
    make_jam_song(song=elsewhere)

    assert suggest(jam, title="My Own Song (Live)", artist="Ana").status_code == 201


def test_a_song_that_the_venue_has_banned_is_so_under_any_name(jam):
    ban_song(venue=jam.venue, song=smooth(), by=make_user(role="staff"), why="Every night.")

    assert suggest(jam, title="Smooth", artist="Santana & Rob Thomas").json()["code"] == "song_banned"


def test_who_may_not_suggest_is_told_that_first(jam):
    make_song(title="Bohemian Rhapsody", artist="Queen")
    jam.suggestions_paused = True
    jam.save()

    assert suggest(jam, title="Bohemian Rapsody", artist="Queen").json()["code"] == "suggestions_paused"


def test_hosts_are_led_to_known_songs_as_well():
    host = make_user()
    jam, song = make_jam(host=host, venue=make_venue(manager=host)), smooth()
    add = lambda **body: Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/songs", body)  # noqa: E731

    assert add(title="Smooth", artist="Santana & Rob Thomas").json()["song"] == song.pk
    assert add(title="Smooth (Live)", artist="Santana & Rob Thomas").json()["code"] == "near_song"
    assert add(title="Smooth (Live)", artist="Santana", insist=True).status_code == 201


def test_looking_costs_the_same_however_many_songs_there_are(jam, django_assert_max_num_queries):
    for number in range(30):
        make_jam_song(jam=jam, title=f"Other {number}")
    attendees = [make_attendee(jam=jam) for _ in range(2)]
    make_song(title="Bohemian Rhapsody", artist="Queen")

    # Of the question are four: is it known, what is near, is that in the jam, and its names.
    with pytest.raises(NearSong), django_assert_max_num_queries(11):
        suggest_song(jam=jam, attendee=attendees[0], title="Bohemian Rapsody", artist="Queen")

    assert not JamSong.objects.filter(song__title__startswith="Bohemian").exists()
