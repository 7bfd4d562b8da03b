"""Hosts vote for people without a phone, and for nobody else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.jams.attendees import erase_due
from apps.jams.errors import NotAHost, SongFrozen, VotesOut, VotingPaused, WasRemoved
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.operations import set_paused
from apps.jams.people import add_person
from apps.voting.clusters import clusters_of
from apps.voting.corrections import differences
from apps.voting.models import Vote
from apps.voting.on_behalf import VotesThemselves, vote_for
from tests.callers import Caller
from tests.factories import make_attendee, make_jam, make_jam_song, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(jam, host):
    return add_person(jam=jam, host=host, display_name="Bob")


def votes_of(jam_song):
    return JamSong.objects.get(pk=jam_song.pk).votes


def test_their_vote_counts_once_and_can_be_taken_back(jam, host, bob):
    jam_song = make_jam_song(jam=jam)

    for voted, votes in ((True, 1), (True, 1), (False, 0), (False, 0)):
        tally = vote_for(jam_song=jam_song, attendee=bob, host=host, voted=voted)
        assert (tally.votes, tally.voted) == (votes, voted)
        assert votes_of(jam_song) == votes
    assert differences() == []


def test_each_change_is_written_down_once(jam, host, bob):
    jam_song = make_jam_song(jam=jam)
    for voted in (True, True, False):
        vote_for(jam_song=jam_song, attendee=bob, host=host, voted=voted)

    events = AuditEvent.objects.filter(verb="vote_for").order_by("pk")
    assert [event.after["vote"]["voted"] for event in events] == [True, False]
    assert events[0].after["vote"] == {"song": jam_song.pk, "attendee": bob.pk, "voted": True}


def test_nobody_votes_for_somebody_erased_whose_night_never_ended(jam, host):
    jam_song, sam = make_jam_song(jam=jam), make_attendee(jam=jam)
    long_ago = timezone.now() - timedelta(days=100)
    Jam.objects.filter(pk=jam.pk).update(starts_at=long_ago, ends_at=long_ago + timedelta(hours=4))
    assert erase_due() == 1

    with pytest.raises(VotesThemselves):
        vote_for(jam_song=jam_song, attendee=Attendee.objects.get(pk=sam.pk), host=host, voted=True)


def test_nobody_votes_for_who_has_a_phone(jam, host):
    jam_song, sam = make_jam_song(jam=jam), make_attendee(jam=jam)

    with pytest.raises(VotesThemselves):
        vote_for(jam_song=jam_song, attendee=sam, host=host, voted=True)
    assert votes_of(jam_song) == 0


def test_only_hosts_of_the_jam_do(jam, bob):
    with pytest.raises(NotAHost):
        vote_for(jam_song=make_jam_song(jam=jam), attendee=bob, host=make_user(), voted=True)
    assert not Vote.objects.exists()


def test_what_holds_for_votes_holds_for_these(jam, host, bob):
    queued, open_song = make_jam_song(jam=jam, status="queued", position=1), make_jam_song(jam=jam)
    with pytest.raises(SongFrozen):
        vote_for(jam_song=queued, attendee=bob, host=host, voted=True)
    with pytest.raises(WasRemoved):  # a song of another night
        vote_for(jam_song=make_jam_song(jam=make_jam(host=host)), attendee=bob, host=host, voted=True)
    Jam.objects.filter(pk=jam.pk).update(max_votes=1)
    vote_for(jam_song=open_song, attendee=bob, host=host, voted=True)
    with pytest.raises(VotesOut):
        vote_for(jam_song=make_jam_song(jam=jam), attendee=bob, host=host, voted=True)
    set_paused(jam=jam, host=host, voting=True)
    with pytest.raises(VotingPaused):
        vote_for(jam_song=open_song, attendee=bob, host=host, voted=False)


def test_the_room_hears_of_the_count_after_the_commit(jam, host, bob, django_capture_on_commit_callbacks, monkeypatch):
    jam_song, told = make_jam_song(jam=jam), []
    monkeypatch.setattr("apps.live.streams.announcer.tell", lambda stream, news: told.extend(news.messages()) or True)

    with django_capture_on_commit_callbacks(execute=True):
        vote_for(jam_song=jam_song, attendee=bob, host=host, voted=True)
        assert told == []

    [song] = [message for message in told if message["part"] == "songs"]
    assert (song["id"], song["state"]["votes"], song["revision"]) == (
        jam_song.pk, 1, JamSong.objects.get(pk=jam_song.pk).revision,
    )  # fmt: skip


def test_people_whom_a_host_added_are_no_cluster(jam, host, settings):
    settings.CLUSTER_SIZE = 3
    songs = [make_jam_song(jam=jam) for _ in range(3)]
    for number in range(12):
        person = add_person(jam=jam, host=host, display_name=f"Guest {number}")
        for jam_song in songs[:2]:
            vote_for(jam_song=jam_song, attendee=person, host=host, voted=True)

    assert clusters_of(jam) == []


def test_over_the_api_it_may_be_said_again(jam, host, bob):
    jam_song, say = make_jam_song(jam=jam), Caller(user=host)
    at = f"/api/v1/jams/{jam.slug}/attendees/{bob.pk}/votes/{jam_song.pk}"

    first, second, back = say("PUT", at), say("PUT", at), say("DELETE", at)

    assert first.json() == second.json() | {"revision": first.json()["revision"]}
    assert (first.json()["votes"], back.json()["votes"]) == (1, 0)
    phone = make_attendee(jam=jam)
    refused = say("PUT", f"/api/v1/jams/{jam.slug}/attendees/{phone.pk}/votes/{jam_song.pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "votes_themselves")


def test_hidden_counts_stay_hidden_from_the_answer(jam, host, bob):
    Jam.objects.filter(pk=jam.pk).update(counts="hidden")
    jam_song = make_jam_song(jam=jam)

    answer = Caller(user=host)("PUT", f"/api/v1/jams/{jam.slug}/attendees/{bob.pk}/votes/{jam_song.pk}")

    assert (answer.status_code, answer.json()["votes"]) == (200, None)
