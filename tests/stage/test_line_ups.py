"""How far line-ups are: in a read for all, in frames, as studs beside the song."""

import pytest

from apps.stage.operations import sign_up, withdraw
from apps.stage.slots import remove_slot
from tests.callers import Caller
from tests.factories import make_attendee, make_jam, make_jam_song, make_sign_up, make_slot, make_user
from tests.stage.test_live import told  # noqa: F401 — a fixture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    return make_jam(host=host)


@pytest.fixture
def jam_song(jam):
    jam_song = make_jam_song(jam=jam, title="Zombie")
    for instrument in ("vocals", "guitar"):
        make_slot(jam_song=jam_song, instrument=instrument)
    make_slot(jam_song=jam_song, instrument="kazoo", required=False)
    return jam_song


def read(jam):
    return Caller()("GET", f"/api/v1/jams/{jam.slug}/line-ups").json()["songs"]


def line_ups_in(frames):
    rows = [row for frame in frames for row in frame.get("", {}).get("line_ups", [])]
    return [{name: row[name] for name in ("id", "filled", "slots", "missing")} for row in rows]


def test_filled_slots_and_what_is_missing(jam, jam_song):
    make_sign_up(slot=jam_song.slots.get(instrument="vocals"))
    make_sign_up(slot=jam_song.slots.get(instrument="vocals"), state="waiting")

    assert read(jam) == [{"id": jam_song.pk, "filled": 1, "slots": 3, "missing": 1}]


def test_songs_that_the_room_does_not_see_and_those_without_slots_are_left_out(jam):
    for status in ("pending", "removed"):
        make_slot(jam_song=make_jam_song(jam=jam, status=status))
    make_jam_song(jam=jam)
    make_slot()

    assert read(jam) == []


def test_a_claim_and_its_end_are_told_with_how_far_the_line_up_is(jam, jam_song, told):  # noqa: F811
    told.clear()

    mine = sign_up(slot=jam_song.slots.get(instrument="vocals"), attendee=make_attendee(jam=jam))
    withdraw(sign_up=mine)

    assert [(row["filled"], row["missing"]) for row in line_ups_in(told)] == [(1, 1), (0, 2)]


def test_a_song_whose_last_slot_is_gone_has_none(jam, host, told):  # noqa: F811
    slot = make_slot(jam_song=make_jam_song(jam=jam))
    told.clear()

    remove_slot(slot=slot, host=host)

    assert line_ups_in(told) == [{"id": slot.jam_song_id, "filled": 0, "slots": 0, "missing": 0}]


def test_the_jams_page_has_a_stud_for_each_slot_and_a_way_to_the_stage(client, jam, jam_song):
    make_sign_up(slot=jam_song.slots.get(instrument="vocals"))

    row = client.get(jam.get_absolute_url()).content.decode().split(f'id="song-{jam_song.pk}"')[1].split("</li>")[0]

    assert 'aria-label="Line-up 1 of 3"' in row
    assert row.count("<i") - row.count("<i ") == 2  # empty ones
    assert f'href="/jams/{jam.slug}/stage#song-{jam_song.pk}"' in row


def test_where_nobody_signs_up_there_are_no_studs(client, jam, jam_song):
    type(jam).objects.filter(pk=jam.pk).update(sign_ups=False)

    assert "data-studs" not in client.get(jam.get_absolute_url()).content.decode()
