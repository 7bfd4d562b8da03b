"""Who goes, by themselves or by a host: votes, seats, secrets, and who hears of it."""

import pytest

from apps.accounts.models import AuditEvent
from apps.jams.errors import NotAHost
from apps.jams.models import Attendee, JamSong
from apps.voting.models import Vote
from apps.voting.operations import leave_jam, remove_attendee, void_attendees
from tests.factories import make_attendee, make_attendee_with_token, make_jam, make_jam_song, make_user, make_vote

pytestmark = pytest.mark.django_db


GOING = {
    "leave": lambda sam, host: leave_jam(attendee=sam),
    "remove": lambda sam, host: remove_attendee(attendee=sam, host=host),
    "void": lambda sam, host: void_attendees(jam=sam.jam, host=host, attendees=[sam.pk]),
}


@pytest.mark.parametrize("going", GOING)
def test_the_room_hears_of_counts_and_people_and_their_sockets_close(
    going, jam, host, told, django_capture_on_commit_callbacks
):
    jam_song, sam, kim = make_jam_song(jam=jam), make_attendee(jam=jam), make_attendee(jam=jam)
    for attendee in (sam, kim):
        make_vote(jam_song=jam_song, attendee=attendee)
    make_vote(jam_song=make_jam_song(jam=jam), attendee=kim)  # which nobody hears of
    told.clear()

    with django_capture_on_commit_callbacks(execute=True):
        GOING[going](sam, host)

    assert [message["state"]["votes"] for message in told if message["part"] == "songs"] == [1]
    assert [message["state"]["people"] for message in told if "people" in message["state"]] == [1]
    assert [message["to"] for message in told if message["part"] == "close"] == [sam.address]
    assert "host" in {message["to"] for message in told if "desk" in message["state"]}


def test_whom_a_host_takes_off_is_written_down_without_a_name(jam, host):
    sam, kim = make_attendee(jam=jam, name="Sam"), make_attendee(jam=jam, name="Kim")
    Attendee.objects.filter(pk=sam.pk).update(state="away")  # PostgreSQL has their row last now
    *songs, _other = (make_jam_song(jam=jam) for _ in range(3))
    for jam_song in songs:
        make_vote(jam_song=jam_song, attendee=sam)

    voided = void_attendees(jam=jam, host=host, attendees=[kim.pk, sam.pk])

    event = AuditEvent.objects.get()
    assert voided == (2, 2)
    assert (event.verb, event.after["void"]) == ("void", {"attendees": [sam.pk, kim.pk], "votes": 2})
    assert event.before["counted"].keys() == event.after["counted"].keys() == {str(song.pk) for song in songs}
    assert {"Sam", "Kim"}.isdisjoint(str([event.before, event.after]).split("'"))


def test_who_is_not_in_the_room_is_passed_over_and_nobody_else_goes(jam, host):
    gone, elsewhere, kept = make_attendee(jam=jam), make_attendee(), make_attendee(jam=jam)
    leave_jam(attendee=gone)
    make_vote(jam_song=make_jam_song(jam=jam), attendee=kept)

    voided = void_attendees(jam=jam, host=host, attendees=[gone.pk, elsewhere.pk])

    assert voided == (0, 0)
    assert not AuditEvent.objects.exists()
    assert list(Attendee.objects.order_by("pk").values_list("state", flat=True)) == ["left", "active", "active"]


@pytest.mark.parametrize("going", ["remove", "void"])
def test_also_when_the_night_is_over_and_only_by_its_hosts(going, host):
    jam_song = make_jam_song(jam=make_jam(host=host))
    sam = make_vote(jam_song=jam_song).attendee
    jam_song.jam.status = "ended"
    jam_song.jam.save()

    with pytest.raises(NotAHost):
        GOING[going](sam, make_user())
    GOING[going](sam, host)

    assert (Vote.objects.count(), JamSong.objects.get().votes) == (0, 0)


def test_whoever_was_taken_off_and_leaves_stays_off_and_is_known_by_their_secret(jam, host):
    sam, _token = make_attendee_with_token(jam=jam, name="Sam", state="away")
    secret = sam.secret_hash
    remove_attendee(attendee=sam, host=host)

    leave_jam(attendee=sam)

    assert (sam.state, sam.secret_hash, sam.display_name) == ("removed", secret, "")
