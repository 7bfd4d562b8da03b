"""Slots and sign-ups in the admin."""

import pytest

from apps.accounts.models import AuditEvent
from apps.stage.models import SignUp, Slot
from apps.stage.operations import sign_up
from tests.admin_pages import act, page_of, said, save
from tests.factories import make_attendee, make_jam, make_jam_song, make_sign_up, make_slot, make_staff, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(make_staff())
    return client


@pytest.mark.parametrize("model", [Slot, SignUp])
def test_hosts_stay_outside(client, model):
    client.force_login(make_user())

    assert client.get(page_of(model)).status_code == 302


def test_the_lists_say_who_plays_and_who_waits(staff):
    slot = make_slot(jam_song=make_jam_song(title="Superstition"), instrument="clavinet")
    sign_up(slot=slot, attendee=make_attendee(jam=slot.jam_song.jam, name="Ana"))
    sign_up(slot=slot, attendee=make_attendee(jam=slot.jam_song.jam, name="Ben"))

    slots, sign_ups = (staff.get(page_of(model), {"q": "clavinet"}).content.decode() for model in (Slot, SignUp))

    assert "Ana" in slots
    assert "Superstition" in slots
    assert "Ana" in sign_ups
    assert "Ben" in sign_ups


def test_a_slot_is_added_as_a_host_adds_it(staff):
    jam_song = make_jam_song()

    assert save(staff, page_of(Slot, "add"), jam_song=jam_song.pk, instrument=" Cello ", required="on") == {}
    assert save(staff, page_of(Slot, "add"), jam_song=jam_song.pk, instrument="cello") == {}

    assert list(Slot.objects.values_list("instrument", "number", "required").order_by("pk")) == [
        ("cello", 1, True),
        ("cello", 2, False),
    ]
    assert AuditEvent.objects.filter(verb="add_slot").count() == 2


def test_what_cannot_be_added_is_refused_in_words(staff):
    jam_song = make_jam_song(status="played")

    response = staff.post(page_of(Slot, "add"), {"jam_song": jam_song.pk, "instrument": "cello"})

    assert "has been played" in said(response)[0]
    assert not Slot.objects.exists()


def test_a_slot_is_removed_with_its_sign_ups(staff):
    sign_up = make_sign_up()

    assert act(staff, Slot, "remove_slot", sign_up.slot) == ["Done: 1."]

    assert not SignUp.objects.exists()


def test_somebody_is_here_and_somebody_goes(staff):
    slot = make_slot(jam_song=make_jam_song(jam=make_jam()))
    ana, ben = (make_sign_up(slot=slot, state=state) for state in ("claimed", "waiting"))

    assert act(staff, SignUp, "check_in_for", ana) == ["Done: 1."]
    ana.refresh_from_db()
    assert ana.state == "checked_in"
    assert "You are in line" in act(staff, SignUp, "check_in_for", ben)[-1]

    act(staff, SignUp, "take_off", ana)
    ben.refresh_from_db()
    assert (ben.state, AuditEvent.objects.filter(verb="take_off").count()) == ("claimed", 1)
