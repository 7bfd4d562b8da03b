"""Slots are made of a song's parts when it comes into a jam, and are the host's to change from then on."""

import importlib

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.core.errors import Invalid
from apps.jams.errors import NotAHost
from apps.jams.lineup import add_songs, remove_song
from apps.jams.operations import duplicate_jam
from apps.stage.errors import SignUpsFrozen, SlotGone, TooManySlots
from apps.stage.models import SignUp, Slot
from apps.stage.operations import sign_up
from apps.stage.slots import add_slot, remove_slot
from apps.voting.operations import suggest_song
from tests.factories import make_attendee, make_jam, make_jam_song, make_slot, make_song, make_user

pytestmark = pytest.mark.django_db
PARTS = [
    {"instrument": "vocals", "count": 1, "required": True},
    {"instrument": "guitar", "count": 2, "required": True},
    {"instrument": "trumpet", "count": 1, "required": False},
]
MADE = [("vocals", 1, True), ("guitar", 1, True), ("guitar", 2, True), ("trumpet", 1, False)]


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    return make_jam(host=host)


def slots_of(jam):
    return list(Slot.objects.shown(jam).values_list("instrument", "number", "required"))


def test_a_song_that_a_host_adds_brings_its_slots(jam, host):
    add_songs(jam=jam, host=host, songs=[make_song(parts=PARTS), make_song()])

    assert slots_of(jam) == MADE


def test_a_song_that_somebody_suggests_brings_its_slots(jam):
    suggest_song(jam=jam, attendee=make_attendee(jam=jam), song=make_song(parts=PARTS))

    assert slots_of(jam) == MADE


def test_the_same_night_again_has_the_slots_of_its_songs_and_nobody_in_them(jam, host):
    add_songs(jam=jam, host=host, songs=[make_song(parts=PARTS)])
    sign_up(slot=Slot.objects.first(), attendee=make_attendee(jam=jam))

    new = duplicate_jam(jam=jam, host=host, starts_at=timezone.now())

    assert slots_of(new) == MADE
    assert not SignUp.objects.filter(slot__jam_song__jam=new).exists()


def test_a_song_that_comes_back_keeps_its_slots_as_the_host_has_left_them(jam, host):
    song = make_song(parts=PARTS)
    [jam_song], _ = add_songs(jam=jam, host=host, songs=[song])
    remove_slot(slot=jam_song.slots.get(instrument="trumpet"), host=host)
    remove_song(jam_song=jam_song, host=host)

    add_songs(jam=jam, host=host, songs=[song])

    assert slots_of(jam) == MADE[:3]


def test_adding_many_songs_costs_the_same_as_one(jam, host):
    costs = []
    for count in (1, 20):
        songs = [make_song(parts=PARTS) for _ in range(count)]
        with CaptureQueriesContext(connection) as ran:
            add_songs(jam=jam, host=host, songs=songs)
        costs.append(len(ran))

    assert costs[0] == costs[1]


def test_songs_that_were_in_jams_before_there_were_slots_get_theirs():
    migration = importlib.import_module("apps.stage.migrations.0002_songs_of_before")
    coming, played = make_jam_song(song=make_song(parts=PARTS)), make_jam_song(song=make_song(parts=PARTS))
    past = make_jam_song(jam=make_jam(status="ended"), song=make_song(parts=PARTS))
    type(played).objects.filter(pk=played.pk).update(status="played")

    migration.make_slots(apps, None)

    assert slots_of(coming.jam) == MADE
    assert slots_of(played.jam) == slots_of(past.jam) == []


def test_a_host_adds_an_instrument_and_one_more_of_it(jam, host):
    jam_song = make_jam_song(jam=jam)

    first = add_slot(jam_song=jam_song, instrument=" Cello ", host=host, required=False)
    second = add_slot(jam_song=jam_song, instrument="cello", host=host)

    assert slots_of(jam) == [("cello", 1, False), ("cello", 2, True)]
    assert [event.verb for event in AuditEvent.objects.about(jam)] == ["add_slot", "add_slot"]
    remove_slot(slot=first, host=host)
    assert add_slot(jam_song=jam_song, instrument="cello", host=host).number == 1
    assert second.number == 2


@pytest.mark.parametrize("name", ["", " ", "a;b", "a:2", "x" * 31])
def test_an_instrument_without_a_usable_name(jam, host, name):
    with pytest.raises(Invalid) as error:
        add_slot(jam_song=make_jam_song(jam=jam), instrument=name, host=host)

    assert set(error.value.fields) == {"instrument"}


def test_a_song_has_no_more_slots_than_parts_can_say(jam, host):
    jam_song = make_jam_song(jam=jam)
    for number in range(1, 10):
        make_slot(jam_song=jam_song, instrument="choir", number=number)
    for number in range(11):
        make_slot(jam_song=jam_song, instrument=f"drum {number}")

    for name in ("choir", "one more"):
        with pytest.raises(TooManySlots):
            add_slot(jam_song=jam_song, instrument=name, host=host)
    assert add_slot(jam_song=jam_song, instrument="drum 0", host=host).number == 2


def test_a_slot_goes_with_its_sign_ups_and_the_log_knows_whose(jam, host):
    slot, ana = make_slot(jam_song=make_jam_song(jam=jam)), make_attendee(jam=jam)
    sign_up(slot=slot, attendee=ana)

    remove_slot(slot=slot, host=host)

    assert not Slot.objects.exists()
    assert not SignUp.objects.exists()
    event = AuditEvent.objects.about(jam).get()
    assert (event.verb, event.before["slot"]["attendees"]) == ("remove_slot", [ana.pk])
    with pytest.raises(SlotGone):
        remove_slot(slot=slot, host=host)


def test_slots_of_what_was_played_stay(jam, host):
    jam_song = make_jam_song(jam=jam, status="played")
    slot = make_slot(jam_song=jam_song)

    with pytest.raises(SignUpsFrozen):
        remove_slot(slot=slot, host=host)
    with pytest.raises(SignUpsFrozen):
        add_slot(jam_song=jam_song, instrument="cello", host=host)


def test_only_hosts_change_slots(jam):
    slot = make_slot(jam_song=make_jam_song(jam=jam))

    with pytest.raises(NotAHost):
        add_slot(jam_song=slot.jam_song, instrument="cello", host=make_user())
    with pytest.raises(NotAHost):
        remove_slot(slot=slot, host=make_user())
    assert Slot.objects.get() == slot
