"""What became of votes, as `/metrics` says it: counted, said again, refused, and why."""

import pytest
from prometheus_client import REGISTRY

from apps.core.errors import DomainError
from apps.core.looking import look
from apps.jams import errors
from apps.jams.lineup import play_song
from apps.jams.operations import end_jam, set_paused
from apps.voting.operations import cast_vote, remove_attendee, take_back_vote
from apps.voting.outcomes import COUNTED, UNCHANGED
from tests.callers import Caller
from tests.factories import make_attendee, make_attendee_with_token, make_jam, make_jam_song, make_user

pytestmark = pytest.mark.django_db
REASONS = {one.code for one in vars(errors).values() if isinstance(one, type) and issubclass(one, DomainError)}


def outcomes():
    look()
    return {
        sample.labels["outcome"]: sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == "votes_total"
    }


@pytest.fixture
def counted():
    """`counted()`: what has come to pass since the test began."""
    before = outcomes()
    return lambda: {
        outcome: times - before.get(outcome, 0)
        for outcome, times in outcomes().items()
        if times != before.get(outcome, 0)
    }


def test_votes_and_votes_taken_back_are_counted_and_what_is_said_again_is_not(counted):
    jam_song = make_jam_song()
    attendee = make_attendee(jam=jam_song.jam)

    for operation in (cast_vote, cast_vote, cast_vote, take_back_vote, take_back_vote):
        operation(jam_song=jam_song, attendee=attendee)

    assert counted() == {COUNTED: 2, UNCHANGED: 3}


def refuse(jam_song, attendee, host, why):
    match why:
        case "voting_closed":
            end_jam(jam=jam_song.jam, host=host)
        case "voting_paused":
            set_paused(jam=jam_song.jam, host=host, voting=True)
        case "song_frozen":
            play_song(jam_song=jam_song, host=host)
        case "removed":
            remove_attendee(attendee=attendee, host=host)
        case "votes_out":
            cast_vote(jam_song=make_jam_song(jam=jam_song.jam), attendee=attendee)


@pytest.mark.parametrize("why", ["voting_closed", "voting_paused", "song_frozen", "removed", "votes_out"])
def test_a_refusal_is_counted_by_its_reason(why, counted):
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host, max_votes=1 if why == "votes_out" else None))
    attendee = make_attendee(jam=jam_song.jam)
    refuse(jam_song, attendee, host, why)

    with pytest.raises(DomainError) as refused:
        cast_vote(jam_song=jam_song, attendee=attendee)

    assert refused.value.code == why
    assert counted().pop(why) == 1


@pytest.mark.django_db(transaction=True)
def test_each_request_is_counted_once_whichever_way_it_goes(counted):
    """At once where it is taken, through the framework where it is not."""
    jam = make_jam(max_votes=1)
    songs = [make_jam_song(jam=jam) for _ in range(2)]
    _attendee, token = make_attendee_with_token(jam=jam)

    for song in (songs[0], songs[0], songs[1]):
        Caller(token=token)("PUT", f"/api/v1/jams/{jam.slug}/songs/{song.pk}/vote")

    assert counted() == {COUNTED: 1, UNCHANGED: 1, "votes_out": 1}


def test_nobody_can_make_a_new_outcome(counted):
    jam_song = make_jam_song()
    _attendee, token = make_attendee_with_token(jam=jam_song.jam)

    for path in ("nowhere/songs/1", f"{jam_song.jam.slug}/songs/{10**30}", f"{jam_song.jam.slug}/songs/0"):
        for caller in (Caller(token=token), Caller(token="made-up"), Caller()):
            caller("PUT", f"/api/v1/jams/{path}/vote")

    assert counted() == {}
    assert outcomes().keys() <= {COUNTED, UNCHANGED} | REASONS
