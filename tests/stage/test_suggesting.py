"""A suggestion can sign its suggester up."""

import pytest

from apps.core.errors import DomainError
from apps.jams.lineup import approve_song
from apps.jams.models import JamSong
from apps.stage.errors import SignUpsClosed, TooManySignUps
from apps.stage.models import SignUp, Slot
from apps.voting.operations import suggest_song
from tests.callers import Caller
from tests.factories import (
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_sign_up,
    make_slot,
    make_song,
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
def song():
    parts = [{"instrument": name, "count": 1, "required": True} for name in ("vocals", "guitar")]
    return make_song(title="Zombie", parts=parts)


def suggest(jam, song, instrument, attendee=None):
    return suggest_song(jam=jam, attendee=attendee or make_attendee(jam=jam), song=song, instrument=instrument)


def test_who_suggests_has_the_slot_of_the_song(jam, song):
    jam_song = suggest(jam, song, "Guitar")

    [mine] = SignUp.objects.all()
    assert (mine.slot.jam_song, mine.slot.instrument, mine.state) == (jam_song, "guitar", "claimed")
    assert jam_song.slots.count() == 2


def test_what_the_song_has_no_part_for_is_added(jam, song):
    jam_song = suggest(jam, song, "kazoo")

    assert list(jam_song.slots.order_by("pk").values_list("instrument", flat=True)) == ["vocals", "guitar", "kazoo"]
    assert SignUp.objects.get().slot.instrument == "kazoo"


def test_a_song_that_waits_keeps_its_sign_up_until_the_host_says_yes(jam, song, host):
    jam.approve_suggestions = True
    jam.save()
    jam_song = suggest(jam, song, "guitar", make_attendee(jam=jam, name="Ana"))

    def seen():
        return Caller()("GET", f"/api/v1/jams/{jam.slug}/slots").json()["results"]

    assert seen() == []

    approve_song(jam_song=jam_song, host=host)

    assert {slot["holder"] for slot in seen()} == {None, "Ana"}


@pytest.mark.parametrize("instrument", ["a:b", "x" * 31])
def test_an_instrument_that_is_none_leaves_nothing_behind(jam, song, instrument):
    with pytest.raises(DomainError):
        suggest(jam, song, instrument)

    assert not JamSong.objects.exists()
    assert not Slot.objects.exists()


def test_a_limit_that_is_reached_leaves_nothing_behind(jam, song):
    ana = make_attendee(jam=jam)
    for _ in range(jam.max_sign_ups):
        make_sign_up(slot=make_slot(jam_song=make_jam_song(jam=jam)), attendee=ana)

    with pytest.raises(TooManySignUps):
        suggest(jam, song, "guitar", ana)

    assert not JamSong.objects.filter(song=song).exists()


def test_where_nobody_signs_up_it_says_so(jam, song):
    jam.sign_ups = False
    jam.save()

    with pytest.raises(SignUpsClosed):
        suggest(jam, song, "guitar")


def test_over_the_api_and_hosts_leave_it_out(jam, song, host):
    _ana, token = make_attendee_with_token(jam=jam)

    made = Caller(token=token)("POST", f"/api/v1/jams/{jam.slug}/songs", {"song": song.pk, "instrument": "bass"})
    refused = Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/songs", {"song": song.pk, "instrument": "bass"})

    assert made.status_code == 201
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["instrument"])
    assert SignUp.objects.get().slot.instrument == "bass"


def test_by_the_form_of_the_page(client, jam, song):
    _ana, token = make_attendee_with_token(jam=jam)
    client.cookies[f"jam-{jam.pk}"] = token

    page = client.post(f"/jams/{jam.slug}/songs", {"song": song.pk, "instrument": "bass"}, follow=True).content.decode()

    assert "You are signed up for it." in page
