"""People in the room: their names, their secrets, and that both are forgotten."""

import re
from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation

from apps.accounts.models import AuditEvent
from apps.core.credentials import secret_of
from apps.core.errors import DomainError, Invalid
from apps.jams import identity
from apps.jams.attendees import COLOURS, SOUNDS, erase_due, join_jam, rename_attendee
from apps.jams.errors import JamEnded, WasRemoved
from apps.jams.models import Attendee, Jam
from apps.voting.models import Vote
from apps.voting.operations import leave_jam, remove_attendee
from tests.factories import (
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_sign_up,
    make_slot,
    make_user,
    make_vote,
)
from tests.races import in_threads

pytestmark = pytest.mark.django_db


def names(jam, *wanted):
    return [join_jam(jam=jam, display_name=name)[0].display_name for name in wanted]


# Names ------------------------------------------------------------------------------------------------


def test_a_taken_name_gets_a_number():
    assert names(make_jam(), "Sam", "Sam", "Sam") == ["Sam", "Sam 2", "Sam 3"]


def test_names_are_compared_without_case_accents_and_invisible_characters():
    jam = make_jam()

    assert names(jam, "Zoë", "ZOE", "zo\u200be", "Ｚｏｅ", " zoë ") == ["Zoë", "ZOE 2", "zoe 3", "Ｚｏｅ 4", "zoë 5"]


def test_somebody_may_really_be_called_sam_2():
    assert names(make_jam(), "Sam 2", "Sam", "Sam", "Sam 2") == ["Sam 2", "Sam", "Sam 3", "Sam 2 2"]


def test_the_same_name_in_another_jam_is_free():
    assert names(make_jam(), "Sam") == names(make_jam(), "Sam") == ["Sam"]


@pytest.mark.parametrize("name", ["🎸", "!!!", "سام", "李雷", "x" * 40, "🏴󠁧󠁢󠁥󠁮󠁧󠁿 Sam", "Sam & Max", "O'Neil", "ﷺ" * 6])
def test_any_name_can_be_had_many_times(name):
    found = names(make_jam(), *[name] * 25)

    assert len(set(found)) == 25
    assert all(len(one) <= 40 for one in found)


def test_a_long_name_makes_room_for_its_number():
    jam = make_jam()

    assert names(jam, *["a" * 40] * 12)[-1] == "a" * 37 + " 12"


@pytest.mark.parametrize("name", ["x" * 41, "ﷺ" * 40, "é" * 20 + "x" * 21])
def test_too_long_a_name_is_refused(name):
    with pytest.raises(Invalid) as refused:
        join_jam(jam=make_jam(), display_name=name)

    assert list(refused.value.fields) == ["display_name"]


NOTHING = ["", "   ", "\u200b", "\u200d", "\u2060\ufeff", "\u202e", "\u3164", "\u2800", "\ufe0f", "\u0301", "\x00"]


@pytest.mark.parametrize("name", NOTHING)
def test_whoever_names_nothing_that_can_be_seen_is_given_a_name(name):
    [given] = names(make_jam(), name)

    colour, sound = given.split(" ", 1)
    assert colour in COLOURS.split()
    assert sound in SOUNDS.split()


def test_the_name_that_is_given_is_of_the_readers_language():
    with translation.override("ar"):
        [given] = names(make_jam(), "")

    assert re.fullmatch(r"[\u0621-\u0652]+ [\u0621-\u0652]+", given)


def test_a_name_cannot_turn_the_text_around_it():
    assert names(make_jam(), "\u202eevil\u202c\x1b[31m\r\nSam\u2066") == ["evil[31m Sam"]


def test_an_emoji_of_several_signs_stays_whole():
    assert names(make_jam(), "👩‍🎤 Ana") == ["👩‍🎤 Ana"]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_name_get_twenty_names():
    jam = make_jam()

    raised = in_threads([lambda: join_jam(jam=Jam.objects.get(pk=jam.pk), display_name="Sam")] * 20)

    assert raised == []
    found = Attendee.objects.values_list("display_name", flat=True)
    assert sorted(found) == sorted(["Sam", *(f"Sam {number}" for number in range(2, 21))])


def test_a_name_that_is_always_taken_a_moment_ago_is_given_up(monkeypatch):
    jam = make_jam()
    make_attendee(jam=jam, name="Sam")
    monkeypatch.setattr("apps.jams.attendees.free_name", lambda attendee, wanted: wanted)

    with pytest.raises(DomainError, match="Choose another"):
        join_jam(jam=jam, display_name="Sam")


# A new name -------------------------------------------------------------------------------------------


def test_a_new_name_may_differ_from_the_old_one_in_case_only():
    sam = make_attendee(name="sam")

    assert rename_attendee(attendee=sam, display_name="Sam").display_name == "Sam"


def test_a_new_name_that_is_taken_gets_a_number():
    jam = make_jam()
    make_attendee(jam=jam, name="Sam")
    ana = make_attendee(jam=jam, name="Ana")

    rename_attendee(attendee=ana, display_name="SAM")

    assert Attendee.objects.get(pk=ana.pk).display_name == "SAM 2"
    assert names(jam, "Ana") == ["Ana"]


@pytest.mark.parametrize("name", ["", "\u200b ", "\u3164"])
def test_a_new_name_must_show_something(name):
    with pytest.raises(Invalid):
        rename_attendee(attendee=make_attendee(name="Sam"), display_name=name)


def test_a_new_name_does_not_bring_back_whoever_was_removed_meanwhile():
    host = make_user()
    sam = make_attendee(jam=make_jam(host=host), name="Sam")
    remove_attendee(attendee=Attendee.objects.get(pk=sam.pk), host=host)

    with pytest.raises(WasRemoved):
        rename_attendee(attendee=sam, display_name="Max")

    row = Attendee.objects.get(pk=sam.pk)
    assert (row.state, row.display_name) == ("removed", "Sam")


def test_a_new_name_does_not_bring_back_whoever_was_erased_meanwhile():
    sam = make_attendee(name="Sam")
    leave_jam(attendee=Attendee.objects.get(pk=sam.pk))

    with pytest.raises(WasRemoved):
        rename_attendee(attendee=sam, display_name="Max")

    row = Attendee.objects.get(pk=sam.pk)
    assert (row.state, row.display_name, row.folded_name, row.secret_hash) == ("left", "", None, None)


# Joining ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["open", "live", "last_call"])
def test_an_open_jam_can_be_joined(status):
    attendee, token = join_jam(jam=make_jam(status=status))

    assert attendee.state == "active"
    assert len(secret_of(token)) >= 43
    assert secret_of(token) not in str(Attendee.objects.values().get())


def test_an_ended_jam_cannot_be_joined():
    with pytest.raises(JamEnded):
        join_jam(jam=make_jam(status="ended"))


def test_a_draft_cannot_be_joined():
    with pytest.raises(DomainError, match="not open yet"):
        join_jam(jam=make_jam(status="draft"))


# Secrets ----------------------------------------------------------------------------------------------


def test_a_secret_finds_its_attendee_in_its_jam_only():
    sam, token = make_attendee_with_token()
    secret = secret_of(token)

    assert identity.attendee_with(secret, sam.jam) == sam
    assert identity.attendee_with(token, sam.jam) is None
    assert identity.attendee_with(secret, make_jam()) is None
    assert identity.attendee_with(secret + "x", sam.jam) is None
    assert identity.attendee_with("", sam.jam) is None
    assert identity.attendee_with(None, sam.jam) is None


def test_somebody_who_is_about_is_noted_once_a_minute(django_assert_num_queries):
    sam = make_attendee(last_seen=timezone.now() - timedelta(minutes=2))

    with django_assert_num_queries(1):
        identity.see(sam.pk, sam.last_seen)

    sam.refresh_from_db()
    assert timezone.now() - sam.last_seen < timedelta(seconds=5)
    with django_assert_num_queries(0):
        identity.see(sam.pk, sam.last_seen)


def request_with(cookies):
    request = RequestFactory().get("/")
    request.COOKIES = cookies
    return request


def test_a_cookie_brings_votes_to_another_phone_for_ten_minutes(monkeypatch):
    sam, token = make_attendee_with_token()
    cookie = {identity.cookie_name(sam.jam): token}

    code = identity.move_token(request_with(cookie), sam.jam)

    assert code not in token
    assert identity.peek(code, sam.jam) == sam
    assert identity.moved(code, make_jam()) is None
    assert identity.moved(code, sam.jam) == (sam, token)
    assert identity.moved(code, sam.jam) is None
    code = identity.move_token(request_with(cookie), sam.jam)
    assert identity.moved(code[:-1], sam.jam) is None
    assert identity.moved(token, sam.jam) is None
    assert identity.move_token(request_with({}), sam.jam) is None
    monkeypatch.setattr(identity, "MOVE_SECONDS", -1)
    late = identity.move_token(request_with(cookie), sam.jam)
    assert identity.moved(late, sam.jam) is None


# Forgotten --------------------------------------------------------------------------------------------


def ended(days, **fields):
    end = timezone.now() - timedelta(days=days)
    return make_jam(status="ended", starts_at=end - timedelta(hours=4), ends_at=end, **fields)


def test_names_and_secrets_are_erased_after_thirty_days_and_counts_stay():
    old, recent = make_jam_song(jam=ended(31)), ended(29)
    sam, token = make_attendee_with_token(jam=old.jam, name="Sam", instruments=["bass"])
    make_vote(jam_song=old, attendee=sam)
    ana = make_attendee(jam=recent, name="Ana")

    assert erase_due() == 1

    row = Attendee.objects.get(pk=sam.pk)
    assert (row.display_name, row.folded_name, row.secret_hash, row.instruments) == ("", None, None, [])
    assert str(row) == "Somebody who left"
    assert identity.attendee_with(secret_of(token), old.jam) is None
    assert Vote.objects.count() == 1
    assert Attendee.objects.get(pk=ana.pk).display_name == "Ana"
    assert erase_due() == 0


def test_the_days_are_a_setting(settings):
    settings.ATTENDEE_DAYS = 7
    make_attendee(jam=ended(8), name="Sam")

    assert erase_due() == 1


def test_finished_answers_forget_the_name_too(client):
    jam = ended(31)
    slot = make_slot(jam_song=make_jam_song(jam=jam))
    make_sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Sam Unmistakable"), state="played")
    address = f"/api/v1/jams/{jam.slug}/slots"
    assert b"Unmistakable" in client.get(address).content

    erase_due()

    assert b"Unmistakable" not in client.get(address).content


def test_nothing_else_in_the_database_keeps_the_name():
    host = make_user()
    jam = ended(31, host=host)
    sam = make_attendee(jam=jam, name="Sam Unmistakable")
    make_jam_song(jam=jam, suggested_by=sam, origin="suggestion")
    remove_attendee(attendee=sam, host=host)

    erase_due()

    assert "Unmistakable" not in str(list(AuditEvent.objects.about(jam).values()))
    assert "Unmistakable" not in str(list(Attendee.objects.values()))


def test_whoever_leaves_can_join_again_as_somebody_new():
    jam = make_jam()
    sam = make_attendee(jam=jam, name="Sam")
    leave_jam(attendee=sam)

    assert names(jam, "Sam") == ["Sam"]
    assert Attendee.objects.filter(jam=jam).count() == 2
