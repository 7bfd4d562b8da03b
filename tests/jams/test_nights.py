"""Recurring nights: the jams that a rule makes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.core.errors import Invalid
from apps.jams.errors import NotAHost
from apps.jams.models import Jam, JamHost, Recurrence
from apps.jams.nights import end_repeating, hold_nights, repeat_jam
from apps.jams.operations import delete_jam
from tests.factories import make_attendee, make_jam, make_jam_song, make_user, make_venue, make_vote

pytestmark = pytest.mark.django_db
TUESDAY = datetime(2026, 11, 3, 20, 0, tzinfo=UTC)
EVERY_TUESDAY = "FREQ=WEEKLY;BYDAY=TU"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """A day that can be moved on; the evening of the first night."""
    clock = [TUESDAY + timedelta(hours=1)]
    monkeypatch.setattr(timezone, "now", lambda: clock[0])

    def later(**span):
        clock[0] += timedelta(**span)

    return later


@pytest.fixture
def host():
    return make_user(name="Hanna")


@pytest.fixture
def jam(host):
    venue = make_venue(manager=host, time_zone="Europe/London")
    ends_at = TUESDAY + timedelta(hours=4, minutes=30)  # past midnight
    return make_jam(host=host, venue=venue, name="Tuesday Jam", starts_at=TUESDAY, ends_at=ends_at, max_votes=7)


def days(jams):
    return [f"{one.starts_at:%d %b}" for one in jams]


def test_the_nights_of_the_next_four_weeks_are_made_at_once(jam, host):
    make_jam_song(jam=jam, title="Creep")
    make_vote(jam_song=make_jam_song(jam=jam, title="Wanted", origin="suggestion"), attendee=make_attendee(jam=jam))

    made = repeat_jam(jam=jam, host=host, rule=EVERY_TUESDAY)

    assert days(made) == ["10 Nov", "17 Nov", "24 Nov", "01 Dec"]
    first = Jam.objects.get(pk=made[0].pk)
    assert (first.name, first.max_votes, first.status) == ("Tuesday Jam", 7, "draft")
    assert first.slug == f"tuesday-jam-{jam.venue.slug}-2026-11-10"
    assert (first.starts_at, first.ends_at) == (TUESDAY + timedelta(days=7), jam.ends_at + timedelta(days=7))
    assert [song.song.title for song in first.songs.all()] == ["Creep"]
    assert first.attendees.count() == 0


def test_each_night_is_made_once_however_often_it_is_looked(jam, host, today):
    repeat_jam(jam=jam, host=host, rule=EVERY_TUESDAY)
    assert hold_nights() == []

    today(days=7)

    assert days(hold_nights()) == ["08 Dec"]
    assert hold_nights() == []


def test_a_night_that_was_deleted_does_not_come_back(jam, host):
    made = repeat_jam(jam=jam, host=host, rule=EVERY_TUESDAY)
    delete_jam(jam=made[1], host=host)

    assert hold_nights() == []


def test_nobody_looked_for_weeks_and_no_night_is_made_for_the_past(jam, host, today):
    repeat_jam(jam=jam, host=host, rule=EVERY_TUESDAY)
    today(days=60)  # 2 January

    assert days(hold_nights()) == ["05 Jan", "12 Jan", "19 Jan", "26 Jan"]


def test_hosts_come_along_and_nights_open_if_they_shall(jam, host):
    co_host, gone = make_user(), make_user(is_active=False)
    for user in (co_host, gone):
        JamHost.objects.create(jam=jam, user=user, role="co_host")

    night = repeat_jam(jam=jam, host=host, rule=EVERY_TUESDAY, opens=True)[0]

    assert night.status == "open"
    assert {(row.user, row.role) for row in night.jamhost_set.all()} == {(host, "owner"), (co_host, "co_host")}


def test_it_ends_with_its_last_date(jam, host):
    assert days(repeat_jam(jam=jam, host=host, rule=EVERY_TUESDAY, until=date(2026, 11, 17))) == ["10 Nov", "17 Nov"]
    assert hold_nights() == []


def test_another_rule_goes_on_after_what_is_made(jam, host, today):
    repeat_jam(jam=jam, host=host, rule=EVERY_TUESDAY)

    assert repeat_jam(jam=jam, host=host, rule="FREQ=MONTHLY;BYDAY=1FR") == []

    today(days=10)
    assert days(hold_nights()) == ["04 Dec"]
    assert Recurrence.objects.get().rule == "FREQ=MONTHLY;BYDAY=1FR"


def test_it_can_be_ended_and_what_is_made_stays(jam, host, today):
    made = repeat_jam(jam=jam, host=host, rule=EVERY_TUESDAY)

    end_repeating(jam=jam, host=host)
    end_repeating(jam=jam, host=host)

    today(days=30)
    assert hold_nights() == []
    assert Jam.objects.filter(pk__in=[night.pk for night in made]).count() == 4
    assert [event.verb for event in AuditEvent.objects.about(jam).order_by("pk")] == ["repeat", "end_repeating"]


def test_only_its_hosts_may(jam):
    for stranger in (make_user(), JamHost.objects.get(jam=make_jam(host=make_user())).user):
        with pytest.raises(NotAHost):
            repeat_jam(jam=jam, host=stranger, rule=EVERY_TUESDAY)
        with pytest.raises(NotAHost):
            end_repeating(jam=jam, host=stranger)
    assert not Recurrence.objects.exists()


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"rule": "daily"}, "rule"), ({"until": date(2026, 11, 2)}, "until"), ({"until": date(2026, 11, 9)}, "until")],
)
def test_what_makes_no_night_is_refused(jam, host, fields, name):
    with pytest.raises(Invalid) as refused:
        repeat_jam(jam=jam, host=host, **{"rule": EVERY_TUESDAY} | fields)

    assert list(refused.value.fields) == [name]
    assert not Recurrence.objects.exists()


def test_without_an_owner_nothing_is_made_and_others_go_on(jam, host, caplog, today):
    other = make_jam(host=make_user(), starts_at=TUESDAY, ends_at=TUESDAY + timedelta(hours=3))
    repeat_jam(jam=jam, host=host, rule=EVERY_TUESDAY)
    repeat_jam(jam=other, host=other.hosts.get(), rule=EVERY_TUESDAY)
    host.is_active = False
    host.save()
    today(days=7)

    made = hold_nights()

    assert [night.venue for night in made] == [other.venue]
    assert "has no owner" in caplog.text


def test_the_command_says_what_it_made(jam, host, today, capsys):
    repeat_jam(jam=jam, host=host, rule=EVERY_TUESDAY)
    today(days=7)

    call_command("hold_nights")

    said = capsys.readouterr().out
    assert f"2026-12-08 20:00  tuesday-jam-{jam.venue.slug}-2026-12-08" in said
    assert "1 night made for the next 28 days." in said
