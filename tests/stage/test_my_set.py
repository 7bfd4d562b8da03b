"""My set: what I play tonight, in the order in which it comes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.catalog.models import LibrarySong, Song
from apps.stage.operations import sign_up
from tests.callers import Caller
from tests.factories import (
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_sign_up,
    make_slot,
    make_song,
    make_venue,
)

pytestmark = pytest.mark.django_db
GONE = "https://chords.example/gone"


@pytest.fixture
def jam():
    return make_jam()


@pytest.fixture
def ana(jam):
    attendee, token = make_attendee_with_token(jam=jam, name="Ana")
    return attendee, Caller(token=token)


def plays(attendee, title, *, state="claimed", sheet="", **fields):
    made = make_song(title=title, key="Em", tempo=84, duration=240, chord_sheet_url=sheet)
    slot = make_slot(jam_song=make_jam_song(jam=attendee.jam, song=made, **fields))
    return make_sign_up(slot=slot, attendee=attendee, state=state)


def set_of(say, jam):
    return say("GET", f"/api/v1/jams/{jam.slug}/me/set").json()["songs"]


def test_it_comes_as_it_is_played_with_the_time_to_expect(jam, ana):
    attendee, say = ana
    plays(attendee, "Open")
    plays(attendee, "Second", status="queued", position=2)
    plays(attendee, "First", status="queued", position=1)
    plays(attendee, "On", status="playing", started_at=timezone.now() - timedelta(seconds=60), state="checked_in")

    songs = set_of(say, jam)

    assert [song["title"] for song in songs] == ["On", "First", "Second", "Open"]
    times = [song["expected_at"] for song in songs]
    assert times[0] is None
    assert times[3] is None
    assert times[1] < times[2]
    assert (songs[1]["key"], songs[1]["tempo"], songs[1]["duration"], songs[1]["state"]) == ("Em", 84, 240, "claimed")


def test_what_is_over_or_of_somebody_else_is_not_in_it(jam, ana):
    attendee, say = ana
    plays(attendee, "Played", status="played", state="played")
    plays(attendee, "Removed", status="removed")
    plays(attendee, "Withdrawn", state="withdrawn")
    make_sign_up(slot=make_slot(jam_song=make_jam_song(jam=jam)))

    assert set_of(say, jam) == []


def test_who_waits_sees_their_place(jam, ana):
    attendee, say = ana
    slot = make_slot(jam_song=make_jam_song(jam=jam))
    make_sign_up(slot=slot)
    make_sign_up(slot=slot, state="waiting")
    sign_up(slot=slot, attendee=attendee)

    [song] = set_of(say, jam)

    assert (song["state"], song["place"]) == ("waiting", 2)


def test_a_venue_has_its_own_key_and_another_venues_is_not_shown(jam, ana):
    attendee, say = ana
    plays(attendee, "Zombie")
    song = attendee.sign_ups.get().slot.jam_song.song
    LibrarySong.objects.create(venue=make_venue(), song=song, key="C")
    assert set_of(say, jam)[0]["key"] == "Em"

    LibrarySong.objects.create(venue=jam.venue, song=song, key="Am")

    assert set_of(say, jam)[0]["key"] == "Am"


def test_nobody_is_sent_to_a_chord_sheet_that_is_gone(jam, ana):
    attendee, say = ana
    plays(attendee, "Zombie", sheet=GONE)
    Song.objects.update(chord_sheet_checked_url=GONE, chord_sheet_found=Song.BROKEN[0])

    assert set_of(say, jam)[0]["chord_sheet_url"] == ""


@pytest.mark.parametrize(
    ("sheet", "shown"), [("https://chords.example/zombie", True), ("http://chords.example/zombie", False), ("", False)]
)
def test_chord_sheets_are_shown_over_tls_and_to_who_plays(client, jam, ana, sheet, shown):
    attendee, say = ana
    plays(attendee, "Zombie", sheet=sheet)

    assert set_of(say, jam)[0]["chord_sheet_url"] == (sheet if shown else "")
    page = say("GET", f"/jams/{jam.slug}/stage", Accept="text/html").content.decode()
    assert "chords.example" not in page  # a page knows no tokens: this one is a visitor's
    client.cookies[f"jam-{jam.pk}"] = say.headers["Authorization"].removeprefix("Bearer ")
    page = client.get(f"/jams/{jam.slug}/stage").content.decode()
    assert (f'href="{sheet}" target="_blank" rel="noopener noreferrer"' in page) == shown
