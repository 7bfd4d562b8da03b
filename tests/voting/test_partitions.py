"""Votes by month on PostgreSQL: where they are, how they came there while people voted, and that each is there once."""

import random
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.core.backfills import BACKFILLS, Backfill, backfill
from apps.core.locks import AlwaysBusy, briefly
from apps.core.models import BackfillRun
from apps.core.times import NO_MONTH, month_of, next_month
from apps.jams.errors import NightStays
from apps.jams.models import Jam
from apps.jams.operations import change_jam
from apps.voting import partitions
from apps.voting.backfills import VOTES_BY_MONTH
from apps.voting.corrections import differences
from apps.voting.models import Vote
from apps.voting.operations import cast_vote, take_back_vote
from apps.voting.tasks import prepare_partitions
from tests.factories import make_attendee, make_jam, make_jam_song, make_user, make_vote
from tests.races import in_threads

pytestmark = pytest.mark.django_db
services = pytest.mark.services
committed = pytest.mark.django_db(transaction=True)

THEN = datetime(2031, 3, 31, 22, 30, tzinfo=UTC)
# How the release before partitions casts a vote.
BEFORE_CAST = """
INSERT INTO voting_vote (jam_song_id, attendee_id, created_at) VALUES (%s, %s, now())
ON CONFLICT (jam_song_id, attendee_id) DO NOTHING
"""


def night(starts_at=THEN, **fields):
    return make_jam(starts_at=starts_at, ends_at=starts_at + timedelta(hours=4), **fields)


def where():
    """Each vote's partition, by its key."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, tableoid::regclass::text FROM voting_vote")
        return dict(cursor.fetchall())


def test_a_month_is_that_of_the_start_in_utc():
    assert month_of(THEN) == datetime(2031, 3, 1).date()
    assert next_month(month_of(THEN), 10) == datetime(2032, 1, 1).date()
    assert next_month(month_of(THEN), -3) == datetime(2030, 12, 1).date()


@services
def test_a_vote_is_in_the_partition_of_its_nights_month():
    partitions.prepare([month_of(THEN)])
    jam_song = make_jam_song(jam=night())
    attendee = make_attendee(jam=jam_song.jam)

    cast_vote(jam_song=jam_song, attendee=attendee)

    assert list(where().values()) == ["voting_vote_2031_03"]
    assert list(Vote.objects.at(jam_song.jam).filter(attendee=attendee).values_list("jam_song")) == [(jam_song.pk,)]
    assert take_back_vote(jam_song=jam_song, attendee=attendee).votes == 0
    assert where() == {}


@services
@committed
def test_a_month_without_a_partition_takes_votes_and_gets_one_with_them():
    jam_song = make_jam_song(jam=night(datetime(2033, 5, 1, tzinfo=UTC)))
    vote = make_vote(jam_song=jam_song)
    assert where() == {vote.pk: "voting_vote_other"}

    assert partitions.prepare() == ["voting_vote_2033_05"]

    assert where() == {vote.pk: "voting_vote_2033_05"}
    jam_song.refresh_from_db()
    assert jam_song.votes == 1
    assert partitions.prepare() == []


@services
def test_partitions_are_made_ahead(settings):
    settings.PARTITION_MONTHS_AHEAD = 5

    prepare_partitions()

    assert partitions.name_of(next_month(month_of(timezone.now()), 5)) in partitions.names()


def test_a_night_with_votes_stays_in_its_month():
    host = make_user()
    jam = night(host=host)
    make_vote(jam_song=make_jam_song(jam=jam))

    with pytest.raises(NightStays):
        change_jam(jam=jam, host=host, starts_at=THEN + timedelta(hours=2), ends_at=THEN + timedelta(hours=5))

    change_jam(jam=jam, host=host, starts_at=THEN - timedelta(days=2))
    jam.refresh_from_db()
    assert jam.starts_at == THEN - timedelta(days=2)


def test_a_night_without_votes_goes_where_it_likes():
    host = make_user()
    jam = night(host=host)
    jam_song = make_jam_song(jam=jam)
    later = THEN + timedelta(days=40)

    change_jam(jam=jam, host=host, starts_at=later, ends_at=later + timedelta(hours=3))

    vote = make_vote(jam_song=type(jam_song).objects.get(pk=jam_song.pk))
    assert vote.month == Jam.objects.get(pk=jam.pk).month
    if connection.vendor == "postgresql":
        assert vote.month == month_of(later)


@services
def test_the_database_holds_votes_to_the_month_of_their_song():
    vote = make_vote(jam_song=make_jam_song(jam=night()))

    for table in ("voting_vote", "jams_jamsong"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET month = '2031-04-01'; SET CONSTRAINTS ALL IMMEDIATE")

    assert Vote.objects.get() == vote


@services
def test_a_night_that_is_moved_by_hand_leaves_its_votes_where_they_are():
    jam = night()
    jam_song = make_jam_song(jam=jam)
    vote = make_vote(jam_song=jam_song)

    Jam.objects.update(starts_at=THEN + timedelta(days=60), ends_at=THEN + timedelta(days=61))

    jam.refresh_from_db()
    assert jam.month == month_of(THEN)
    assert list(Vote.objects.at(jam)) == [vote]
    assert make_vote(jam_song=jam_song).month == jam.month


@services
def test_hot_queries_look_into_one_partition():
    partitions.prepare([month_of(THEN)])
    jam = night()
    attendee = make_attendee(jam=jam)

    for votes in (
        Vote.objects.at(jam).filter(attendee=attendee),
        Vote.objects.at(jam).out(attendee),
        Vote.objects.at(jam).filter(jam_song__jam=jam),
    ):
        assert {name for name in partitions.names() if name in votes.explain()} == {"voting_vote_2031_03"}


# While people vote ------------------------------------------------------------------------------------


class Voter:
    """Votes without end for the songs of one night, and knows what was acknowledged."""

    def __init__(self, songs, attendee):
        self.songs, self.attendee, self.voted, self.times, self.slowest = songs, attendee, set(), 0, 0.0

    def vote(self, ended):
        dice = random.Random(self.attendee.pk)
        while not ended.is_set():
            song = dice.choice(self.songs)
            begun = time.perf_counter()
            if song.pk in self.voted and dice.random() < 0.5:
                take_back_vote(jam_song=song, attendee=self.attendee)
                self.voted.discard(song.pk)
            else:
                cast_vote(jam_song=song, attendee=self.attendee)
                self.voted.add(song.pk)
            self.slowest = max(self.slowest, time.perf_counter() - begun)
            self.times += 1
            time.sleep(0.005)


def a_full_house(nights=6, people=3, songs=4):
    """Who votes all the time, and of each night somebody who has voted for everything and only sits there."""
    now = timezone.now()
    voters, sitting = [], []
    for number in range(nights):
        jam = night(now - timedelta(days=40 * number))
        line_up = [make_jam_song(jam=jam) for _ in range(songs)]
        voters += [Voter(line_up, make_attendee(jam=jam)) for _ in range(people)]
        sitting.append(Voter(line_up, make_attendee(jam=jam)))
        for song in line_up:
            cast_vote(jam_song=song, attendee=sitting[-1].attendee)
            sitting[-1].voted.add(song.pk)
    return voters, sitting


def acknowledged(voters):
    return {(song, voter.attendee.pk) for voter in voters for song in voter.voted}


def cast():
    return sorted(Vote.objects.values_list("jam_song", "attendee"))


def split_again():
    call_command("migrate", verbosity=0)
    backfill(VOTES_BY_MONTH)


@pytest.fixture
def before_partitions(transactional_db):
    """The table as it was, with what votes need to know of months: migration 0004."""
    call_command("migrate", "voting", "0004", verbosity=0)
    yield
    split_again()


def meanwhile(voters, steps):
    """What `steps` and the voters raised. The voters vote before, during and after each step."""
    ended = threading.Event()

    def take_steps():
        try:
            for step in steps:
                wait_for_votes(voters)
                step()
            wait_for_votes(voters)
        finally:
            ended.set()

    return in_threads([take_steps, *(lambda voter=voter: voter.vote(ended) for voter in voters)])


def wait_for_votes(voters):
    wanted = [voter.times + 2 for voter in voters]
    deadline = time.monotonic() + 60
    while any(voter.times < times for voter, times in zip(voters, wanted, strict=True)):
        assert time.monotonic() < deadline, "nobody votes any more"
        time.sleep(0.01)


@services
def test_the_table_is_split_and_backfilled_while_people_vote(before_partitions):
    voters, sitting = a_full_house()
    ids = sorted(Vote.objects.values_list("pk", flat=True))
    assert not partitions.are_there()

    raised = meanwhile(
        voters,
        [
            lambda: call_command("migrate", "voting", verbosity=0),
            lambda: backfill(VOTES_BY_MONTH, batch=1, streams=2),
        ],
    )

    assert raised == []
    assert cast() == sorted(acknowledged([*voters, *sitting]))
    assert differences() == []
    assert set(Vote.objects.filter(pk__in=ids).values_list("pk", flat=True)) == set(ids)
    assert partitions.BEFORE not in partitions.names()
    jams = {jam.pk: jam for jam in Jam.objects.all()}
    months = dict(Vote.objects.values_list("pk", "jam_song__jam"))
    assert where() == {pk: partitions.name_of(month_of(jams[jam].starts_at)) for pk, jam in months.items()}


@services
def test_back_to_one_table_while_people_vote(transactional_db):
    voters, sitting = a_full_house()
    try:
        raised = meanwhile(voters, [lambda: call_command("migrate", "voting", "0004", verbosity=0)])

        assert raised == []
        assert not partitions.are_there()
        assert cast() == sorted(acknowledged([*voters, *sitting]))
        assert differences() == []
        assert set(Vote.objects.values_list("month", flat=True)) <= {NO_MONTH}
    finally:
        split_again()


@services
@committed
def test_the_table_of_before_stays_while_a_night_is_in_it():
    vote = make_vote(jam_song=make_jam_song(jam=night()))
    briefly(partitions.make_before)
    backfill(VOTES_BY_MONTH, rollback=True)

    partitions.drop_before()
    assert where() == {vote.pk: "voting_vote_before"}
    backfill(VOTES_BY_MONTH)

    assert partitions.BEFORE not in partitions.names()
    assert list(where()) == [vote.pk]


@services
def test_the_release_before_votes_where_months_are_known(before_partitions):
    jam_song = make_jam_song()
    attendee = make_attendee(jam=jam_song.jam)

    with connection.cursor() as cursor:
        for _time in range(2):
            cursor.execute(BEFORE_CAST, [jam_song.pk, attendee.pk])

    jam_song.refresh_from_db()
    assert (jam_song.votes, Vote.objects.count()) == (1, 1)
    assert take_back_vote(jam_song=jam_song, attendee=attendee).votes == 0


@services
@committed
def test_a_lock_that_is_not_to_be_had_lets_others_go_on(settings):
    settings.LOCK_MS, settings.LOCK_ATTEMPTS = 20, 3
    held, free = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE voting_vote IN ACCESS SHARE MODE")
            held.set()
            assert free.wait(10)

    def want():
        assert held.wait(10)
        try:
            briefly(lambda cursor: cursor.execute(partitions.LOCK))
        finally:
            free.set()

    [raised] = in_threads([hold, want])
    assert isinstance(raised, AlwaysBusy)
    briefly(lambda cursor: cursor.execute(partitions.LOCK))


# The backfill itself ----------------------------------------------------------------------------------


class Numbers:
    """What a backfill of 10 rows has done to them."""

    def __init__(self, fails_at=0):
        self.changed, self.fails_at = [], fails_at
        self.which = Backfill("numbers", lambda back: 10 - len(set(self.changed)), self.after, self.change)

    def after(self, last, most, back):
        return list(range(last + 1, 11))[:most]

    def change(self, ids, back):
        if self.fails_at in ids:
            raise ValueError("killed")
        self.changed += ids


@pytest.mark.parametrize("streams", [1, pytest.param(3, marks=services)])
def test_a_backfill_goes_on_where_it_was_stopped(streams):
    numbers, told = Numbers(fails_at=7), []
    with pytest.raises(ValueError, match="killed"):
        backfill(numbers.which, batch=2, streams=streams)
    done_first = BackfillRun.objects.get(name="numbers").position
    assert done_first <= 6
    numbers.fails_at, before = 0, len(numbers.changed)

    backfill(numbers.which, batch=2, streams=streams, told=lambda done, of: told.append((done, of)))

    assert set(numbers.changed) == set(range(1, 11))
    assert sorted(numbers.changed[before:]) == list(range(done_first + 1, 11))
    assert told[-1][0] == 10 - done_first
    run = BackfillRun.objects.get(name="numbers")
    assert (run.done, run.position, run.ended_at is None) == (10, 0, False)


def test_the_way_back_begins_anew():
    numbers = Numbers(fails_at=7)
    with pytest.raises(ValueError, match="killed"):
        backfill(numbers.which, batch=3)
    numbers.changed, numbers.fails_at = [], 0

    assert backfill(numbers.which, batch=3, rollback=True) == 10


def test_the_command_says_how_far_it_is(capsys):
    call_command("backfill", "votes_by_month", batch=5)

    assert capsys.readouterr().out == "Done: 0.\n"
    assert "votes_by_month" in BACKFILLS


@services
@committed
def test_votes_of_before_are_moved_a_night_at_a_time_and_back(capsys):
    jams = [night(THEN - timedelta(days=35 * number)) for number in range(3)]
    votes = [make_vote(jam_song=make_jam_song(jam=jam)) for jam in jams]
    briefly(partitions.make_before)

    call_command("backfill", "votes_by_month", rollback=True, batch=2)
    assert set(where().values()) == {"voting_vote_before"}
    call_command("backfill", "votes_by_month", batch=2)

    assert capsys.readouterr().out == "2 / 3\n3 / 3\nDone: 3.\n" * 2
    assert set(where()) == {vote.pk for vote in votes}
    assert {"voting_vote_2031_03", "voting_vote_2031_02", "voting_vote_2031_01"} == set(where().values())
    assert differences() == []
