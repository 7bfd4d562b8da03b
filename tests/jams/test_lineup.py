"""What a host does with songs: `pending → open → queued → playing → played`, or back, or removed."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.catalog.models import Song
from apps.jams.errors import NotAHost, SongNotReady, WrongStatus
from apps.jams.lineup import (
    add_songs,
    approve_song,
    finish_song,
    lock_song,
    move_song,
    pin_song,
    play_song,
    queue_song,
    remove_song,
    skip_song,
    start_next,
    unqueue_song,
)
from apps.jams.models import JamSong
from apps.voting.operations import cast_vote, suggest_song
from tests.factories import make_attendee, make_jam, make_jam_song, make_song, make_user, make_vote
from tests.races import in_threads

pytestmark = pytest.mark.django_db


def pin(*, jam_song, host):
    return pin_song(jam_song=jam_song, host=host, pinned=True)


def move(*, jam_song, host):
    return move_song(jam_song=jam_song, host=host, position=0)


def lock(*, jam_song, host):
    return lock_song(jam_song=jam_song, host=host, locked=True)


ACTIONS = {
    "approve": (approve_song, {"pending": "open"}),
    "queue": (queue_song, {"open": "queued"}),
    "unqueue": (unqueue_song, {"queued": "open"}),
    "play": (play_song, {"open": "playing", "queued": "playing"}),
    "finish": (finish_song, {"playing": "played"}),
    "skip": (skip_song, {"queued": "open", "playing": "open"}),
    "remove": (remove_song, {"pending": "removed", "open": "removed", "queued": "removed"}),
    "pin": (pin, {"open": "open"}),
    "move": (move, {"queued": "queued"}),
    "lock": (lock, {"queued": "queued"}),
}


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    return make_jam(host=host)


def fresh(jam_song):
    return JamSong.objects.select_related("jam").get(pk=jam_song.pk)


def queue_of(jam):
    return list(jam.songs.queue().values_list("pk", "position"))


def queued(jam, host, count):
    songs = [make_jam_song(jam=jam) for _ in range(count)]
    for jam_song in songs:
        queue_song(jam_song=jam_song, host=host)
    return songs


# Every action from every status -----------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("status", JamSong.Status.values)
def test_a_song_moves_only_where_it_may(jam, host, status, action):
    operation, moves = ACTIONS[action]
    jam_song = make_jam_song(jam=jam, status=status, position=1 if status == "queued" else None)

    if status in moves:
        operation(jam_song=jam_song, host=host)
    else:
        with pytest.raises(SongNotReady, match=jam_song.song.title):
            operation(jam_song=jam_song, host=host)

    assert fresh(jam_song).status == moves.get(status, status)
    assert AuditEvent.objects.exists() == (status in moves and action != "move")


@pytest.mark.parametrize("action", ACTIONS)
def test_a_host_of_another_jam_changes_nothing(jam, action):
    operation, moves = ACTIONS[action]
    status = next(iter(moves))
    jam_song = make_jam_song(jam=jam, status=status)
    stranger = make_user()
    make_jam(host=stranger)

    with pytest.raises(NotAHost):
        operation(jam_song=jam_song, host=stranger)

    assert fresh(jam_song).status == status


def test_an_action_is_noted_with_what_was_and_what_is(jam, host):
    jam_song = make_jam_song(jam=jam)

    queue_song(jam_song=jam_song, host=host)

    event = AuditEvent.objects.get()
    name = f"song {jam_song.pk}"
    assert (event.actor, event.verb) == (host, "queue")
    assert event.before == {name: {"status": "open", "position": None, "times_queued": 0}}
    assert event.after == {name: {"status": "queued", "position": 1, "times_queued": 1}, "song": jam_song.pk}


def test_each_change_raises_the_revisions_of_song_and_jam(jam, host):
    jam_song = make_jam_song(jam=jam)

    queue_song(jam_song=jam_song, host=host)
    unqueue_song(jam_song=jam_song, host=host)

    assert fresh(jam_song).revision == fresh(jam_song).jam.revision == 2


# The set list -----------------------------------------------------------------------------------------


def test_the_set_list_is_numbered_from_one_without_holes(jam, host):
    one, two, three = queued(jam, host, 3)
    assert queue_of(jam) == [(one.pk, 1), (two.pk, 2), (three.pk, 3)]

    unqueue_song(jam_song=two, host=host)

    assert queue_of(jam) == [(one.pk, 1), (three.pk, 2)]
    assert fresh(two).position is None


@pytest.mark.parametrize("operation", [skip_song, remove_song, play_song, unqueue_song])
def test_whatever_leaves_the_set_list_leaves_no_hole(jam, host, operation):
    one, two, three = queued(jam, host, 3)

    operation(jam_song=one, host=host)

    assert queue_of(jam) == [(two.pk, 1), (three.pk, 2)]


@pytest.mark.parametrize(
    ("position", "order"), [(0, [2, 0, 1]), (1, [0, 2, 1]), (2, [0, 1, 2]), (99, [0, 1, 2]), (-5, [2, 0, 1])]
)
def test_a_song_moves_to_its_place(jam, host, position, order):
    songs = queued(jam, host, 3)

    move_song(jam_song=songs[2], host=host, position=position)

    assert queue_of(jam) == [(songs[index].pk, place) for place, index in enumerate(order, start=1)]


def test_moving_writes_and_notes_only_what_moves(jam, host):
    songs = queued(jam, host, 4)
    revisions = [fresh(song).revision for song in songs]

    move_song(jam_song=songs[1], host=host, position=0)

    assert [fresh(song).revision - old for song, old in zip(songs, revisions, strict=True)] == [1, 1, 0, 0]
    assert set(AuditEvent.objects.latest("pk").after) == {f"song {songs[0].pk}", f"song {songs[1].pk}", "song"}


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_hosts_who_queue_at_once_get_different_places():
    host = make_user()
    jam = make_jam(host=host)
    songs = [make_jam_song(jam=jam) for _ in range(8)]

    raised = in_threads([lambda s=song: queue_song(jam_song=s, host=host) for song in songs])

    assert raised == []
    assert sorted(jam.songs.queue().values_list("position", flat=True)) == list(range(1, 9))


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_hosts_who_queue_one_song_queue_it_once():
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host))

    raised = in_threads([lambda: queue_song(jam_song=fresh(jam_song), host=host)] * 2)

    assert [type(error) for error in raised] == [SongNotReady]
    assert (fresh(jam_song).times_queued, fresh(jam_song).position) == (1, 1)


# Playing ----------------------------------------------------------------------------------------------


def test_start_next_plays_the_first_and_finishes_the_one_before(jam, host):
    one, two = queued(jam, host, 2)

    assert start_next(jam=jam, host=host) == one
    assert start_next(jam=jam, host=host) == two

    one, two = fresh(one), fresh(two)
    assert (one.status, two.status) == ("played", "playing")
    assert one.started_at <= one.ended_at <= two.started_at
    assert (two.ended_at, two.position, queue_of(jam)) == (None, None, [])


def test_an_empty_set_list_has_no_next(jam, host):
    make_jam_song(jam=jam)

    with pytest.raises(SongNotReady, match="empty"):
        start_next(jam=jam, host=host)


def test_an_empty_set_list_leaves_what_plays(jam, host):
    playing = make_jam_song(jam=jam, status="playing")

    with pytest.raises(SongNotReady):
        start_next(jam=jam, host=host)

    assert fresh(playing).status == "playing"


def test_the_library_notes_what_was_played(jam, host):
    jam_song = make_jam_song(jam=jam)

    play_song(jam_song=jam_song, host=host)
    assert Song.objects.get(pk=jam_song.song_id).times_played == 0
    finish_song(jam_song=jam_song, host=host)

    song = Song.objects.get(pk=jam_song.song_id)
    assert (song.times_played, song.last_played) == (1, fresh(jam_song).ended_at)


def test_a_skipped_song_was_not_played_and_keeps_its_votes(jam, host):
    jam_song = make_jam_song(jam=jam)
    make_vote(jam_song=jam_song)
    play_song(jam_song=jam_song, host=host)

    skip_song(jam_song=jam_song, host=host)

    song = fresh(jam_song)
    assert (song.status, song.votes, song.started_at) == ("open", 1, None)
    assert Song.objects.get(pk=song.song_id).times_played == 0


def test_in_an_ended_jam_nothing_plays_any_more(host):
    jam = make_jam(host=host, status="ended")
    jam_song = make_jam_song(jam=jam, status="queued", position=1)

    with pytest.raises(WrongStatus):
        start_next(jam=jam, host=host)
    with pytest.raises(WrongStatus):
        play_song(jam_song=jam_song, host=host)

    assert fresh(jam_song).status == "queued"


def test_the_database_lets_one_song_play_at_a_time(jam):
    make_jam_song(jam=jam, status="playing")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_jam_song(jam=jam, status="playing")
    make_jam_song(status="playing")  # in another jam


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_start_next_twice_at_once_plays_two_songs_one_after_the_other():
    host = make_user()
    jam = make_jam(host=host)
    songs = queued(jam, host, 3)

    raised = in_threads([lambda: start_next(jam=jam, host=host)] * 2)

    assert raised == []
    assert [fresh(song).status for song in songs] == ["played", "playing", "queued"]
    assert fresh(songs[0]).ended_at <= fresh(songs[1]).started_at
    assert Song.objects.get(pk=songs[0].song_id).times_played == 1
    assert queue_of(jam) == [(songs[2].pk, 1)]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_hosts_who_do_everything_at_once_leave_one_song_playing():
    host = make_user()
    jam = make_jam(host=host)
    songs = queued(jam, host, 6)

    raised = in_threads(
        [lambda s=song: play_song(jam_song=s, host=host) for song in songs[:4]]
        + [lambda: start_next(jam=jam, host=host), lambda: skip_song(jam_song=songs[5], host=host)]
    )

    assert {type(error) for error in raised} <= {SongNotReady}
    assert jam.songs.filter(status="playing").count() == 1
    positions = [place for _pk, place in queue_of(jam)]
    assert positions == list(range(1, len(positions) + 1))


# Added, approved, removed -----------------------------------------------------------------------------


def test_adding_skips_what_is_there_and_brings_back_what_was_removed(jam, host):
    there, gone = make_jam_song(jam=jam), make_jam_song(jam=jam)
    make_vote(jam_song=gone)
    remove_song(jam_song=gone, host=host)
    new = make_song()

    added, skipped = add_songs(jam=jam, host=host, songs=[new, there.song, gone.song, new])

    assert {js.song_id for js in added} == {new.pk, gone.song_id}
    assert skipped == [there.song]
    back = fresh(gone)
    assert (back.status, back.votes, back.votable) == ("open", 1, True)


def test_a_removed_suggestion_that_a_host_adds_is_the_hosts(jam, host):
    sam = make_attendee(jam=jam, name="Sam")
    jam_song = suggest_song(jam=jam, attendee=sam, song=make_song())
    remove_song(jam_song=jam_song, host=host)

    add_songs(jam=jam, host=host, songs=[jam_song.song])

    row = fresh(jam_song)
    assert (row.origin, row.suggested_by, row.votes) == ("host", None, 1)
    assert "Sam" not in str(list(AuditEvent.objects.values("before", "after")))


def test_adding_only_what_is_there_changes_nothing(jam, host):
    there = make_jam_song(jam=jam)

    assert add_songs(jam=jam, host=host, songs=[there.song]) == ([], [there.song])

    assert not AuditEvent.objects.exists()


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_song_that_a_host_adds_while_somebody_suggests_it_is_there_once():
    host = make_user()
    jam = make_jam(host=host)

    for _ in range(5):
        song, person = make_song(), make_attendee(jam=jam)
        raised = in_threads(
            [
                lambda s=song: add_songs(jam=jam, host=host, songs=[s]),
                lambda s=song, p=person: suggest_song(jam=jam, attendee=p, song=s),
            ]
        )

        assert {type(error).__name__ for error in raised} <= {"AlreadyInJam"}
        assert JamSong.objects.filter(jam=jam, song=song).count() == 1


def test_approval_opens_a_suggestion_to_votes(host):
    jam = make_jam(host=host, approve_suggestions=True)
    jam_song = suggest_song(jam=jam, attendee=make_attendee(jam=jam), song=make_song())
    assert (jam_song.status, jam_song.votes) == ("pending", 1)

    approve_song(jam_song=jam_song, host=host)

    assert cast_vote(jam_song=fresh(jam_song), attendee=make_attendee(jam=jam)).votes == 2


def test_a_pinned_song_stands_first_and_loses_its_pin_when_removed(jam, host):
    favourite, pinned = make_jam_song(jam=jam), make_jam_song(jam=jam)
    make_vote(jam_song=favourite)
    pin_song(jam_song=pinned, host=host, pinned=True)
    assert list(jam.songs.ranked()) == [pinned, favourite]

    remove_song(jam_song=pinned, host=host)
    add_songs(jam=jam, host=host, songs=[pinned.song])

    assert list(jam.songs.ranked()) == [favourite, pinned]


def test_pinning_twice_is_noted_once(jam, host):
    jam_song = make_jam_song(jam=jam)

    for _ in range(2):
        pin_song(jam_song=jam_song, host=host, pinned=True)

    assert AuditEvent.objects.count() == 1


# The ranking ------------------------------------------------------------------------------------------


def test_rank_is_pin_then_votes_then_the_earlier_change_then_id(jam):
    now = timezone.now()
    rows = {name: make_jam_song(jam=jam, title=name) for name in ("late", "b", "a", "most", "pinned", "none")}
    votes = {"late": 2, "b": 2, "a": 2, "most": 3}
    for name, count in votes.items():
        for _ in range(count):
            make_vote(jam_song=rows[name])
    JamSong.objects.filter(pk__in=[row.pk for row in rows.values()]).update(counted_at=now)
    JamSong.objects.filter(pk=rows["late"].pk).update(counted_at=now + timedelta(microseconds=1))
    JamSong.objects.filter(pk=rows["pinned"].pk).update(pinned=True)

    titles = [js.song.title for js in jam.songs.ranked().select_related("song")]

    assert titles == ["pinned", "most", "b", "a", "late", "none"]


def test_a_vote_taken_back_and_cast_again_loses_the_earlier_place(jam):
    one, two, voter = make_jam_song(jam=jam), make_jam_song(jam=jam), make_attendee(jam=jam)
    first = make_vote(jam_song=one, attendee=voter)
    make_vote(jam_song=two)
    JamSong.objects.filter(pk=one.pk).update(counted_at=timezone.now() - timedelta(minutes=1))
    assert list(jam.songs.ranked()) == [one, two]

    first.delete()
    make_vote(jam_song=one, attendee=voter)
    JamSong.objects.filter(pk=two.pk).update(counted_at=timezone.now() - timedelta(minutes=1))

    assert list(jam.songs.ranked()) == [two, one]


@pytest.mark.parametrize("leave", [unqueue_song, play_song, skip_song, remove_song])
def test_a_song_that_leaves_the_set_list_loses_its_lock(jam, host, leave):
    jam_song = make_jam_song(jam=jam, status="queued", position=1)
    lock(jam_song=jam_song, host=host)
    assert fresh(jam_song).locked

    leave(jam_song=jam_song, host=host)

    assert not fresh(jam_song).locked


def test_a_locked_song_can_be_moved_by_hand_and_stays_locked(jam, host):
    first, second = (make_jam_song(jam=jam, status="queued", position=n) for n in (1, 2))
    lock(jam_song=second, host=host)

    move(jam_song=second, host=host)

    assert queue_of(jam) == [(second.pk, 1), (first.pk, 2)]
    assert fresh(second).locked
