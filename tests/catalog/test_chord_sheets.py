"""Chord sheets are looked at in the background; performers are sent to none that is gone."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.catalog.chord_sheets import check_chord_sheets, due
from apps.catalog.operations import change_song
from apps.core.outbound import Refused, Unreachable
from tests.factories import make_song, make_staff

pytestmark = pytest.mark.django_db
URL = "https://chords.example/1"


def answers(status):
    def ask(url):
        if isinstance(status, type):
            raise status(url)
        return status

    return ask


def look(status):
    return list(check_chord_sheets(ask=answers(status)))


@pytest.mark.parametrize(
    ("status", "state", "sent_to"),
    [
        (200, "ok", URL), (403, "ok", URL), (503, "ok", URL), (404, "gone", ""), (410, "gone", ""),
        (Unreachable, "gone", ""), (Refused, "refused", ""),
    ],
)  # fmt: skip
def test_what_was_found_is_kept(status, state, sent_to):
    song = make_song(chord_sheet_url=URL)
    assert (song.chord_sheet_state, song.chord_sheet) == ("unchecked", URL)

    look(status)

    song.refresh_from_db()
    assert (song.chord_sheet_state, song.chord_sheet) == (state, sent_to)
    assert song.chord_sheet_answer == (status if isinstance(status, int) else None)


def test_another_address_is_not_looked_at_yet_whoever_writes_it():
    song = make_song(chord_sheet_url=URL)
    look(404)
    song.refresh_from_db()

    change_song(song=song, by=make_staff(), chord_sheet_url="https://chords.example/2")

    assert song.chord_sheet_state == "unchecked"
    assert list(due()) == [song]


def test_songs_without_one_are_left_alone():
    make_song()

    assert look(200) == []


def test_each_is_looked_at_again_in_its_time_and_what_is_broken_sooner(settings):
    settings.CHORD_SHEET_DAYS, settings.BROKEN_CHORD_SHEET_HOURS = 30, 24
    song = make_song(chord_sheet_url=URL)

    def is_due(found, ago):
        fields = {"chord_sheet_checked_url": URL, "chord_sheet_found": found}
        type(song).objects.update(**fields, chord_sheet_checked_at=timezone.now() - ago)
        return due().exists()

    assert [is_due("ok", timedelta(days=days)) for days in (2, 31)] == [False, True]
    assert [is_due("gone", timedelta(hours=hours)) for hours in (23, 25)] == [False, True]


def test_a_run_ends_and_the_next_one_goes_on(settings):
    settings.CHORD_SHEETS_A_RUN = 2
    songs = [make_song(chord_sheet_url=f"{URL}{n}") for n in range(3)]

    assert [look.song for look in look(200)] == songs[:2]
    assert [look.song for look in look(200)] == songs[2:]


def test_the_command_names_what_is_broken(capsys):
    """By the real way: names that everybody knows to lead nowhere are not asked for twice."""
    make_song(title="Valerie", chord_sheet_url="http://127.0.0.1/chords")

    call_command("check_chord_sheets")

    said = capsys.readouterr().out
    assert "refused - " in said
    assert "Valerie" in said
    assert "1 chord sheets looked at, 1 of them broken." in said


def test_the_pages_and_the_api_say_so(client):
    song = make_song(chord_sheet_url=URL)
    look(404)

    page = client.get(f"/songs/{song.pk}").content.decode()
    one = client.get(f"/api/v1/songs/{song.pk}").json()
    many = client.get("/api/v1/songs").json()["results"]

    assert URL not in page
    assert "not found" in page
    assert one["chord_sheet_state"] == many[0]["chord_sheet_state"] == "gone"
    assert one == many[0]
