"""What tonight's room can play."""

import pytest

from apps.jams.attendees import set_instruments
from apps.stage.playable import missing, playable_tonight
from tests.callers import Caller
from tests.factories import make_attendee, make_jam, make_jam_song, make_sign_up, make_slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def jam():
    return make_jam()


def song(jam, title, *instruments, **fields):
    jam_song = make_jam_song(jam=jam, title=title, **fields)
    for instrument in instruments:
        make_slot(jam_song=jam_song, instrument=instrument)
    return jam_song


def person(jam, *plays, **fields):
    return set_instruments(attendee=make_attendee(jam=jam, **fields), instruments=plays)


def found(jam):
    room = playable_tonight(jam)
    return [row["title"] for row in room.songs], [(row["title"], row["missing"]) for row in room.nearly]


@pytest.mark.parametrize(
    ("slots", "people", "lacking"),
    [
        (["vocals", "guitar"], [{"vocals"}, {"guitar"}], []),
        (["vocals", "guitar"], [{"vocals", "guitar"}], ["guitar"]),  # nobody plays two things
        (["guitar", "bass"], [{"guitar", "bass"}, {"guitar"}], []),  # the first makes room for the second
        (["guitar", "bass", "drums"], [{"guitar", "bass"}, {"bass", "drums"}, {"guitar"}], []),  # two make room
        (["guitar", "guitar"], [{"guitar"}], ["guitar"]),
        (["drums"], [], ["drums"]),
        ([], [{"drums"}], []),
    ],
)
def test_as_many_slots_as_can_be_go_to_people_who_play_them(slots, people, lacking):
    assert missing(slots, people) == lacking


def test_songs_are_covered_or_lack_one_person_or_are_left_out(jam):
    song(jam, "Zombie", "vocals", "guitar")
    song(jam, "Africa", "vocals", "keys")
    song(jam, "Creep", "drums", "keys")
    song(jam, "Nobody knows what it needs")
    song(jam, "Queued", "vocals", status="queued")
    person(jam, "vocals")
    person(jam, "Guitar")

    assert found(jam) == (["Zombie"], [("Africa", "keys")])


def test_who_is_away_or_gone_or_elsewhere_plays_nothing_here(jam):
    song(jam, "Zombie", "vocals")
    for state in ("away", "left", "removed"):
        make_attendee(jam=jam, state=state, instruments=["vocals"])
    person(make_jam(), "vocals")

    assert found(jam) == ([], [("Zombie", "vocals")])


def test_a_slot_that_is_held_needs_nobody_and_its_holder_plays_nothing_else_in_the_song(jam):
    jam_song = song(jam, "Zombie", "vocals", "guitar")
    ana = person(jam, "vocals", "guitar")
    make_sign_up(slot=jam_song.slots.get(instrument="vocals"), attendee=ana)
    assert found(jam) == ([], [("Zombie", "guitar")])

    person(jam, "guitar")

    assert found(jam) == (["Zombie"], [])


def test_what_is_required_counts_and_nothing_else(jam):
    jam_song = song(jam, "Zombie", "vocals")
    make_slot(jam_song=jam_song, instrument="kazoo", required=False)
    person(jam, "vocals")

    assert found(jam) == (["Zombie"], [])


def test_the_room_sees_counts_and_titles_and_no_names(jam):
    jam_song = song(jam, "Zombie", "vocals")
    song(jam, "Africa", "vocals", "keys")
    person(jam, "vocals", name="Ana")

    answer = Caller()("GET", f"/api/v1/jams/{jam.slug}/playable")

    assert answer.json()["people"] == 1
    assert answer.json()["songs"] == [{"id": jam_song.pk, "title": "Zombie", "artist": "The Testers"}]
    assert [(row["title"], row["missing"]) for row in answer.json()["nearly"]] == [("Africa", "keys")]
    assert "Ana" not in answer.content.decode()
