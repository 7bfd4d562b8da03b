"""The venue's door: the bucket of joins, the room code, and who may see how it stands."""

import logging
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.core.errors import DomainError, Invalid
from apps.core.text import CODE_LETTERS
from apps.jams import door
from apps.jams.attendees import join_jam
from apps.jams.door import CODE, CODE_SECONDS, door_of, is_room_code, room_code, set_door
from apps.jams.errors import DoorClosed, NotAHost, RoomCodeNeeded, RoomCodeWrong
from apps.jams.invitations import cookies, invite, screen_cookie, take_back
from apps.jams.models import Attendee, Jam, JamHost, JoinBucket
from apps.jams.operations import change_jam, duplicate_jam
from tests.callers import Caller, with_cookie
from tests.factories import make_attendee_with_token, make_jam, make_user, make_venue
from tests.races import in_threads

pytestmark = pytest.mark.django_db


def jam_for(capacity, **fields):
    return make_jam(venue=make_venue(capacity=capacity), **fields)


def read(jam):
    """As it stands in the database now."""
    return Jam.objects.with_door().get(pk=jam.pk)


def joins(jam, times, **given):
    """How many of so many come in."""
    inside = 0
    for _ in range(times):
        try:
            join_jam(jam=read(jam), **given)
            inside += 1
        except DomainError:
            pass
    return inside


# The bucket -------------------------------------------------------------------------------------------


def test_as_many_join_as_the_venue_holds():
    jam = jam_for(5)

    assert joins(jam, 8) == 5

    with pytest.raises(RoomCodeNeeded):
        join_jam(jam=read(jam))
    assert Attendee.objects.count() == 5


def test_a_place_is_taken_after_all_else_for_others_wait_until_the_commit():
    jam = make_jam()

    with CaptureQueriesContext(connection) as asked:
        join_jam(jam=read(jam))

    written = [query["sql"] for query in asked if query["sql"].lstrip().startswith("INSERT")]
    assert ["jams_joinbucket" in sql for sql in written] == [False, True]


def test_a_venue_for_three_hundred_has_three_hundred_places():
    jam = make_jam()

    taken = [door.take_place(jam) for _ in range(302)]

    assert taken == [True] * 300 + [False] * 2


def test_each_jam_has_a_bucket_of_its_own():
    full, other = jam_for(1), jam_for(1)
    joins(full, 2)

    assert joins(other, 1) == 1


def test_who_does_not_come_in_after_all_takes_no_place():
    jam = jam_for(1)

    with pytest.raises(Invalid):
        join_jam(jam=read(jam), display_name="x" * 41)

    assert door_of(read(jam))["places"] == 1


def test_leaving_gives_no_place_back_or_a_script_would_come_and_go():
    jam = jam_for(1)
    join_jam(jam=read(jam))
    Attendee.objects.update(state="left")

    assert joins(jam, 1) == 0


def test_a_larger_venue_lets_more_in_at_once():
    jam = jam_for(1)
    joins(jam, 1)
    type(jam.venue).objects.filter(pk=jam.venue_id).update(capacity=2)

    assert joins(jam, 2) == 1


def test_the_room_code_takes_no_place():
    jam = jam_for(1)

    assert joins(jam, 3, room_code=room_code(jam)) == 3

    assert door_of(read(jam))["places"] == 1


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_exactly_as_many_come_in():
    jam = jam_for(7)

    refused = in_threads([lambda: join_jam(jam=read(jam))] * 20)

    assert [type(error) for error in refused] == [RoomCodeNeeded] * 13
    assert Attendee.objects.count() == JoinBucket.objects.get().taken == 7


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_joining_does_not_wait_for_a_host_who_holds_the_jam():
    jam = jam_for(3)

    with transaction.atomic():
        Jam.objects.locked(jam.pk)
        raised = in_threads([lambda: join_jam(jam=read(jam))] * 3)

    assert raised == []


# The code of the room ---------------------------------------------------------------------------------


@pytest.fixture
def at(monkeypatch):
    """Sets the minute that it is."""

    def set_minute(minute):
        monkeypatch.setattr("apps.jams.door.minute", lambda: minute)

    set_minute(1000)
    return set_minute


def test_the_code_changes_every_minute_and_differs_from_jam_to_jam(at):
    jam, other = make_jam(), make_jam()

    codes = {room_code(one, minute) for one in (jam, other) for minute in range(500)}

    assert len(codes) == 1000
    assert all(len(code) == 6 and set(code) <= set(CODE_LETTERS) for code in codes)


def test_the_code_depends_on_the_servers_secret(settings):
    jam = make_jam()
    before = room_code(jam, 1000)

    settings.SECRET_KEY = "another secret that is long enough to be one"

    assert room_code(jam, 1000) != before


def test_every_letter_of_a_code_is_as_likely_as_any_other():
    jam = make_jam()
    first = [room_code(jam, minute)[0] for minute in range(6200)]

    assert all(120 < first.count(letter) < 290 for letter in CODE_LETTERS)  # 200 each, six standard deviations


def test_the_codes_of_this_minute_and_the_last_are_good(at):
    jam = make_jam()
    codes = {minute: room_code(jam, minute) for minute in range(997, 1003)}

    assert [minute for minute, code in codes.items() if is_room_code(jam, code)] == [999, 1000]


@pytest.mark.parametrize("change", [str.lower, lambda code: f" {code[:3]}-{code[3:]} "])
def test_a_code_may_be_typed_as_people_do(change):
    jam = make_jam()

    assert is_room_code(jam, change(room_code(jam)))


@pytest.mark.parametrize("given", ["", "é", "\0", "🎸" * 20, "A" * 20])
def test_what_is_no_code_is_wrong(given):
    assert not is_room_code(make_jam(), given)


def test_another_jams_code_opens_nothing():
    jam, other = make_jam(door="code"), make_jam()

    with pytest.raises(RoomCodeWrong):
        join_jam(jam=jam, room_code=room_code(other))


def test_the_join_code_is_not_the_room_code():
    jam = make_jam(door="code")

    with pytest.raises(RoomCodeWrong):
        join_jam(jam=jam, room_code=jam.code)


def test_an_old_code_does_not_keep_anybody_out_while_there_is_room():
    assert joins(jam_for(1), 1, room_code="ABCDEF") == 1


# The host's choice ------------------------------------------------------------------------------------


def test_a_host_may_want_the_code_from_the_first_on():
    jam = make_jam(door="code")

    with pytest.raises(RoomCodeNeeded):
        join_jam(jam=jam)
    assert joins(jam, 1, room_code=room_code(jam)) == 1


def test_a_closed_door_stays_closed_for_the_code_too():
    jam = make_jam(door="closed")

    with pytest.raises(DoorClosed):
        join_jam(jam=jam, room_code=room_code(jam))


def test_a_co_host_sets_the_door_and_it_is_written_down():
    co_host, jam = make_user(), make_jam()
    JamHost.objects.create(jam=jam, user=co_host, role="co_host")

    set_door(jam=jam, host=co_host, door="closed")

    event = AuditEvent.objects.about(jam).get()
    assert (read(jam).door, event.verb, event.actor) == ("closed", "door", co_host)
    assert (event.before, event.after) == ({"jam": {"door": "automatic"}}, {"jam": {"door": "closed"}})


def test_nobody_else_sets_it():
    jam = make_jam(host=make_user())

    with pytest.raises(NotAHost):
        set_door(jam=jam, host=make_user(), door="closed")


def test_the_door_is_a_setting_and_a_new_night_begins_with_an_open_one():
    host = make_user()
    jam = make_jam(host=host, door="automatic")

    change_jam(jam=jam, host=host, door="closed")
    again = duplicate_jam(jam=jam, host=host, starts_at=timezone.now() + timedelta(days=7))

    assert (read(jam).door, again.door) == ("closed", "automatic")


# Over the API -----------------------------------------------------------------------------------------


def post(jam, body=None, caller=None):
    return (caller or Caller())("POST", f"/api/v1/jams/{jam.slug}/attendees", body or {})


def look(jam, caller):
    return caller("GET", f"/api/v1/jams/{jam.slug}/door")


def screen(jam, token):
    return Caller(cookies={screen_cookie(jam): cookies.sign(token)})


def test_the_api_says_why_not_and_takes_the_code():
    jam = make_jam(door="code")

    needed, wrong = post(jam), post(jam, {"room_code": "ABCDEF"})
    inside = post(jam, {"room_code": room_code(jam)})

    assert (needed.status_code, needed.json()["code"]) == (403, "room_code_needed")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "room_code_wrong")
    assert inside.status_code == 201


def test_hosts_and_screens_see_how_the_door_stands(at):
    at(1000)
    host = make_user()
    jam = jam_for(3, host=host)
    joins(jam, 1)
    _row, token = invite(jam=jam, host=host, role="display")

    for caller in (Caller(user=host), screen(jam, token)):
        answer = look(jam, caller)
        assert answer.json() == {
            "door": "automatic", "state": "open", "places": 2, "room_code": None, "until": None
        }  # fmt: skip
        assert answer["Cache-Control"] == "private, no-store"

    joins(jam, 2)
    for caller in (Caller(user=host), screen(jam, token)):
        body = look(jam, caller).json()
        assert (body["state"], body["places"], body["room_code"]) == (CODE, 0, room_code(jam, 1000))
        assert body["until"] == "1970-01-01T16:41:00Z"


def test_a_night_that_is_over_needs_no_code():
    host = make_user()
    live, ended = (make_jam(host=host, door="code", status=status) for status in ("live", "ended"))

    told = [look(jam, Caller(user=host)).json() for jam in (live, ended)]

    assert [(one["state"], one["room_code"]) for one in told] == [("code", room_code(live)), ("closed", None)]


def test_a_screens_link_opens_its_own_jam_alone_until_it_is_taken_back():
    host = make_user()
    jam, other = make_jam(host=host, door="code"), make_jam(host=host, door="code")
    row, token = invite(jam=jam, host=host, role="display")

    assert look(jam, screen(jam, token)).status_code == 200
    assert look(other, screen(other, token)).status_code == 403
    take_back(invitation=row, host=host)
    assert look(jam, screen(jam, token)).status_code == 403


def test_a_link_ends_with_the_rights_of_whoever_made_it():
    jam, co_host = make_jam(host=make_user()), make_user()
    row = JamHost.objects.create(jam=jam, user=co_host, role="co_host")
    _link, token = invite(jam=jam, host=co_host, role="display")
    assert look(jam, screen(jam, token)).status_code == 200

    row.delete()

    assert look(jam, screen(jam, token)).status_code == 403


@pytest.mark.parametrize("cookie", ["x", "x:y", "", "é:é"])
def test_a_forged_screen_sees_nothing(cookie):
    jam = make_jam(host=make_user(), door="code")
    caller = Caller(cookies={screen_cookie(jam): cookie})

    assert look(jam, caller).status_code == 403


def test_a_co_hosts_link_opens_no_screen():
    host = make_user()
    jam = make_jam(host=host, door="code")
    _row, token = invite(jam=jam, host=host, role="co_host")

    assert look(jam, screen(jam, token)).status_code == 403


def test_a_screen_reads_and_does_nothing_else():
    host = make_user()
    jam = make_jam(host=host)
    _row, token = invite(jam=jam, host=host, role="display")
    base, caller = f"/api/v1/jams/{jam.slug}", screen(jam, token)

    tried = [("GET", "desk"), ("GET", "clusters"), ("GET", "hosts"), ("POST", "door"), ("POST", "end"), ("DELETE", "")]
    statuses = {caller(method, f"{base}/{path}".rstrip("/"), {}).status_code for method, path in tried}

    assert statuses == {401, 403}  # to change something it would have to be somebody
    assert Jam.objects.get().status == "live"


def test_the_code_is_in_no_log_line(caplog, at):
    caplog.set_level(logging.DEBUG)
    host = make_user()
    jam = make_jam(host=host, door="code")
    code = room_code(jam)

    look(jam, Caller(user=host))
    post(jam, {"room_code": code})
    post(jam, {"room_code": f"{code}X"})
    Caller()("GET", f"/j/{jam.code}?room={code}", kind="text/html")

    said = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert not [line for line in said if code in line]


# Who was taken off stays off --------------------------------------------------------------------------


def taken_off():
    jam = make_jam(host=make_user())
    attendee, token = make_attendee_with_token(jam=jam, name="Sam")
    Attendee.objects.filter(pk=attendee.pk).update(state="removed")
    return jam, token


@pytest.mark.parametrize("by", ["token", "cookie"])
def test_who_was_taken_off_does_not_join_anew(by):
    jam, token = taken_off()
    caller = Caller(token=token) if by == "token" else with_cookie(jam, token)

    answer = post(jam, {"room_code": room_code(jam)}, caller)

    assert (answer.status_code, answer.json()["code"]) == (403, "removed")
    assert Attendee.objects.count() == 1


def test_who_was_taken_off_another_jam_joins_this_one():
    jam, token = taken_off()

    assert post(make_jam(), {}, with_cookie(jam, token)).status_code == 201


def test_a_minute_has_sixty_seconds():
    assert door.minute() == int(timezone.now().timestamp()) // CODE_SECONDS
