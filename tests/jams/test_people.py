"""People without a phone, and people who are away."""

import pytest

from apps.accounts.models import AuditEvent
from apps.core.errors import Invalid
from apps.jams.errors import NotAHost, WasRemoved, WrongStatus
from apps.jams.models import Attendee, Jam
from apps.jams.people import add_person, set_away, set_away_for
from apps.stage.models import SignUp
from apps.stage.operations import sign_up, sign_up_for
from tests.callers import Caller
from tests.factories import make_attendee, make_attendee_with_token, make_jam, make_jam_song, make_slot, make_user
from tests.races import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    return make_jam(host=host)


def test_somebody_without_a_phone_is_in_the_room_and_no_secret_is_theirs(jam, host):
    person = add_person(jam=jam, host=host, display_name="  Uncle   Bob ")

    person.refresh_from_db()
    assert (person.display_name, person.state, person.has_phone) == ("Uncle Bob", "active", False)


def test_a_name_is_unique_as_for_joins(jam, host):
    make_attendee(jam=jam, name="Bob")

    assert add_person(jam=jam, host=host, display_name="BOB").display_name == "BOB 2"


@pytest.mark.django_db(transaction=True)
def test_two_hosts_who_add_the_same_name_at_once_add_two(jam, host):
    in_threads([lambda: add_person(jam=jam, host=host, display_name="Bob")] * 4)

    assert set(Attendee.objects.values_list("display_name", flat=True)) == {"Bob", "Bob 2", "Bob 3", "Bob 4"}


@pytest.mark.parametrize("name", ["", " ", "x" * 41])
def test_a_name_is_needed_that_can_be_shown(jam, host, name):
    with pytest.raises(Invalid):
        add_person(jam=jam, host=host, display_name=name)
    assert not Attendee.objects.exists()


def test_the_door_does_not_hold_a_host(jam, host):
    Jam.objects.filter(pk=jam.pk).update(door="closed")

    assert add_person(jam=jam, host=host, display_name="Bob").pk


def test_only_hosts_add_somebody_and_only_while_there_is_a_night(jam, host):
    with pytest.raises(NotAHost):
        add_person(jam=jam, host=make_user(), display_name="Bob")
    Jam.objects.filter(pk=jam.pk).update(status="ended")
    with pytest.raises(WrongStatus):
        add_person(jam=jam, host=host, display_name="Bob")
    assert not Attendee.objects.exists()


def test_it_is_written_down_without_the_name(jam, host):
    person = add_person(jam=jam, host=host, display_name="Bob")

    event = AuditEvent.objects.get()
    assert (event.verb, event.actor, event.after) == ("add_attendee", host, {"attendee": {"added": person.pk}})


def test_who_has_no_secret_cannot_be_somebody_by_an_empty_one(jam, host):
    add_person(jam=jam, host=host, display_name="Bob")

    for token in ("", "null", "None"):
        assert Caller(token=token)("GET", f"/api/v1/jams/{jam.slug}/me").status_code == 401


# Away -------------------------------------------------------------------------------------------------


def test_away_keeps_the_place_on_stage_and_in_line(jam, host):
    slot = make_slot(jam_song=make_jam_song(jam=jam))
    first, second = make_attendee(jam=jam), make_attendee(jam=jam)
    for one in (first, second):
        sign_up(slot=slot, attendee=one)
        set_away(attendee=one, away=True)

    assert list(SignUp.objects.order_by("pk").values_list("attendee", "state")) == [
        (first.pk, "claimed"), (second.pk, "waiting"),
    ]  # fmt: skip
    sign_up_for(slot=make_slot(jam_song=slot.jam_song, number=2), attendee=first, host=host)


def test_away_and_back_may_be_said_again(jam, host):
    sam = make_attendee(jam=jam)

    for away, state in ((True, "away"), (True, "away"), (False, "active"), (False, "active")):
        assert set_away(attendee=sam, away=away).state == state
        sam.refresh_from_db()
        assert sam.state == state
    set_away_for(attendee=sam, away=True, host=host)
    set_away_for(attendee=sam, away=True, host=host)
    assert AuditEvent.objects.filter(verb="away").count() == 1


@pytest.mark.parametrize("state", ["removed", "left"])
def test_who_is_gone_is_not_away(jam, host, state):
    sam = make_attendee(jam=jam, state=state)

    with pytest.raises(WasRemoved):
        set_away(attendee=sam, away=True)
    with pytest.raises(WasRemoved):
        set_away_for(attendee=sam, away=False, host=host)
    sam.refresh_from_db()
    assert sam.state == state


def test_only_a_host_says_it_of_others(jam):
    sam = make_attendee(jam=jam)

    with pytest.raises(NotAHost):
        set_away_for(attendee=sam, away=True, host=make_user())
    sam.refresh_from_db()
    assert sam.state == "active"


# Over HTTP --------------------------------------------------------------------------------------------


def test_the_api_adds_somebody_and_says_nothing_secret(jam, host):
    answer = Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/people", {"display_name": "Bob"})

    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "display_name", "state", "created_at", "last_seen"}


def test_oneself_and_a_host_say_away_over_the_api(jam, host):
    sam, token = make_attendee_with_token(jam=jam)
    mine, say, at = Caller(token=token), Caller(user=host), f"/api/v1/jams/{jam.slug}"

    assert mine("PUT", f"{at}/me/away").json()["state"] == "away"
    assert say("DELETE", f"{at}/attendees/{sam.pk}/away").json()["state"] == "active"
    assert say("PUT", f"{at}/attendees/{sam.pk}/away").json()["state"] == "away"
    assert mine("GET", f"{at}/me").json()["state"] == "away"
    assert mine("DELETE", f"{at}/me/away").json()["state"] == "active"


def test_nobody_says_it_of_somebody_elsewhere(jam, host):
    stranger = make_attendee(jam=make_jam())

    assert Caller(user=host)("PUT", f"/api/v1/jams/{jam.slug}/attendees/{stranger.pk}/away").status_code == 404
