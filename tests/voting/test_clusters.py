"""Clusters: a script stands out, an honest room does not, and a host takes a script off in one step."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.models import AuditEvent
from apps.jams.attendees import join_jam
from apps.jams.errors import NotAHost, RoomCodeNeeded
from apps.jams.models import Attendee, Jam, JamSong
from apps.voting.clusters import Voter, clusters_of, find_clusters
from apps.voting.corrections import differences
from apps.voting.models import Vote
from apps.voting.operations import cast_vote, leave_jam, void_attendees
from tests.callers import Caller, with_cookie
from tests.factories import (
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_user,
    make_venue,
    make_vote,
)

DOORS = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)
RULE = {"size": 10, "seconds": 60}


def honest(rng, number, seconds, *, favourite=0.4, songs=20, most=8, first=0):
    """People who come within so many seconds; that part of them like song 1 best, and vote for others too."""
    voters = []
    for pk in range(first, first + number):
        liked = {1} if rng.random() < favourite else set()
        wanted = rng.randint(1, most)
        while len(liked) < wanted:
            liked.add(min(songs, 1 + int(rng.expovariate(0.2))))
        voters.append(Voter(pk, DOORS + timedelta(seconds=rng.random() * seconds), frozenset(liked)))
    return voters


def script(number, seconds, songs, *, after=3600.0, first=10_000):
    return [
        Voter(first + n, DOORS + timedelta(seconds=after + n * seconds / number), frozenset(songs))
        for n in range(number)
    ]


def found(voters, **rule):
    return find_clusters(voters, **(RULE | rule))


# An honest room is not flagged ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("number", "seconds"), [(300, 60), (300, 7200), (60, 60), (900, 3600)])
def test_an_honest_room_is_not_told_of(seed, number, seconds):
    assert found(honest(random.Random(seed), number, seconds)) == []


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("number", "seconds"), [(300, 60), (300, 7200), (1000, 7200)])
def test_many_who_vote_for_one_favourite_alone_are_honest_where_all_of_the_room_do(seed, number, seconds):
    """Half of them cast one vote, for the favourite; that is so in every minute."""
    voters = honest(random.Random(seed), number, seconds, favourite=0.5, most=1)
    assert sum(voter.songs == {1} for voter in voters) > number / 2

    assert found(voters) == []


def test_a_room_that_comes_at_once_and_has_two_songs_to_vote_for_is_honest():
    rng = random.Random(1)
    voters = honest(rng, 300, 60, favourite=0.5, songs=2, most=1)

    assert found(voters) == []


def test_a_few_friends_are_no_cluster():
    assert found(honest(random.Random(1), 100, 7200) + script(9, 20, {17})) == []


def test_people_who_vote_alike_and_come_one_by_one_are_no_cluster():
    assert found(honest(random.Random(1), 100, 7200) + script(60, 7200, {17}, after=0)) == []


def test_nobody_is_no_cluster():
    assert found([]) == []


# A script is --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("songs", [{17}, {1}, {3, 9, 12}])
def test_a_script_among_honest_people_is_found_whole_and_alone(seed, songs):
    voters = [*honest(random.Random(seed), 200, 7200, most=5), *script(50, 30, songs)]

    clusters = found(voters)

    ours = set(range(10_000, 10_050))
    assert len(clusters) == 1
    assert set(clusters[0].attendees) >= ours
    assert len(set(clusters[0].attendees) - ours) <= 3  # who came in between and votes just so
    assert clusters[0].songs == sorted(songs)


def test_a_script_that_varies_its_votes_a_little_is_found():
    varied = [
        voter._replace(songs=frozenset({2, 4, 6, 8, 10, 12, 14} | ({30 + n % 5} if n % 3 else set())))
        for n, voter in enumerate(script(40, 30, {1}))
    ]

    clusters = found([*honest(random.Random(1), 200, 7200), *varied])

    assert [len(cluster.attendees) for cluster in clusters] == [40]
    assert clusters[0].votes == sum(len(voter.songs) for voter in varied)


def test_a_script_in_an_empty_room_is_found_with_the_first_other_vote():
    bots, sam = script(60, 30, {5, 6}), Voter(1, DOORS + timedelta(hours=2), frozenset({7}))

    assert found(bots) == []
    assert [(len(one.attendees), one.since, one.until) for one in found([*bots, sam])] == [
        (60, DOORS + timedelta(hours=1), DOORS + timedelta(hours=1, seconds=29.5))
    ]


def test_a_script_that_comes_with_the_first_rush_is_found_when_others_have_come():
    rush = [*honest(random.Random(1), 100, 60), *script(150, 60, {17, 18}, after=0)]
    hour, after = timedelta(hours=1), honest(random.Random(2), 60, 3600, first=500)
    later = [voter._replace(joined=voter.joined + hour) for voter in after]

    assert [len(cluster.attendees) for cluster in found([*rush, *later])] == [150]


def test_who_votes_for_all_there_is_to_vote_for_is_honest():
    assert found(script(60, 30, {1, 2, 3})) == []


def test_two_waves_are_two_clusters_and_nobody_is_in_both():
    voters = honest(random.Random(1), 150, 7200)
    waves = [script(40, 20, {17, 18}), script(30, 20, {17, 18}, after=5400, first=20_000)]

    clusters = found([*voters, *waves[0], *waves[1]])

    assert [len(cluster.attendees) for cluster in clusters] == [40, 30]
    ids = [pk for cluster in clusters for pk in cluster.attendees]
    assert len(ids) == len(set(ids))


def test_how_many_and_how_close_are_settings():
    voters = [*honest(random.Random(1), 150, 7200), *script(12, 100, {17, 18})]

    assert found(voters) == []
    assert [len(cluster.attendees) for cluster in found(voters, seconds=100)] == [12]
    assert found(voters, seconds=100, size=13) == []


# Off in one step --------------------------------------------------------------------------------------


@pytest.fixture
def host(db):
    return make_user()


@pytest.fixture
def night(host):
    """A jam with three songs."""
    jam = make_jam(host=host)
    return jam, [make_jam_song(jam=jam, title=f"Song {number}") for number in range(3)]


def crowd(jam, songs, number):
    people = [make_attendee(jam=jam) for _ in range(number)]
    for attendee in people:
        for jam_song in songs:
            make_vote(jam_song=jam_song, attendee=attendee)
    return people


def test_a_host_takes_a_cluster_off_in_one_step(night, host, django_capture_on_commit_callbacks, monkeypatch):
    jam, songs = night
    sam = make_attendee(jam=jam)
    make_vote(jam_song=songs[0], attendee=sam)
    bots = crowd(jam, songs[:2], 20)
    told = []
    monkeypatch.setattr("apps.live.streams.announcer.tell", lambda stream, news: told.append(news.messages()) or True)

    with django_capture_on_commit_callbacks(execute=True):
        voided = void_attendees(jam=jam, host=host, attendees=[one.pk for one in bots])

    assert voided == (20, 40)
    assert list(JamSong.objects.order_by("pk").values_list("votes", flat=True)) == [1, 0, 0]
    assert differences() == []
    assert set(Attendee.objects.filter(state="removed")) == set(bots)
    event = AuditEvent.objects.about(jam).get()
    assert (event.verb, event.actor, len(event.after["void"]["attendees"])) == ("void", host, 20)
    assert len(event.before["votes"]) == 40
    counts = [message for messages in told for message in messages if message["part"] == "songs"]
    assert len(counts) == 2  # each song once, however many votes it lost
    closed = {message["to"] for messages in told for message in messages if message["part"] == "close"}
    assert closed == {one.address for one in bots}
    people = [message["state"]["people"] for messages in told for message in messages if "people" in message["state"]]
    assert people == [1]


def test_what_was_played_keeps_its_votes(night, host):
    jam, songs = night
    bots = crowd(jam, songs[:1], 3)
    JamSong.objects.filter(pk=songs[0].pk).update(status="played")

    assert void_attendees(jam=jam, host=host, attendees=[one.pk for one in bots]) == (3, 0)
    assert JamSong.objects.get(pk=songs[0].pk).votes == 3


def test_nobody_goes_whom_the_host_has_not_seen_and_nobody_of_another_jam(night, host):
    jam, songs = night
    seen, unseen = crowd(jam, songs[:1], 2), crowd(jam, songs[:1], 1)
    foreign = make_attendee()

    void_attendees(jam=jam, host=host, attendees=[*(one.pk for one in seen), foreign.pk, 10**9])

    for attendee in (*unseen, foreign):
        attendee.refresh_from_db()
        assert attendee.state == "active"


def test_saying_it_twice_does_no_harm(night, host):
    jam, songs = night
    ids = [one.pk for one in crowd(jam, songs[:1], 2)]

    assert [void_attendees(jam=jam, host=host, attendees=ids) for _ in range(2)] == [(2, 2), (0, 0)]
    assert AuditEvent.objects.about(jam).count() == 1


def test_only_hosts_do_it(night):
    jam, songs = night
    bots = crowd(jam, songs[:1], 2)

    with pytest.raises(NotAHost):
        void_attendees(jam=jam, host=make_user(), attendees=[one.pk for one in bots])

    assert Vote.objects.count() == 2


def test_the_api_shows_and_voids_a_cluster(night, host):
    jam, songs = night
    Attendee.objects.filter(pk__in=[one.pk for one in crowd(jam, [songs[2]], 4)]).update(created_at=DOORS)
    bots = crowd(jam, songs[:2], 60)
    say, path = Caller(user=host), f"/api/v1/jams/{jam.slug}/clusters"

    [cluster] = say("GET", path).json()["clusters"]
    answer = say("POST", f"{path}/void", {"attendees": cluster["attendees"]})

    assert cluster["attendees"] == [one.pk for one in bots]
    assert (cluster["songs"], cluster["votes"]) == (["Song 0", "Song 1"], 120)
    assert answer.json() == {"attendees": 60, "votes": 120}
    assert say("GET", path).json() == {"clusters": []}


def test_another_jams_votes_make_no_cluster_here(night, host):
    other = make_jam()
    crowd(other, [make_jam_song(jam=other)], 60)

    assert clusters_of(night[0]) == []
    assert Caller(user=host)("GET", f"/api/v1/jams/{other.slug}/clusters").status_code == 403


@pytest.mark.parametrize(
    "body", [{}, {"attendees": []}, {"attendees": ["x"]}, {"attendees": [0]}, {"attendees": list(range(1, 1002))}]
)
def test_a_void_names_whom_it_means(night, host, body):
    assert Caller(user=host)("POST", f"/api/v1/jams/{night[0].slug}/clusters/void", body).status_code == 400


def test_a_script_adds_at_most_the_rest_of_the_bucket_and_goes_in_one_step(host):
    """Product rule 9: 1,000 joins against a room of a hundred with forty people in it."""
    jam = make_jam(host=host, venue=make_venue(capacity=100))
    songs = [make_jam_song(jam=jam) for _ in range(6)]
    rng = random.Random(1)
    for _ in range(40):
        attendee, _token = join_jam(jam=jam)
        for jam_song in rng.sample(songs, rng.randint(1, 4)):
            cast_vote(jam_song=jam_song, attendee=attendee)
    Attendee.objects.update(created_at=DOORS)
    before = list(jam.songs.order_by("pk").values_list("votes", flat=True))

    inside = []
    for _ in range(1000):
        try:
            inside.append(join_jam(jam=jam)[0])
        except RoomCodeNeeded:
            continue
        cast_vote(jam_song=songs[5], attendee=inside[-1])

    assert len(inside) == 60
    songs[5].refresh_from_db()
    assert songs[5].votes - before[5] == 60
    [cluster] = clusters_of(jam)
    assert cluster.attendees == [one.pk for one in inside]
    assert void_attendees(jam=jam, host=host, attendees=cluster.attendees) == (60, 60)
    assert list(jam.songs.order_by("pk").values_list("votes", flat=True)) == before
    assert differences() == []


# What stays off ---------------------------------------------------------------------------------------


def test_who_was_voided_neither_votes_nor_joins_nor_leaves_to_come_back(night, host):
    jam, songs = night
    bot, token = make_attendee_with_token(jam=jam, name="Bot")
    base = f"/api/v1/jams/{jam.slug}"
    void_attendees(jam=jam, host=host, attendees=[bot.pk])

    for caller in (Caller(token=token), with_cookie(jam, token)):
        tried = [("PUT", f"{base}/songs/{songs[0].pk}/vote"), ("POST", f"{base}/attendees"), ("DELETE", f"{base}/me")]
        answers = [caller(method, path, None if method == "PUT" else {}) for method, path in tried]
        assert [(one.status_code, one.json()["code"]) for one in answers] == [(403, "removed")] * 3
    assert Vote.objects.count() == 0


def test_who_was_taken_off_and_is_erased_has_no_name_and_stays_off(night, host):
    jam, _songs = night
    bot, token = make_attendee_with_token(jam=jam, name="Bot")
    void_attendees(jam=jam, host=host, attendees=[bot.pk])

    leave_jam(attendee=bot)

    assert (bot.display_name, bot.state) == ("", "removed")
    assert Caller(token=token)("POST", f"/api/v1/jams/{jam.slug}/attendees", {}).status_code == 403


def test_who_leaves_is_erased_at_once(night):
    jam, _songs = night
    sam, token = make_attendee_with_token(jam=jam, name="Sam")

    leave_jam(attendee=sam)

    assert (sam.display_name, sam.secret_hash, sam.state) == ("", None, "left")
    assert Caller(token=token)("POST", f"/api/v1/jams/{jam.slug}/attendees", {}).status_code == 201
    assert Jam.objects.get(pk=jam.pk).attendees.count() == 2
