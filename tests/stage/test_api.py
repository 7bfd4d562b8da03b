"""The stage over HTTP: what everybody sees, what is mine, and what hosts do for others."""

import pytest

from apps.stage.models import SignUp, Slot
from tests.callers import Caller
from tests.factories import (
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_sign_up,
    make_slot,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    return make_jam(host=host)


@pytest.fixture
def slot(jam):
    return make_slot(jam_song=make_jam_song(jam=jam, title="Superstition"), instrument="clavinet")


def someone(jam, name):
    attendee, token = make_attendee_with_token(jam=jam, name=name)
    return attendee, Caller(token=token)


def base(jam):
    return f"/api/v1/jams/{jam.slug}"


def slots(jam, query=""):
    return Caller()("GET", f"{base(jam)}/slots{query}").json()["results"]


def is_refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_everybody_sees_who_plays_what(jam, slot):
    _ana, ana = someone(jam, "Ana")
    _ben, ben = someone(jam, "Ben")
    ana("POST", f"{base(jam)}/signups", {"slot": slot.pk})
    ben("POST", f"{base(jam)}/signups", {"slot": slot.pk})

    assert slots(jam) == [
        {
            "id": slot.pk, "jam_song": slot.jam_song_id, "title": "Superstition", "instrument": "clavinet",
            "number": 1, "required": True, "holder": "Ana", "state": "claimed", "waiting": 1, "playable": True,
            "revision": 2,
        }
    ]  # fmt: skip


def test_slots_are_those_of_songs_that_the_room_sees(jam):
    seen = {make_slot(jam_song=make_jam_song(jam=jam, status=status)).pk for status in ("open", "queued", "played")}
    for status in ("pending", "removed"):
        make_slot(jam_song=make_jam_song(jam=jam, status=status))
    make_slot()

    assert {row["id"] for row in slots(jam)} == seen


def test_slots_of_one_song_and_of_what_can_be_played(jam, slot):
    other = make_slot(jam_song=make_jam_song(jam=jam))
    make_sign_up(slot=other, state="checked_in")

    assert [row["id"] for row in slots(jam, f"?jam_song={slot.jam_song_id}")] == [slot.pk]
    assert [row["id"] for row in slots(jam, "?playable=true")] == [other.pk]
    assert [row["id"] for row in slots(jam, "?playable=false")] == [slot.pk]


@pytest.mark.parametrize(("number", "status"), [("x", 400), ("1.5", 400), ("0", 200)])
def test_a_jam_song_that_is_none_has_no_slots(jam, slot, number, status):
    answer = Caller()("GET", f"{base(jam)}/slots?jam_song={number}")

    assert answer.status_code == status
    assert not answer.json().get("results")


def test_i_see_my_sign_ups_with_my_place_in_line_and_nobody_elses(jam, slot):
    make_sign_up(slot=slot)
    make_sign_up(slot=slot, state="waiting")
    ben, say = someone(jam, "Ben")

    made = say("POST", f"{base(jam)}/signups", {"slot": slot.pk})
    again = say("POST", f"{base(jam)}/signups", {"slot": slot.pk})
    mine = say("GET", f"{base(jam)}/signups").json()

    assert (made.status_code, again.status_code, made.json()) == (201, 201, again.json())
    assert mine["results"] == [made.json()]
    assert (made.json()["state"], made.json()["place"], made.json()["attendee"]) == ("waiting", 2, ben.pk)


def test_who_has_withdrawn_is_out_of_the_list(jam, slot):
    _ana, say = someone(jam, "Ana")
    made = say("POST", f"{base(jam)}/signups", {"slot": slot.pk}).json()

    gone = [say("DELETE", f"{base(jam)}/signups/{made['id']}").status_code for _ in range(2)]

    assert gone == [204, 204]
    assert say("GET", f"{base(jam)}/signups").json()["results"] == []


def test_others_sign_ups_are_not_there_for_me(jam, slot):
    theirs = make_sign_up(slot=slot)
    _ana, say = someone(jam, "Ana")

    is_refused(say("DELETE", f"{base(jam)}/signups/{theirs.pk}"), 404, "not_found")
    is_refused(say("POST", f"{base(jam)}/signups/{theirs.pk}/check-in"), 404, "not_found")

    theirs.refresh_from_db()
    assert theirs.state == "claimed"


def test_im_here(jam, slot):
    _ana, say = someone(jam, "Ana")
    made = say("POST", f"{base(jam)}/signups", {"slot": slot.pk}).json()

    answer = say("POST", f"{base(jam)}/signups/{made['id']}/check-in")

    assert (answer.status_code, answer.json()["state"]) == (200, "checked_in")
    assert slots(jam)[0]["state"] == "checked_in"


def test_a_slot_of_another_jam_is_not_there(jam):
    elsewhere = make_slot()
    _ana, say = someone(jam, "Ana")

    is_refused(say("POST", f"{base(jam)}/signups", {"slot": elsewhere.pk}), 404, "not_found")
    assert not SignUp.objects.exists()


def test_what_is_refused_says_so(jam, host, slot):
    _ana, say = someone(jam, "Ana")
    jam.max_sign_ups = 0
    jam.save()
    is_refused(say("POST", f"{base(jam)}/signups", {"slot": slot.pk}), 409, "too_many_sign_ups")

    Caller(user=host)("PATCH", base(jam), {"sign_ups": False}, **{"If-Match": "*"})
    is_refused(say("POST", f"{base(jam)}/signups", {"slot": slot.pk}), 409, "sign_ups_closed")


def test_a_host_sees_everybodys_sign_ups_and_acts_for_them(jam, host, slot):
    ana, ben = make_attendee(jam=jam, name="Ana"), make_attendee(jam=jam, name="Ben")
    say = Caller(user=host)

    first, second = (
        say("POST", f"{base(jam)}/attendees/{one.pk}/signups", {"slot": slot.pk}).json() for one in (ana, ben)
    )
    listed = say("GET", f"{base(jam)}/signups").json()["results"]
    assert [(row["display_name"], row["place"]) for row in listed] == [("Ana", None), ("Ben", 1)]

    added = say("POST", f"{base(jam)}/slots", {"jam_song": slot.jam_song_id, "instrument": "Cello"})
    assert (added.status_code, added.json()["instrument"], added.json()["holder"]) == (201, "cello", None)
    moved = say("POST", f"{base(jam)}/signups/{second['id']}/move", {"slot": added.json()["id"]})
    assert (moved.json()["instrument"], moved.json()["state"], moved.json()["place"]) == ("cello", "claimed", None)

    assert say("POST", f"{base(jam)}/signups/{first['id']}/check-in").json()["state"] == "checked_in"
    assert say("DELETE", f"{base(jam)}/signups/{first['id']}").status_code == 204
    assert [row["holder"] for row in slots(jam)] == [None, "Ben"]
    assert say("DELETE", f"{base(jam)}/slots/{added.json()['id']}").status_code == 204
    assert Slot.objects.get() == slot


def test_a_host_signs_up_nobody_of_another_jam(jam, host, slot):
    elsewhere = make_attendee()

    answer = Caller(user=host)("POST", f"{base(jam)}/attendees/{elsewhere.pk}/signups", {"slot": slot.pk})

    is_refused(answer, 404, "not_found")
    assert not SignUp.objects.exists()


def test_an_instrument_that_is_none_is_told_at_the_field(jam, host, slot):
    body = {"jam_song": slot.jam_song_id, "instrument": "a;b"}

    answer = Caller(user=host)("POST", f"{base(jam)}/slots", body)

    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"instrument"})
