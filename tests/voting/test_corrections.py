"""Votes that staff take away: those alone, whatever became of their songs, and everybody hears of it."""

import pytest

from apps.accounts.models import AuditEvent
from apps.jams.models import JamSong
from apps.voting.corrections import Difference, delete_votes, differences, recount
from apps.voting.models import Vote
from tests.factories import make_jam, make_jam_song, make_staff, make_vote

pytestmark = pytest.mark.django_db


def counts(told):
    return {message["id"]: message["state"]["votes"] for message in told if message["part"] == "songs"}


@pytest.mark.parametrize("status", ["live", "ended"])
def test_room_and_voters_hear_of_votes_that_are_deleted_and_the_log_says_whose(
    status, told, django_capture_on_commit_callbacks
):
    jam = make_jam(status=status)
    votes = [make_vote(jam_song=make_jam_song(jam=jam)) for _ in range(2)]
    kept = make_vote(jam_song=votes[0].jam_song)
    told.clear()

    with django_capture_on_commit_callbacks(execute=True):
        delete_votes(jam=jam, host=make_staff(), votes=votes)

    assert list(Vote.objects.all()) == [kept]
    assert counts(told) == {votes[0].jam_song_id: 1, votes[1].jam_song_id: 0}
    voters = {message["to"] for message in told if "me" in message["state"]}
    assert voters == {vote.attendee.address for vote in votes}
    event = AuditEvent.objects.get()
    assert (event.verb, event.after["votes"]) == (
        "delete_votes",
        [{"song": vote.jam_song_id, "attendee": vote.attendee_id} for vote in votes],
    )


def test_votes_of_another_jam_stay():
    vote = make_vote(jam_song=make_jam_song())

    delete_votes(jam=make_jam(), host=make_staff(), votes=[vote])

    assert list(Vote.objects.all()) == [vote]


def test_counts_that_are_wrong_are_told_by_jam(told, django_capture_on_commit_callbacks):
    later, earlier = make_jam_song(title="Later"), make_jam_song(title="Earlier")
    JamSong.objects.filter(pk=earlier.pk).update(jam=later.jam)
    other, right = make_jam_song(title="Other"), make_vote(jam_song=make_jam_song()).jam_song
    vote = make_vote(jam_song=later)
    wrong = JamSong.objects.exclude(pk=right.pk)
    wrong.update(votes=5)

    assert differences() == [
        Difference(later.pk, later.jam.slug, "Later", 5, 1),
        Difference(earlier.pk, later.jam.slug, "Earlier", 5, 0),
        Difference(other.pk, other.jam.slug, "Other", 5, 0),
    ]
    told.clear()
    with django_capture_on_commit_callbacks(execute=True):
        recount(jam_song=vote.jam_song_id)
    assert counts(told) == {later.pk: 1}
    assert [one.jam_song for one in differences()] == [earlier.pk, other.pk]
