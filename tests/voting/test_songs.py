"""Two songs that are one are united with their votes; a played song comes back as an encore, without."""

import random
from functools import partial

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.jams.errors import NotAHost, SongNotReady, WrongStatus
from apps.jams.lineup import finish_song, play_song, queue_song
from apps.jams.models import JamSong
from apps.voting.corrections import differences
from apps.voting.models import Vote
from apps.voting.operations import cast_vote
from apps.voting.queries import mine, votes_left
from apps.voting.songs import merge_songs, most_alike, reopen_song
from tests.callers import Caller
from tests.factories import make_attendee, make_jam, make_jam_song, make_song, make_user, make_vote
from tests.races import in_threads, one_after_the_other

pytestmark = pytest.mark.django_db


def fresh(jam_song):
    return JamSong.objects.select_related("jam").get(pk=jam_song.pk)


def voters_of(jam_song):
    return set(Vote.objects.filter(jam_song=jam_song).values_list("attendee", flat=True))


# Merging ----------------------------------------------------------------------------------------------


def test_who_voted_for_both_has_one_vote(jam, host):
    one, other, third = (make_jam_song(jam=jam) for _ in range(3))
    both, first, second = (make_attendee(jam=jam) for _ in range(3))
    for jam_song, attendee in [(one, both), (one, first), (other, both), (other, second), (third, first)]:
        make_vote(jam_song=jam_song, attendee=attendee)

    merge_songs(jam_song=one, into=other, host=host)

    assert (voters_of(other), voters_of(third)) == ({both.pk, first.pk, second.pk}, {first.pk})
    assert (fresh(other).votes, fresh(one).votes, fresh(one).status) == (3, 0, "removed")
    assert differences() == []


@pytest.mark.parametrize("seed", range(5))
def test_merged_songs_have_the_votes_of_the_union(jam, host, seed):
    rng, one, other = random.Random(seed), make_jam_song(jam=jam), make_jam_song(jam=jam)
    for attendee in [make_attendee(jam=jam) for _ in range(8)]:
        for jam_song in (one, other):
            if rng.random() < 0.5:
                make_vote(jam_song=jam_song, attendee=attendee)
    union = voters_of(one) | voters_of(other)

    merge_songs(jam_song=one, into=other, host=host)

    assert voters_of(other) == union
    assert fresh(other).votes == len(union)
    assert differences() == []


def test_a_vote_keeps_its_time(jam, host):
    one, other = make_jam_song(jam=jam), make_jam_song(jam=jam)
    vote = make_vote(jam_song=one)

    merge_songs(jam_song=one, into=other, host=host)

    assert Vote.objects.get().created_at == vote.created_at


@pytest.mark.parametrize("status", ["pending", "open", "queued"])
def test_what_has_not_been_played_can_be_merged(jam, host, status):
    one = make_jam_song(jam=jam, status=status, position=1 if status == "queued" else None)
    other = make_jam_song(jam=jam, status="queued", position=2)
    make_vote(jam_song=one)

    merge_songs(jam_song=one, into=other, host=host)

    assert (fresh(one).status, fresh(one).position) == ("removed", None)
    assert (fresh(other).status, fresh(other).position, fresh(other).votes) == ("queued", 1, 1)


@pytest.mark.parametrize(
    ("status", "into"),
    [("playing", "open"), ("played", "open"), ("removed", "open"),
     ("open", "pending"), ("open", "playing"), ("open", "played"), ("open", "removed")],
)  # fmt: skip
def test_from_elsewhere_nothing_is_merged(jam, host, status, into):
    one, other = make_jam_song(jam=jam, status=status), make_jam_song(jam=jam, status=into)
    make_vote(jam_song=one)

    with pytest.raises(SongNotReady):
        merge_songs(jam_song=one, into=other, host=host)

    assert (fresh(one).status, fresh(one).votes, fresh(other).votes) == (status, 1, 0)


def test_a_song_is_not_merged_into_itself(jam, host):
    jam_song = make_jam_song(jam=jam)
    make_vote(jam_song=jam_song)

    with pytest.raises(SongNotReady):
        merge_songs(jam_song=jam_song, into=jam_song, host=host)

    assert (fresh(jam_song).status, fresh(jam_song).votes) == ("open", 1)


def test_merging_is_written_down(jam, host):
    one, other = make_jam_song(jam=jam), make_jam_song(jam=jam)
    make_vote(jam_song=one)

    merge_songs(jam_song=one, into=other, host=host)

    event = AuditEvent.objects.get()
    assert (event.verb, event.actor) == ("merge", host)
    assert event.after["merge"] == {"song": one.pk, "into": other.pk, "votes": 1}
    assert event.before[f"song {one.pk}"]["status"] == "open"


def test_the_room_and_the_voters_hear_of_a_merge(jam, host, told, django_capture_on_commit_callbacks):
    sam, kim = make_attendee(jam=jam), make_attendee(jam=jam)
    one, other = make_jam_song(jam=jam, pinned=True, suggested_by=kim), make_jam_song(jam=jam)
    make_vote(jam_song=one, attendee=sam)
    make_vote(jam_song=make_jam_song(jam=jam))  # whose voter need not look again
    told.clear()

    with django_capture_on_commit_callbacks(execute=True):
        merge_songs(jam_song=one, into=other, host=host)

    songs = {message["id"]: message["state"] for message in told if message["part"] == "songs"}
    assert (songs[one.pk]["status"], songs[other.pk]["votes"]) == ("removed", 1)
    assert {message["to"] for message in told if "me" in message["state"]} == {sam.address, kim.address}
    assert [message["to"] for message in told if "desk" in message["state"]] == ["host"]
    assert not fresh(one).pinned


def test_the_likest_songs_come_first_and_those_that_are_equally_like_it_as_they_rank(jam):
    by = [("Zombie", "Blur"), ("Song Two", "Blur"), ("Song 2", "Nobody"), ("Song 2", "Blurry"), ("Song 2", "Bluris"),
          ("Song 2", "Bluray")]  # fmt: skip
    songs = [make_jam_song(jam=jam, song=make_song(title=title, artist=artist)) for title, artist in by]
    zombie, two, nobody, blurry, bluris, bluray = songs
    make_vote(jam_song=bluray)
    others = JamSong.objects.select_related("song").filter(pk__in=[song.pk for song in songs]).order_by("-pk")

    found = most_alike(make_jam_song(jam=jam, song=make_song(title="Song 2", artist="Blur")), others)

    assert found == [bluray, blurry, bluris, nobody, two, zombie]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_votes_that_come_while_songs_are_merged_are_counted_or_refused():
    host = make_user()
    jam = make_jam(host=host)
    one, other = make_jam_song(jam=jam), make_jam_song(jam=jam)
    people = [make_attendee(jam=jam) for _ in range(12)]
    for attendee in people[:4]:
        make_vote(jam_song=one, attendee=attendee)
    votes = [partial(cast_vote, jam_song=one, attendee=attendee) for attendee in people[4:8]]
    votes += [partial(cast_vote, jam_song=other, attendee=attendee) for attendee in people[8:]]

    raised = in_threads([*votes, partial(merge_songs, jam_song=one, into=other, host=host)])

    assert {error.code for error in raised} <= {"song_frozen"}
    assert (fresh(one).votes, fresh(other).votes) == (0, 12 - len(raised))
    assert differences() == []


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_vote_that_is_being_cast_goes_over_too():
    jam = make_jam(host=make_user())
    host, sam = jam.hosts.get(), make_attendee(jam=jam)
    one, other = make_jam_song(jam=jam), make_jam_song(jam=jam)

    one_after_the_other(
        lambda: cast_vote(jam_song=one, attendee=sam), lambda: merge_songs(jam_song=one, into=other, host=host)
    )

    assert (fresh(one).votes, fresh(other).votes) == (0, 1)


def test_only_hosts_merge_and_reopen(jam):
    one, other, stranger = make_jam_song(jam=jam), make_jam_song(jam=jam, status="played"), make_user()

    with pytest.raises(NotAHost):
        merge_songs(jam_song=one, into=one, host=stranger)
    with pytest.raises(NotAHost):
        reopen_song(jam_song=other, host=stranger)


def test_the_api_merges(jam, host):
    one, other = make_jam_song(jam=jam), make_jam_song(jam=jam)
    make_vote(jam_song=one)
    say, path = Caller(user=host), f"/api/v1/jams/{jam.slug}/songs"

    answer = say("POST", f"{path}/{one.pk}/merge", {"into": other.pk})

    assert (answer.json()["id"], answer.json()["votes"]) == (other.pk, 1)


def test_the_api_does_not_merge_into_another_jam(jam, host):
    one, foreign = make_jam_song(jam=jam), make_jam_song(jam=make_jam(host=host))

    answer = Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/songs/{one.pk}/merge", {"into": foreign.pk})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["into"])
    assert fresh(one).status == "open"


# Encores ----------------------------------------------------------------------------------------------


@pytest.fixture
def played(jam, host):
    jam_song = make_jam_song(jam=jam)
    for _ in range(2):
        make_vote(jam_song=jam_song)
    play_song(jam_song=jam_song, host=host)
    finish_song(jam_song=jam_song, host=host)
    return fresh(jam_song)


def test_an_encore_is_open_and_begins_without_votes(jam, host, played):
    another = make_vote(jam_song=make_jam_song(jam=jam))

    assert reopen_song(jam_song=played, host=host) == played

    song = fresh(played)
    assert (song.status, song.votes, song.votable) == ("open", 0, True)
    assert (song.started_at, song.ended_at, song.pinned) == (None, None, False)
    assert Vote.objects.get() == another
    assert differences() == []


def test_who_voted_for_the_first_round_may_vote_for_the_encore(jam, host, played):
    sam = Vote.objects.first().attendee
    reopen_song(jam_song=played, host=host)
    assert mine(sam)["votes"] == []

    tally = cast_vote(jam_song=played, attendee=sam)

    assert tally.votes == 1


def test_an_encore_takes_nobody_a_vote(host):
    jam = make_jam(host=host, max_votes=1)
    jam_song, sam = make_jam_song(jam=jam, status="open"), make_attendee(jam=jam)
    make_vote(jam_song=jam_song, attendee=sam)
    JamSong.objects.filter(pk=jam_song.pk).update(status="played", ended_at=timezone.now())

    reopen_song(jam_song=jam_song, host=host)

    assert votes_left(jam, sam) == 1


def test_how_the_first_round_went_stays_in_the_log(jam, host, played):
    reopen_song(jam_song=played, host=host)

    event = AuditEvent.objects.latest("pk")
    before = event.before[f"song {played.pk}"]
    assert (event.verb, event.actor) == ("encore", host)
    assert (before["status"], before["ended_at"]) == ("played", str(played.ended_at))
    assert len(event.before["votes"]) == 2


def test_an_encore_is_played_once_more(jam, host, played):
    first = played.ended_at
    reopen_song(jam_song=played, host=host)
    queue_song(jam_song=played, host=host)
    play_song(jam_song=played, host=host)
    finish_song(jam_song=played, host=host)

    song = JamSong.objects.select_related("song").get()
    assert (song.status, song.song.times_played, song.times_queued) == ("played", 2, 1)
    assert song.ended_at > first


@pytest.mark.parametrize("status", ["pending", "open", "queued", "playing", "removed"])
def test_only_what_was_played_can_be_an_encore(jam, host, status):
    jam_song = make_jam_song(jam=jam, status=status)
    make_vote(jam_song=jam_song)

    with pytest.raises(SongNotReady):
        reopen_song(jam_song=jam_song, host=host)

    assert (fresh(jam_song).status, fresh(jam_song).votes) == (status, 1)


def test_after_the_night_there_are_no_encores(host):
    jam_song = make_jam_song(jam=make_jam(host=host, status="ended"), status="played")

    with pytest.raises(WrongStatus):
        reopen_song(jam_song=jam_song, host=host)


def test_the_room_and_the_voters_hear_of_an_encore(jam, host, played, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        reopen_song(jam_song=played, host=host)

    [song] = [message["state"] for message in told if message["part"] == "songs"]
    assert (song["status"], song["votes"], song["ended_at"]) == ("open", 0, None)
    assert len([message for message in told if "me" in message["state"]]) == 2


def test_the_api_opens_a_song_again(jam, host, played):
    answer = Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/songs/{played.pk}/encore")

    assert (answer.json()["status"], answer.json()["votes"]) == ("open", 0)
