"""Who was taken off by mistake comes back to their places."""

import pytest

from apps.stage.models import SignUp
from apps.stage.operations import check_in, sign_up, withdraw
from apps.stage.slots import remove_slot
from apps.voting.operations import leave_jam, remove_attendee, void_attendees
from apps.voting.undo import undo
from tests.factories import make_attendee, make_jam, make_jam_song, make_slot, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    return make_jam(host=host)


@pytest.fixture
def slot(jam):
    return make_slot(jam_song=make_jam_song(jam=jam))


@pytest.fixture
def people(jam):
    return [make_attendee(jam=jam, name=name) for name in ("Ana", "Bo", "Cy")]


def stands(slot):
    """Who has it, then who waits."""
    live = SignUp.objects.live().filter(slot=slot).select_related("attendee")
    rows = sorted(live, key=lambda one: (not one.holds, one.pk))
    return [(one.attendee.display_name, one.state) for one in rows]


def revision(slot):
    slot.refresh_from_db()
    return slot.revision


def test_a_free_place_is_theirs_as_it_was_and_the_room_hears_of_it(jam, host, slot, people):
    check_in(sign_up=sign_up(slot=slot, attendee=people[0]))
    remove_attendee(attendee=people[0], host=host)
    assert stands(slot) == []
    before = revision(slot)

    undone = undo(jam=jam, host=host)

    assert stands(slot) == [("Ana", "checked_in")]
    assert (undone.sign_ups, undone.sign_ups_lost) == (1, 0)
    assert revision(slot) > before


def test_who_waited_waits_where_they_stood(jam, host, slot, people):
    for one in people:
        sign_up(slot=slot, attendee=one)
    remove_attendee(attendee=people[1], host=host)

    undone = undo(jam=jam, host=host)

    assert stands(slot) == [("Ana", "claimed"), ("Bo", "waiting"), ("Cy", "waiting")]
    assert (undone.sign_ups, undone.sign_ups_lost) == (1, 0)


def test_a_slot_that_somebody_has_by_now_is_waited_for_by_the_order_of_the_sign_ups(jam, host, slot, people):
    for one in people:
        sign_up(slot=slot, attendee=one)
    remove_attendee(attendee=people[0], host=host)

    undone = undo(jam=jam, host=host)

    assert stands(slot) == [("Bo", "claimed"), ("Ana", "waiting"), ("Cy", "waiting")]
    assert (undone.sign_ups, undone.sign_ups_lost) == (0, 1)


def test_a_whole_line_that_was_voided_is_back_in_its_order(jam, host, slot, people):
    for one in people:
        sign_up(slot=slot, attendee=one)
    void_attendees(jam=jam, host=host, attendees=[one.pk for one in people])
    assert stands(slot) == []

    undone = undo(jam=jam, host=host)

    assert stands(slot) == [("Ana", "claimed"), ("Bo", "waiting"), ("Cy", "waiting")]
    assert (undone.sign_ups, undone.sign_ups_lost) == (3, 0)


def test_who_waited_for_a_slot_that_is_free_now_has_it(jam, host, slot, people):
    holder = sign_up(slot=slot, attendee=people[0])
    sign_up(slot=slot, attendee=people[1])
    remove_attendee(attendee=people[1], host=host)
    withdraw(sign_up=holder)

    undo(jam=jam, host=host)

    assert stands(slot) == [("Bo", "claimed")]


def test_what_is_over_or_gone_is_lost_and_said(jam, host, slot, people):
    gone, kept = (make_slot(jam_song=make_jam_song(jam=jam)) for _ in range(2))
    for one in (slot, gone, kept):
        sign_up(slot=one, attendee=people[0])
    remove_attendee(attendee=people[0], host=host)
    remove_slot(slot=gone, host=host)
    jam.songs.filter(pk=slot.jam_song_id).update(status="played")  # by another host

    undone = undo(jam=jam, host=host)

    assert (stands(slot), stands(kept)) == ([], [("Ana", "claimed")])
    assert (undone.sign_ups, undone.sign_ups_lost) == (1, 2)


def test_a_sign_up_that_was_withdrawn_before_stays_so(jam, host, slot, people):
    withdraw(sign_up=sign_up(slot=slot, attendee=people[0]))
    remove_attendee(attendee=people[0], host=host)

    undone = undo(jam=jam, host=host)

    assert stands(slot) == []
    assert (undone.sign_ups, undone.sign_ups_lost) == (0, 0)


def test_who_has_left_for_good_gets_no_place_back(jam, host, slot, people):
    for one in people[:2]:
        sign_up(slot=slot, attendee=one)
    void_attendees(jam=jam, host=host, attendees=[one.pk for one in people])
    leave_jam(attendee=people[0])

    undone = undo(jam=jam, host=host)

    assert stands(slot) == [("Bo", "claimed")]
    assert (undone.attendees, undone.sign_ups, undone.sign_ups_lost) == (2, 1, 0)
