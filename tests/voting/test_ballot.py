"""The vote itself: once, counted by the database, exact at closing."""

import threading
import time
from datetime import timedelta
from functools import partial

import orjson
import pytest
from django.db import connection
from django.utils import timezone

from apps.jams import actions, board, operations
from apps.jams.errors import JamGone, SongFrozen, VotesOut, VotingClosed, VotingPaused, WasRemoved
from apps.jams.lineup import add_songs, play_song, queue_song, remove_song, skip_song
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.operations import end_jam, set_paused
from apps.voting.corrections import recount
from apps.voting.models import Vote
from apps.voting.operations import cast_vote, leave_jam, remove_attendee, take_back_vote
from tests.factories import make_attendee, make_jam, make_jam_song, make_song, make_user, make_vote
from tests.races import in_threads, one_after_the_other, somebody_waits

pytestmark = pytest.mark.django_db


LONG_AGO = timezone.now() - timedelta(hours=2)


def fresh(jam_song):
    return JamSong.objects.select_related("jam").get(pk=jam_song.pk)


def test_a_vote_counts():
    jam_song = make_jam_song()
    attendee = make_attendee(jam=jam_song.jam)

    tally = cast_vote(jam_song=jam_song, attendee=attendee)

    assert (tally.votes, tally.voted) == (1, True)
    row = fresh(jam_song)
    assert (row.votes, row.revision) == (1, tally.revision)


def test_voting_twice_counts_once():
    jam_song = make_jam_song()
    attendee = make_attendee(jam=jam_song.jam)

    first = cast_vote(jam_song=jam_song, attendee=attendee)
    second = cast_vote(jam_song=jam_song, attendee=attendee)

    assert first == second
    assert fresh(jam_song).votes == 1


def test_a_vote_taken_back_twice_is_gone_once():
    jam_song = make_jam_song()
    make_vote(jam_song=jam_song)
    attendee = make_attendee(jam=jam_song.jam)
    cast_vote(jam_song=jam_song, attendee=attendee)

    first = take_back_vote(jam_song=jam_song, attendee=attendee)
    second = take_back_vote(jam_song=jam_song, attendee=attendee)

    assert first == second
    assert (second.votes, second.voted) == (1, False)
    assert fresh(jam_song).votes == 1


def test_the_tally_says_what_the_row_says():
    jam_song = make_jam_song()
    attendees = [make_attendee(jam=jam_song.jam) for _ in range(3)]

    for attendee in attendees:
        tally = cast_vote(jam_song=jam_song, attendee=attendee)

        row = fresh(jam_song)
        assert (tally.votes, tally.revision) == (row.votes, row.revision)


def test_the_time_of_the_count_is_the_rows_own(monkeypatch):
    told = []
    monkeypatch.setattr("apps.voting.operations.announce", lambda stream, *changes: told.extend(changes))
    jam_song = make_jam_song()

    cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam))

    assert told[0].state["counted_at"] == fresh(jam_song).counted_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_a_vote_is_told_as_the_board_tells_it(monkeypatch):
    told = []
    for module in ("voting.operations", "jams.board"):
        monkeypatch.setattr(f"apps.{module}.announce", lambda stream, *changes: told.append((stream, *changes)))
    jam_song = make_jam_song(pinned=True)

    cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam))
    board.publish_count(jam_song.jam, jam_song.pk)

    (stream, vote), (same_stream, count) = told[-2:]
    assert stream == same_stream == jam_song.jam.stream
    state = {name: count.state[name] for name in ("status", "votes", "counted_at", "pinned")}
    assert orjson.dumps(vote.state) == orjson.dumps(state)  # no 1 for true
    assert vote._replace(state=None) == count._replace(state=None)


@pytest.mark.parametrize("status", ["draft", "ended"])
def test_a_jam_that_is_not_open_takes_no_votes(status):
    jam_song = make_jam_song(jam=make_jam(status=status))

    with pytest.raises(VotingClosed):
        cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam))

    assert fresh(jam_song).votes == 0


@pytest.mark.parametrize("status", ["open", "live", "last_call"])
def test_an_open_jam_takes_votes(status):
    jam_song = make_jam_song(jam=make_jam(status=status))

    assert cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam)).votes == 1


@pytest.mark.parametrize("status", ["pending", "queued", "playing", "played", "removed"])
def test_only_open_songs_take_votes(status):
    jam_song = make_jam_song(status=status)

    with pytest.raises(SongFrozen):
        cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam))


@pytest.mark.parametrize(
    ("status", "why"),
    [("queued", "the host has just taken this song"), ("played", "played tonight"), ("", "one with another now")],
)
def test_why_a_song_takes_no_votes_is_said(status, why):
    jam = make_jam_song().jam
    jam_song, attendee = make_jam_song(jam=jam), make_attendee(jam=jam)
    songs = JamSong.objects.filter(pk=jam_song.pk)
    songs.update(status=status) if status else songs.delete()

    for operation in (cast_vote, take_back_vote):
        with pytest.raises(SongFrozen) as refused:
            operation(jam_song=jam_song, attendee=attendee)
        assert why in str(refused.value.message)


def test_whoever_is_away_votes_and_is_told_of_the_song():
    jam_song = make_jam_song()
    attendee = make_attendee(jam=jam_song.jam, state="away")

    assert cast_vote(jam_song=jam_song, attendee=attendee).votes == 1
    with pytest.raises(SongFrozen):
        cast_vote(jam_song=make_jam_song(jam=jam_song.jam, status="queued"), attendee=attendee)


def test_a_pause_holds_votes_and_keeps_them():
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host))
    attendee = make_attendee(jam=jam_song.jam)
    cast_vote(jam_song=jam_song, attendee=attendee)
    set_paused(jam=jam_song.jam, host=host, voting=True)

    with pytest.raises(VotingPaused):
        take_back_vote(jam_song=fresh(jam_song), attendee=attendee)

    assert fresh(jam_song).votes == 1
    set_paused(jam=jam_song.jam, host=host, voting=False)
    assert take_back_vote(jam_song=fresh(jam_song), attendee=attendee).votes == 0


def test_voting_closes_by_the_servers_clock():
    jam = make_jam()
    jam_song, attendee = make_jam_song(jam=jam), make_attendee(jam=jam)
    Jam.objects.filter(pk=jam.pk).update(voting_closes_at=timezone.now() + timedelta(minutes=1))
    cast_vote(jam_song=fresh(jam_song), attendee=attendee)
    Jam.objects.filter(pk=jam.pk).update(voting_closes_at=timezone.now() - timedelta(milliseconds=1))

    with pytest.raises(VotingClosed):
        take_back_vote(jam_song=fresh(jam_song), attendee=attendee)


def test_a_queued_song_is_frozen_until_it_is_open_again():
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host))
    attendee = make_attendee(jam=jam_song.jam)
    queue_song(jam_song=jam_song, host=host)
    with pytest.raises(SongFrozen):
        cast_vote(jam_song=fresh(jam_song), attendee=attendee)

    skip_song(jam_song=jam_song, host=host)

    assert cast_vote(jam_song=fresh(jam_song), attendee=attendee).votes == 1


def test_an_attendee_of_another_jam_cannot_vote():
    jam_song = make_jam_song()
    stranger = make_attendee()

    for operation in (cast_vote, take_back_vote):
        with pytest.raises(WasRemoved):
            operation(jam_song=jam_song, attendee=stranger)

    assert fresh(jam_song).votes == 0


def test_the_cap_holds_and_a_vote_comes_back_when_its_song_is_played():
    host = make_user()
    jam = make_jam(host=host, max_votes=2)
    songs, attendee = [make_jam_song(jam=jam) for _ in range(3)], make_attendee(jam=jam)
    make_vote(jam_song=songs[2])  # somebody else's
    cast_vote(jam_song=songs[0], attendee=attendee)
    cast_vote(jam_song=songs[1], attendee=attendee)
    with pytest.raises(VotesOut):
        cast_vote(jam_song=songs[2], attendee=attendee)
    cast_vote(jam_song=songs[1], attendee=attendee)  # said again, not a third

    play_song(jam_song=songs[0], host=host)
    with pytest.raises(VotesOut):
        cast_vote(jam_song=songs[2], attendee=attendee)
    play_song(jam_song=make_jam_song(jam=jam), host=host)

    assert cast_vote(jam_song=songs[2], attendee=attendee).votes == 2


def test_a_vote_under_a_cap_takes_few_statements(django_assert_num_queries):
    jam_song = make_jam_song(jam=make_jam(max_votes=1))
    attendee = make_attendee(jam=jam_song.jam)

    # Look, begin, hold, count, vote, commit; on SQLite begin, find, vote, find, commit.
    with django_assert_num_queries(6 if connection.vendor == "postgresql" else 5):
        cast_vote(jam_song=jam_song, attendee=attendee)


def test_removing_somebody_takes_their_votes():
    host = make_user()
    jam = make_jam(host=host)
    jam_song, other = make_jam_song(jam=jam), make_jam_song(jam=jam)
    abuser = make_attendee(jam=jam)
    make_vote(jam_song=jam_song)
    for song in (jam_song, other):
        cast_vote(jam_song=song, attendee=abuser)

    as_they_were = Attendee.objects.get(pk=abuser.pk)
    remove_attendee(attendee=abuser, host=host)

    assert (fresh(jam_song).votes, fresh(other).votes) == (1, 0)
    for attendee in (abuser, as_they_were):
        for operation in (cast_vote, take_back_vote):
            with pytest.raises(WasRemoved):
                operation(jam_song=jam_song, attendee=attendee)


def test_whoever_leaves_takes_their_votes_and_is_forgotten():
    jam_song = make_jam_song()
    attendee = make_attendee(jam=jam_song.jam, name="Sam")
    cast_vote(jam_song=jam_song, attendee=attendee)

    leave_jam(attendee=attendee)

    assert fresh(jam_song).votes == 0
    assert (attendee.display_name, attendee.folded_name, attendee.secret_hash) == ("", None, None)


@pytest.mark.parametrize("go", ["leaves", "is taken off"])
def test_votes_for_what_was_played_stay_when_somebody_goes(go):
    host = make_user()
    jam = make_jam(host=host)
    played, to_come, attendee = make_jam_song(jam=jam), make_jam_song(jam=jam), make_attendee(jam=jam)
    for jam_song in (played, to_come):
        cast_vote(jam_song=jam_song, attendee=attendee)
    JamSong.objects.filter(pk=played.pk).update(status="played")

    leave_jam(attendee=attendee) if go == "leaves" else remove_attendee(attendee=attendee, host=host)

    assert (fresh(played).votes, fresh(to_come).votes) == (1, 0)


def test_votes_of_somebody_who_is_gone_do_not_come_back_with_a_removed_song():
    host = make_user()
    jam = make_jam(host=host)
    jam_song, abuser, guest = make_jam_song(jam=jam), make_attendee(jam=jam), make_attendee(jam=jam)
    for person in (abuser, guest):
        cast_vote(jam_song=jam_song, attendee=person)
    remove_song(jam_song=jam_song, host=host)
    remove_attendee(attendee=abuser, host=host)

    add_songs(jam=jam, host=host, songs=[jam_song.song])

    assert (fresh(jam_song).status, fresh(jam_song).votes) == ("open", 1)


def test_bulk_and_cascade_count_too():
    one, two = make_jam_song(), make_jam_song()
    people = [make_attendee(jam=one.jam) for _ in range(4)]

    Vote.objects.bulk_create([Vote(jam_song=one, attendee=person) for person in people])
    assert fresh(one).votes == 4
    Vote.objects.filter(attendee__in=people[:2]).update(jam_song=two)
    assert (fresh(one).votes, fresh(two).votes) == (2, 2)
    people[0].delete()
    assert fresh(two).votes == 1
    Vote.objects.all().delete()
    assert (fresh(one).votes, fresh(two).votes) == (0, 0)


def test_sql_by_hand_and_the_deletion_of_a_jam_count_too():
    jam = make_jam()
    jam_song, other = make_jam_song(jam=jam), make_jam_song()
    people = [make_attendee(jam=jam) for _ in range(3)]

    with connection.cursor() as cursor:
        for person in people:
            cursor.execute(
                "INSERT INTO voting_vote (jam_song_id, attendee_id, month, created_at) VALUES (%s, %s, %s, %s)",
                [jam_song.pk, person.pk, jam_song.month, timezone.now()],
            )
        assert fresh(jam_song).votes == 3
        cursor.execute("UPDATE voting_vote SET jam_song_id = %s WHERE attendee_id = %s", [other.pk, people[0].pk])
        assert (fresh(jam_song).votes, fresh(other).votes) == (2, 1)
        cursor.execute("DELETE FROM voting_vote WHERE attendee_id = %s", [people[1].pk])
        assert fresh(jam_song).votes == 1
    jam.delete()  # and with it its people, of whom one has voted elsewhere
    assert fresh(other).votes == 0


def test_votes_of_nights_in_two_months_are_found_together():
    now = timezone.now()
    nights = [make_jam(starts_at=now - timedelta(days=days)) for days in (40, 0)]
    votes = [make_vote(jam_song=make_jam_song(jam=jam)) for jam in nights]

    assert list(Vote.objects.at(*nights).order_by("pk")) == votes


def test_what_changes_no_votes_changes_no_count():
    vote = make_vote(jam_song=make_jam_song())
    before = fresh(vote.jam_song)

    Vote.objects.update(created_at=timezone.now())
    Vote.objects.bulk_create([Vote(jam_song=vote.jam_song, attendee=vote.attendee)], ignore_conflicts=True)

    after = fresh(vote.jam_song)
    assert (after.votes, after.revision, after.counted_at) == (1, before.revision, before.counted_at)


def test_each_change_of_a_count_is_one_revision_and_says_when():
    one, two = make_jam_song(), make_jam_song()
    people = [make_attendee(jam=one.jam) for _ in range(3)]
    votes = Vote.objects.filter(attendee__in=people)

    def counted(change, *songs):
        JamSong.objects.update(counted_at=LONG_AGO)
        before = {song.pk: fresh(song).revision for song in (one, two)}
        change()
        for song in (one, two):
            row = fresh(song)
            assert row.revision - before[song.pk] == (song in songs)
            assert (row.counted_at > LONG_AGO) == (song in songs)

    counted(lambda: make_vote(jam_song=one, attendee=people[0]), one)
    if connection.vendor == "postgresql":  # SQLite counts each row by itself
        counted(lambda: Vote.objects.bulk_create([Vote(jam_song=one, attendee=person) for person in people[1:]]), one)
    counted(lambda: votes.update(jam_song=two), one, two)
    counted(votes.delete, two)


CLOSING = {"status": "ended", "voting_paused": True, "voting_closes_at": LONG_AGO}


@pytest.mark.parametrize("column", CLOSING)
def test_whoever_closes_a_jam_closes_its_songs_and_no_others(column):
    here, queued, elsewhere = make_jam_song(), make_jam_song(status="queued"), make_jam_song()
    JamSong.objects.filter(pk=queued.pk).update(jam=here.jam)
    opening = Jam.objects.values().get(pk=here.jam_id)

    def takes_votes(jam_song):
        row = fresh(jam_song)
        return row.votable and not row.votable_until

    Jam.objects.filter(pk=here.jam_id).update(**{column: CLOSING[column]})  # past all operations
    assert [takes_votes(song) for song in (here, queued, elsewhere)] == [False, False, True]
    Jam.objects.filter(pk=here.jam_id).update(**{column: opening[column]})
    assert [takes_votes(song) for song in (here, queued, elsewhere)] == [True, False, True]


@pytest.mark.parametrize("column", CLOSING)
def test_a_song_follows_the_jam_that_it_comes_into(column):
    jam_song, closed = make_jam_song(), make_jam(**{column: CLOSING[column]})
    new = make_jam_song(jam=closed)

    JamSong.objects.filter(pk=jam_song.pk).update(jam=closed)

    for row in (fresh(jam_song), fresh(new)):
        assert (row.votable, row.votable_until) == (column == "voting_closes_at", closed.voting_closes_at)


@pytest.mark.parametrize("status", ["open", "live", "last_call"])
def test_a_jam_that_opens_opens_its_songs(status):
    jam_song = make_jam_song(jam=make_jam(status="draft"))

    Jam.objects.filter(pk=jam_song.jam_id).update(status=status)

    assert fresh(jam_song).votable
    assert fresh(make_jam_song(jam=jam_song.jam)).votable


def test_a_vote_can_be_taken_back_where_the_counter_is_too_low():
    jam_song = make_jam_song()
    people = [make_attendee(jam=jam_song.jam) for _ in range(2)]
    for person in people:
        cast_vote(jam_song=jam_song, attendee=person)
    JamSong.objects.filter(pk=jam_song.pk).update(votes=0)

    tally = take_back_vote(jam_song=fresh(jam_song), attendee=people[0])

    assert (tally.votes, fresh(jam_song).votes) == (0, 0)
    recount(jam_song=jam_song.pk)
    assert fresh(jam_song).votes == 1
    JamSong.objects.filter(pk=jam_song.pk).update(votes=0)
    Vote.objects.filter(attendee=people[1]).update(jam_song=make_jam_song(jam=jam_song.jam))
    Vote.objects.all().delete()
    assert fresh(jam_song).votes == 0


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_truncating_votes_empties_the_counters():
    jam_song, other = make_jam_song(), make_jam_song()
    make_vote(jam_song=jam_song)
    JamSong.objects.update(counted_at=LONG_AGO)
    before = fresh(jam_song), fresh(other)

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE voting_vote")

    rows = fresh(jam_song), fresh(other)
    assert [row.votes for row in rows] == [0, 0]
    assert [row.revision - was.revision for row, was in zip(rows, before, strict=True)] == [1, 0]
    assert [row.counted_at > LONG_AGO for row in rows] == [True, False]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_hundred_threads_leave_one_vote():
    jam_song = make_jam_song()
    attendee = make_attendee(jam=jam_song.jam)

    raised = []
    for _ in range(4):  # 50 connections at a time
        raised += in_threads([lambda: cast_vote(jam_song=fresh(jam_song), attendee=attendee)] * 50)

    assert raised == []
    assert Vote.objects.filter(jam_song=jam_song).count() == fresh(jam_song).votes == 1


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_the_cap_holds_when_one_person_votes_for_many_songs_at_once():
    jam = make_jam(max_votes=3)
    songs, attendee = [make_jam_song(jam=jam) for _ in range(12)], make_attendee(jam=jam)

    raised = in_threads([lambda s=song: cast_vote(jam_song=s, attendee=attendee) for song in songs])

    assert Vote.objects.filter(attendee=attendee).count() == 3
    assert [type(error) for error in raised] == [VotesOut] * 9


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_closing_is_exact_under_load():
    host = make_user()
    jam = make_jam(host=host)
    songs = [make_jam_song(jam=jam) for _ in range(5)]
    people = [make_attendee(jam=jam) for _ in range(12)]
    counted, late, closed = [], [], threading.Event()

    def vote(person):
        while not closed.is_set():
            for song in songs:
                for operation in (cast_vote, take_back_vote):
                    was_closed = closed.is_set()
                    try:
                        operation(jam_song=song, attendee=person)
                    except (VotingClosed, SongFrozen):
                        continue
                    counted.append(person)
                    if was_closed:
                        late.append(person)

    def close():
        while len(counted) < 50:
            pass
        end_jam(jam=jam, host=host)
        closed.set()

    raised = in_threads([*(lambda p=person: vote(p) for person in people), close])

    assert raised == []
    assert len(counted) >= 50
    assert late == []
    for song in songs:
        assert fresh(song).votes == Vote.objects.filter(jam_song=song).count()


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_no_vote_of_a_removed_person_slips_in():
    host = make_user()
    jam = make_jam(host=host)
    songs = [make_jam_song(jam=jam) for _ in range(10)]

    for _ in range(5):
        person = make_attendee(jam=jam)
        in_threads(
            [lambda: remove_attendee(attendee=person, host=host)]
            + [lambda s=song: cast_vote(jam_song=s, attendee=person) for song in songs]
        )

        assert not Vote.objects.filter(attendee=person).exists()
    assert all(fresh(song).votes == 0 for song in songs)


def test_a_vote_in_a_jam_that_is_gone_says_so():
    _another, jam_song = make_jam(), make_jam_song()
    attendee = make_attendee(jam=jam_song.jam)
    Jam.objects.filter(pk=jam_song.jam_id).delete()

    with pytest.raises(JamGone):
        cast_vote(jam_song=jam_song, attendee=attendee)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("counts", ["hidden", "top"])
def test_a_vote_that_waits_while_counts_are_hidden_tells_none(monkeypatch, counts):
    _another, jam_song = make_jam(), make_jam_song(jam=make_jam(host=make_user()))
    host, attendee = jam_song.jam.hosts.get(), make_attendee(jam=jam_song.jam)
    held, told, tallies, tops, show = threading.Event(), [], [], [], actions.show_otherwise
    make_jam_song(jam=jam_song.jam)

    def hold(action):
        show(action)
        held.set()
        for _ in range(500):
            if somebody_waits():
                return
            time.sleep(0.01)
        raise AssertionError("nobody waits")

    def vote():
        assert held.wait(10)
        tallies.append(cast_vote(jam_song=jam_song, attendee=attendee))

    monkeypatch.setattr(actions, "show_otherwise", hold)
    monkeypatch.setattr("apps.voting.operations.announce", lambda stream, *changes: told.extend(changes))

    monkeypatch.setattr(
        "apps.jams.board.announce",
        lambda stream, *changes: tops.extend(change.state["top"] for change in changes if "top" in change.state),
    )

    change = partial(operations.change_jam, jam=jam_song.jam, host=host, counts=counts, counts_top=1)
    assert in_threads([change, vote]) == []

    assert [tally.votes for tally in tallies] == [None]
    assert told == []  # only by the board, which knows who may hear it
    assert {len(top) for top in tops} <= {1}


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("max_votes", [None, 3])
@pytest.mark.parametrize("operation", [cast_vote, take_back_vote])
def test_a_vote_waits_for_its_jam_to_close_and_is_late(operation, max_votes):
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host, max_votes=max_votes))
    attendee = make_vote(jam_song=jam_song).attendee if operation is take_back_vote else make_attendee(jam=jam_song.jam)

    raised = one_after_the_other(
        lambda: end_jam(jam=jam_song.jam, host=host), lambda: operation(jam_song=jam_song, attendee=attendee)
    )

    assert raised == [VotingClosed]
    assert fresh(jam_song).votes == (operation is take_back_vote)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_vote_that_waits_past_the_closing_time_is_late():
    jam_song = make_jam_song()
    attendee = make_attendee(jam=jam_song.jam)
    Jam.objects.filter(pk=jam_song.jam_id).update(voting_closes_at=timezone.now() + timedelta(seconds=1))

    raised = one_after_the_other(
        lambda: make_vote(jam_song=jam_song), lambda: cast_vote(jam_song=jam_song, attendee=attendee), linger=1.1
    )

    assert (raised, fresh(jam_song).votes) == ([VotingClosed], 1)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_vote_waits_for_its_voter_to_be_taken_off_and_is_refused():
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host))
    attendee = make_attendee(jam=jam_song.jam)

    raised = one_after_the_other(
        lambda: remove_attendee(attendee=Attendee.objects.get(pk=attendee.pk), host=host),
        lambda: cast_vote(jam_song=jam_song, attendee=attendee),
    )

    assert (raised, Vote.objects.count()) == ([WasRemoved], 0)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_the_last_vote_that_a_cap_allows_waits_for_the_one_before():
    jam = make_jam(max_votes=1)
    one, two, attendee = make_jam_song(jam=jam), make_jam_song(jam=jam), make_attendee(jam=jam)

    raised = one_after_the_other(
        lambda: cast_vote(jam_song=one, attendee=attendee), lambda: cast_vote(jam_song=two, attendee=attendee)
    )

    assert (raised, fresh(one).votes, fresh(two).votes) == ([VotesOut], 1, 0)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_vote_under_a_cap_waits_for_nobody_elses():
    jam = make_jam(max_votes=2)
    one, two = (make_jam_song(jam=jam) for _ in range(2))
    somebody, somebody_else = (make_attendee(jam=jam) for _ in range(2))
    counted = []

    def vote_elsewhere():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        counted.append(cast_vote(jam_song=two, attendee=somebody_else).votes)

    one_after_the_other(lambda: cast_vote(jam_song=one, attendee=somebody), vote_elsewhere, linger=0.5)

    assert counted == [1]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_vote_that_is_taken_back_while_it_is_cast_is_gone():
    jam_song = make_jam_song()
    attendee, tallies = make_attendee(jam=jam_song.jam), []

    one_after_the_other(
        lambda: cast_vote(jam_song=jam_song, attendee=attendee),
        lambda: tallies.append(take_back_vote(jam_song=jam_song, attendee=attendee)),
    )

    assert ([tally.votes for tally in tallies], fresh(jam_song).votes) == ([0], 0)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_song_that_comes_while_the_jam_closes_is_closed_too():
    jam, song = make_jam(), make_song()

    one_after_the_other(
        lambda: Jam.objects.filter(pk=jam.pk).update(status="ended"), lambda: make_jam_song(jam=jam, song=song)
    )

    assert not JamSong.objects.get(jam=jam).votable


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_count_is_mended_with_the_vote_that_is_being_cast():
    jam_song = make_jam_song()

    one_after_the_other(lambda: make_vote(jam_song=jam_song), lambda: recount(jam_song=jam_song.pk))

    assert fresh(jam_song).votes == 1
