"""Whom a venue remembers: asked for, of that venue alone, and forgotten when they say so."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.core.credentials import secret_of
from apps.jams.attendees import erase_due, join_jam, rename_attendee, set_instruments
from apps.jams.errors import WasRemoved
from apps.jams.identity import cookie_name
from apps.jams.models import Attendee, Performer
from apps.jams.performers import cookie_name as performer_cookie
from apps.jams.performers import forget_performer, performer_with, remember_performer
from apps.voting.operations import leave_jam
from tests.callers import Caller
from tests.factories import make_attendee_with_token, make_jam, make_performer, make_user, make_venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue():
    return make_venue(name="The Copper Room")


@pytest.fixture
def jam(venue):
    return make_jam(venue=venue)


@pytest.fixture
def ines(jam):
    attendee, token = make_attendee_with_token(jam=jam, name="Ines", instruments=["vocals"])
    return attendee, Caller(token=token)


def remember(say, jam):
    return say("POST", f"/api/v1/jams/{jam.slug}/me/performer")


def join(jam, **body):
    return Caller()("POST", f"/api/v1/jams/{jam.slug}/attendees", body)


def test_who_is_remembered_joins_the_next_night_as_themselves(venue, jam, ines):
    answer = remember(ines[1], jam)
    token = answer.json()["token"]

    new = join(make_jam(venue=venue), performer=token)

    assert answer.json() == {"name": "Ines", "instruments": ["vocals"], "token": token}
    attendee = Attendee.objects.get(pk=new.json()["id"])
    assert (attendee.display_name, attendee.instruments) == ("Ines", ["vocals"])
    assert attendee.performer == Performer.objects.get()


def test_another_venue_knows_nobody_by_it(jam, ines):
    token = remember(ines[1], jam).json()["token"]

    answer = join(make_jam(), performer=token)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["performer"])


def test_the_token_of_a_performer_is_not_one_of_an_attendee(jam, ines):
    token = remember(ines[1], jam).json()["token"]

    assert secret_of(token) is None
    assert Caller(token=token)("GET", f"/api/v1/jams/{jam.slug}/me").status_code == 401
    assert join(jam, performer=ines[1].headers["Authorization"].split()[1]).status_code == 400


def test_asking_twice_gives_one_performer_and_a_new_token(venue, jam, ines):
    first, second = (remember(ines[1], jam).json()["token"] for _ in range(2))

    assert Performer.objects.count() == 1
    assert performer_with(first, venue) is None
    assert performer_with(second, venue) == Performer.objects.get()


def test_a_new_name_and_new_instruments_are_remembered(jam, ines):
    remember_performer(attendee=ines[0])

    rename_attendee(attendee=ines[0], display_name="Ines B")
    set_instruments(attendee=ines[0], instruments=["Bass", "vocals", "bass"])

    found = Performer.objects.get()
    assert (found.name, found.instruments) == ("Ines B", ["bass", "vocals"])


def test_being_forgotten_leaves_the_attendee_in_the_room(jam, ines):
    attendee, say = ines
    remember(say, jam)

    gone = [say("DELETE", f"/api/v1/jams/{jam.slug}/me/performer").status_code for _ in range(2)]

    assert gone == [204, 204]
    assert not Performer.objects.exists()
    attendee.refresh_from_db()
    assert (attendee.display_name, attendee.performer) == ("Ines", None)


def test_who_is_forgotten_a_moment_before_they_join_comes_as_anybody(venue):
    performer = make_performer(venue=venue, name="Ines", instruments=["vocals"])
    forget_performer(performer=Performer.objects.get())

    attendee, _token = join_jam(jam=make_jam(venue=venue), performer=performer)

    assert (attendee.performer, attendee.instruments, Performer.objects.count()) == (None, [], 0)
    assert attendee.display_name != "Ines"


def test_who_leaves_and_is_erased_is_forgotten_too(ines):
    remember_performer(attendee=ines[0])

    leave_jam(attendee=ines[0])

    assert not Performer.objects.exists()


def test_the_end_of_a_nights_data_cuts_the_tie_and_keeps_the_performer(jam, ines):
    remember_performer(attendee=ines[0])
    long_ago = timezone.now() - timedelta(days=60)
    type(jam).objects.filter(pk=jam.pk).update(
        status="ended", starts_at=long_ago - timedelta(hours=4), ends_at=long_ago
    )

    erase_due()

    ines[0].refresh_from_db()
    assert (ines[0].performer, Performer.objects.get().name) == (None, "Ines")


def test_who_has_not_come_for_long_is_forgotten(settings, capsys):
    settings.PERFORMER_DAYS = 400
    make_performer(used_at=timezone.now() - timedelta(days=401))
    kept = make_performer(used_at=timezone.now() - timedelta(days=399))

    call_command("erase_attendees")

    assert list(Performer.objects.all()) == [kept]
    assert "1 performer who has not come for 400 days forgotten." in capsys.readouterr().out


def test_who_was_taken_off_does_not_come_back_as_a_performer(jam, ines):
    performer, _token = remember_performer(attendee=ines[0])
    Attendee.objects.filter(pk=ines[0].pk).update(state="removed")

    with pytest.raises(WasRemoved):
        join_jam(jam=jam, performer=performer)
    with pytest.raises(WasRemoved):
        remember_performer(attendee=ines[0])


def test_hosts_see_the_name_in_the_room_and_nothing_more(jam, ines):
    host = make_user()
    jam.venue.managers.add(host)
    token = remember(ines[1], jam).json()["token"]

    seen = Caller(user=host)("GET", f"/api/v1/jams/{jam.slug}/desk").content.decode()

    assert "Ines" in seen
    assert "remembered" not in seen
    assert token not in seen


# Pages ------------------------------------------------------------------------------------------------


def test_a_phone_is_remembered_joins_with_its_name_and_is_forgotten(client, venue, jam, ines):
    client.cookies[cookie_name(jam)] = ines[1].headers["Authorization"].split()[1]
    client.post(f"/jams/{jam.slug}/performer", {"do": "remember"})
    assert client.cookies[performer_cookie(venue)]["httponly"]
    next_jam = make_jam(venue=venue)

    offered = client.get(f"/j/{next_jam.code}").content.decode()
    client.post(f"/j/{next_jam.code}")

    assert "<bdi>Ines</bdi>" in offered
    assert "remembers you on this phone" in offered
    assert next_jam.attendees.get().display_name == "Ines"

    client.post(f"/jams/{next_jam.slug}/performer", {"do": "forget"})

    assert not Performer.objects.exists()
    assert "remembers you" not in client.get(f"/j/{make_jam(venue=venue).code}").content.decode()
    assert "Ines" not in client.get(f"/j/{make_jam().code}").content.decode()
