"""Who watches the room hears of its stage after the commit, and whoever is promoted hears it themselves."""

import pytest

from apps.jams.attendees import rename_attendee
from apps.jams.lineup import finish_song, play_song, remove_song
from apps.live.changes import Changes
from apps.stage.models import SignUp, Slot
from apps.stage.operations import check_in, move_sign_up, sign_up, sign_up_for, take_off, withdraw
from apps.stage.slots import add_slot, remove_slot
from apps.voting.operations import leave_jam
from tests.callers import Caller
from tests.factories import make_attendee, make_jam, make_jam_song, make_slot, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(monkeypatch):
    """What was told of any stream, frame by frame and address by address, as a socket would get it."""
    frames = []

    def announce(stream, *changes):
        merged = Changes()
        merged.add(change._asdict() for change in changes)
        frames.append(merged.frames() or {"": {"refetch": True}})

    for module in ("jams.board", "jams.actions", "voting.operations", "stage.board"):
        monkeypatch.setattr(f"apps.{module}.announce", announce)
    return frames


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    return make_jam(host=host)


@pytest.fixture
def slot(jam):
    return make_slot(jam_song=make_jam_song(jam=jam))


def slots_in(frames):
    return [slot for frame in frames for slot in frame.get("", {}).get("slots", [])]


def people_in(frames):
    return {address for frame in frames for address, said in frame.items() if said.get("me")}


def test_a_claim_is_told_with_who_has_the_slot_and_how_many_wait(jam, slot, told):
    ana, ben = make_attendee(jam=jam, name="Ana"), make_attendee(jam=jam)
    told.clear()

    sign_up(slot=slot, attendee=ana)
    sign_up(slot=slot, attendee=ben)

    facts = {
        "id": slot.pk, "jam_song": slot.jam_song_id, "instrument": "guitar", "number": 1, "required": True,
        "holder": "Ana", "state": "claimed",
    }  # fmt: skip
    assert slots_in(told) == [facts | {"waiting": 0, "revision": 1}, facts | {"waiting": 1, "revision": 2}]


def test_what_changes_nothing_is_not_told(jam, slot, told):
    ana = make_attendee(jam=jam)
    sign_up(slot=slot, attendee=ana)
    told.clear()

    sign_up(slot=slot, attendee=ana)

    assert told == []


def test_whoever_is_promoted_hears_it(jam, slot, told):
    ana, ben = make_attendee(jam=jam), make_attendee(jam=jam, name="Ben")
    first = sign_up(slot=slot, attendee=ana)
    sign_up(slot=slot, attendee=ben)
    told.clear()

    withdraw(sign_up=first)

    assert [(one["holder"], one["waiting"]) for one in slots_in(told)] == [("Ben", 0)]
    assert people_in(told) == {ben.address}


def test_who_leaves_the_jam_leaves_the_stage_before_all_eyes(jam, slot, told):
    ana, ben = make_attendee(jam=jam), make_attendee(jam=jam, name="Ben")
    sign_up(slot=slot, attendee=ana)
    sign_up(slot=slot, attendee=ben)
    told.clear()

    leave_jam(attendee=ana)

    assert [one["holder"] for one in slots_in(told)] == ["Ben"]
    assert people_in(told) == {ben.address}


def test_what_a_host_does_is_told_to_the_room_and_to_whom_it_is_done(jam, slot, host, told):
    ana, ben = make_attendee(jam=jam, name="Ana"), make_attendee(jam=jam, name="Ben")
    bass = make_slot(jam_song=slot.jam_song, instrument="bass")
    deeds = [
        (lambda: sign_up_for(slot=slot, attendee=ana, host=host), ["Ana"], {ana}),
        (lambda: sign_up_for(slot=bass, attendee=ben, host=host), ["Ben"], {ben}),
        (lambda: move_sign_up(sign_up=sign_up_of(ana), slot=bass, host=host), ["Ben", "Ana"], {ana, ben}),
        (lambda: take_off(sign_up=sign_up_of(ben), host=host), [None], {ben}),
    ]
    for deed, holders, people in deeds:
        told.clear()

        deed()

        assert [one["holder"] for one in sorted(slots_in(told), key=lambda one: one["id"])] == holders
        assert people_in(told) == {one.address for one in people}


def sign_up_of(attendee):
    return SignUp.objects.get(attendee=attendee)


def test_being_here_playing_and_a_new_name_are_told(jam, slot, host, told):
    ana = make_attendee(jam=jam, name="Ana")
    there = sign_up(slot=slot, attendee=ana)
    told.clear()

    check_in(sign_up=there)
    rename_attendee(attendee=ana, display_name="Anna")
    play_song(jam_song=slot.jam_song, host=host)
    finish_song(jam_song=slot.jam_song, host=host)

    said = [(one["holder"], one["state"]) for one in slots_in(told)]
    assert said == [("Ana", "checked_in"), ("Anna", "checked_in"), ("Anna", "played")]
    assert [one["revision"] for one in slots_in(told)] == [2, 3, 4]


def test_a_name_that_is_erased_goes_from_what_they_played_too(jam, slot, host, told):
    ana = make_attendee(jam=jam, name="Ana")
    sign_up(slot=slot, attendee=ana)
    play_song(jam_song=slot.jam_song, host=host)
    finish_song(jam_song=slot.jam_song, host=host)
    told.clear()

    leave_jam(attendee=ana)

    assert [(one["holder"], one["state"]) for one in slots_in(told)] == [("", "played")]


def test_slots_come_and_go(jam, host, told):
    jam_song = make_jam_song(jam=jam)
    told.clear()

    slot = add_slot(jam_song=jam_song, instrument="cello", host=host)
    remove_slot(slot=slot, host=host)

    came, went = slots_in(told)
    assert (came["instrument"], came["holder"], came["revision"]) == ("cello", None, 1)
    assert went == {"id": slot.pk, "removed": True, "revision": 2}


def test_nothing_is_told_of_songs_that_the_room_does_not_see(jam, host, told):
    jam_song = make_jam_song(jam=jam, status="pending")
    told.clear()

    add_slot(jam_song=jam_song, instrument="cello", host=host)

    assert Slot.objects.get().instrument == "cello"
    assert slots_in(told) == []


def test_who_signed_up_hears_when_their_song_is_taken_off(jam, slot, host, told):
    ana = make_attendee(jam=jam)
    sign_up(slot=slot, attendee=ana)
    told.clear()

    remove_song(jam_song=slot.jam_song, host=host)

    assert people_in(told) == {ana.address}


def test_the_shared_list_follows_at_once(jam, slot):
    ana, read = make_attendee(jam=jam, name="Ana"), f"/api/v1/jams/{jam.slug}/slots"
    assert Caller()("GET", read).json()["results"][0]["holder"] is None

    there = sign_up(slot=slot, attendee=ana)
    claimed = Caller()("GET", read).json()["results"][0]["holder"]
    withdraw(sign_up=there)

    assert claimed == "Ana"
    assert Caller()("GET", read).json()["results"][0]["holder"] is None
