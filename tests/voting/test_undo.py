"""Undo: a host's own last action is as if it had not been, within half a minute, and what others did stays."""

import random
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.catalog.library import ban_song
from apps.catalog.models import LibrarySong, Song
from apps.core.errors import DomainError
from apps.jams.errors import ChangedSince, NotAHost, NothingToUndo, UndoTooLate, WrongStatus
from apps.jams.lineup import (
    SONG_ACTIONS,
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
from apps.jams.models import Attendee, Jam, JamHost, JamSong
from apps.jams.operations import end_jam, set_paused
from apps.stage.setlist import arrange, queue_planned
from apps.voting.corrections import differences
from apps.voting.models import Vote
from apps.voting.operations import cast_vote, leave_jam, remove_attendee, suggest_song, void_attendees
from apps.voting.queries import mine
from apps.voting.songs import reopen_song
from apps.voting.undo import undo, undoable
from tests.callers import Caller
from tests.factories import make_attendee, make_jam, make_jam_song, make_song, make_user, make_venue, make_vote
from tests.races import in_threads, one_after_the_other

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(hours=2)


@pytest.fixture
def co_host(jam):
    user = make_user()
    JamHost.objects.create(jam=jam, user=user, role="co_host")
    return user


def fresh(jam_song):
    return JamSong.objects.get(pk=jam_song.pk)


def queued(jam, host, count):
    songs = [make_jam_song(jam=jam) for _ in range(count)]
    for jam_song in songs:
        queue_song(jam_song=jam_song, host=host)
    return songs


def queue_of(jam):
    return list(jam.songs.queue().values_list("pk", flat=True))


def state_of(jam):
    """All of a jam but its revisions, and what the library says of its songs."""
    columns = ("pk", "status", "pinned", "position", "locked", "votes", "counted_at", "votable", "times_queued",
               "started_at", "ended_at", "suggested_by", "origin")  # fmt: skip
    return (
        list(jam.songs.order_by("pk").values_list(*columns)),
        list(Song.objects.order_by("pk").values_list("pk", "times_played", "last_played", "listed")),
        list(Attendee.objects.order_by("pk").values_list("pk", "state", "display_name")),
        sorted(Vote.objects.values_list("jam_song", "attendee", "created_at")),
    )


# Whatever was done ------------------------------------------------------------------------------------


class Evening:
    """A jam in which a host does things at random."""

    def __init__(self, seed):
        self.rng, self.host = random.Random(seed), make_user()
        self.jam = make_jam(host=self.host, approve_suggestions=True)
        for _ in range(8):
            make_jam_song(jam=self.jam)
        for title in ("Asked", "Asked too"):
            suggest_song(jam=self.jam, attendee=make_attendee(jam=self.jam), title=title, artist="Somebody")
        self.vote()
        self.jam.songs.update(counted_at=LONG_AGO)

    def vote(self):
        for attendee in [make_attendee(jam=self.jam) for _ in range(3)]:
            for jam_song in self.rng.sample(list(self.jam.songs.filter(votable=True)), 2):
                cast_vote(jam_song=jam_song, attendee=attendee)

    def deed(self):
        """Something that the host may do, perhaps in vain."""
        jam_song = self.rng.choice(list(self.jam.songs.select_related("jam").order_by("pk")))
        people = list(Attendee.objects.in_the_room().order_by("pk"))
        some = [one.pk for one in people if self.rng.random() < 0.3]
        return self.rng.choice([
            *(partial(operation, jam_song=jam_song, host=self.host) for operation in SONG_ACTIONS.values()),
            partial(queue_song, jam_song=jam_song, host=self.host),
            partial(move_song, jam_song=jam_song, host=self.host, position=self.rng.randrange(4)),
            partial(arrange, jam=self.jam, host=self.host),
            partial(start_next, jam=self.jam, host=self.host),
            partial(reopen_song, jam_song=jam_song, host=self.host),
            partial(void_attendees, jam=self.jam, host=self.host, attendees=some),
            *([partial(remove_attendee, attendee=self.rng.choice(people), host=self.host)] if people else []),
        ])  # fmt: skip


def changed(deed):
    """Does it; whether anything came of it."""
    events = AuditEvent.objects.count()
    try:
        deed()
    except DomainError:
        return False
    return AuditEvent.objects.count() > events


@pytest.mark.parametrize("seed", range(12))
def test_what_is_done_and_undone_has_not_been(seed):
    evening, tried = Evening(seed), set()

    for _step in range(70):
        deed, before = evening.deed(), state_of(evening.jam)
        if not changed(deed):
            assert state_of(evening.jam) == before
            continue
        undone = undo(jam=evening.jam, host=evening.host)

        assert state_of(evening.jam) == before, undone
        assert differences() == []
        tried.add(undone.action)
        changed(deed)  # the night goes on

    assert len(tried) > 5


@pytest.mark.parametrize(
    ("operation", "before"),
    [(approve_song, "pending"), (queue_song, "open"), (unqueue_song, "queued"), (play_song, "queued"),
     (finish_song, "playing"), (skip_song, "playing"), (remove_song, "queued"),
     (partial(pin_song, pinned=True), "open"), (partial(move_song, position=2), "queued")],
)  # fmt: skip
def test_each_action_is_undone_and_the_undo_is_written_down(jam, host, operation, before):
    queued(jam, host, 3)
    jam_song = make_jam_song(jam=jam, status=before, position=4 if before == "queued" else None)
    was = state_of(jam)
    operation(jam_song=jam_song, host=host)
    done = AuditEvent.objects.latest("pk")

    undone = undo(jam=jam, host=host)

    assert (undone.action, undone.song) == (done.verb, jam_song.pk)
    assert state_of(jam) == was
    event = AuditEvent.objects.latest("pk")
    assert (event.verb, event.actor) == ("undo", host)
    assert event.after["undone"] == {"event": done.pk, "verb": done.verb, "votes": 0}
    assert event.after["song"] == jam_song.pk


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("operation", "column"), [(pin_song, "pinned"), (lock_song, "locked")])
def test_what_is_switched_on_or_off_is_undone(jam, host, operation, column, first):
    jam_song = make_jam_song(jam=jam) if operation is pin_song else queued(jam, host, 1)[0]
    if not first:
        operation(jam_song=jam_song, host=host, **{column: True})
    was = state_of(jam)
    operation(jam_song=jam_song, host=host, **{column: first})

    undo(jam=jam, host=host)

    assert state_of(jam) == was


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("operation", [unqueue_song, remove_song, play_song])
def test_a_song_is_back_at_its_place(jam, host, operation, place):
    songs = queued(jam, host, 3)
    was = state_of(jam)

    operation(jam_song=songs[place - 1], host=host)
    undo(jam=jam, host=host)

    assert state_of(jam) == was


def test_a_set_list_that_was_arranged_is_in_its_order_again(jam, host):
    songs = queued(jam, host, 3)
    move_song(jam_song=songs[2], host=host, position=1)
    make_vote(jam_song=songs[1])
    was, before = state_of(jam), queue_of(jam)
    arrange(jam=jam, host=host)
    assert queue_of(jam) != before

    undo(jam=jam, host=host)

    assert state_of(jam) == was


def test_a_set_list_that_was_filled_is_emptied_again(jam, host):
    queued(jam, host, 1)
    for _ in range(2):
        make_vote(jam_song=make_jam_song(jam=jam))
    was = state_of(jam)
    queue_planned(jam=jam, host=host)
    assert len(queue_of(jam)) == 3

    undo(jam=jam, host=host)

    assert state_of(jam) == was


def test_a_start_is_undone_for_both_songs(jam, host):
    playing = make_jam_song(jam=jam, status="playing", started_at=timezone.now())
    queued(jam, host, 2)
    was = state_of(jam)
    start_next(jam=jam, host=host)
    assert fresh(playing).status == "played"

    undo(jam=jam, host=host)

    assert state_of(jam) == was


def test_an_encore_is_undone_with_its_votes_and_rank(jam, host, django_capture_on_commit_callbacks, told):
    jam_song = make_jam_song(jam=jam)
    voters = [make_vote(jam_song=jam_song).attendee for _ in range(2)]
    ago = LONG_AGO + timedelta(hours=1)
    jam.songs.update(status="played", started_at=LONG_AGO, ended_at=ago, counted_at=LONG_AGO)
    was = state_of(jam)
    reopen_song(jam_song=jam_song, host=host)
    told.clear()

    with django_capture_on_commit_callbacks(execute=True):
        undone = undo(jam=jam, host=host)

    assert undone.votes == 2
    assert state_of(jam) == was
    assert differences() == []
    assert {message["to"] for message in told if "me" in message["state"]} == {one.address for one in voters}


@pytest.mark.parametrize(
    ("operation", "before"), [(approve_song, "pending"), (remove_song, "pending"), (remove_song, "open")]
)
def test_the_desk_and_whoever_suggested_it_hear_of_it(
    jam, host, operation, before, told, django_capture_on_commit_callbacks
):
    jam_song = make_jam_song(jam=jam, status=before, suggested_by=make_attendee(jam=jam))
    operation(jam_song=jam_song, host=host)
    told.clear()

    with django_capture_on_commit_callbacks(execute=True):
        undo(jam=jam, host=host)

    assert {"host", jam_song.suggested_by.address} <= {message["to"] for message in told}


def test_the_room_hears_of_it(jam, host, django_capture_on_commit_callbacks, monkeypatch):
    jam_song = make_jam_song(jam=jam)
    queue_song(jam_song=jam_song, host=host)
    told = []
    monkeypatch.setattr("apps.live.streams.announcer.tell", lambda stream, news: told.extend(news.messages()) or True)

    with django_capture_on_commit_callbacks(execute=True):
        undo(jam=jam, host=host)

    [song] = [message for message in told if message["part"] == "songs"]
    assert (song["id"], song["state"]["status"], song["revision"]) == (jam_song.pk, "open", fresh(jam_song).revision)
    assert {message["to"] for message in told} == {""}  # nothing waits for the hosts


# Once, in time, one's own -----------------------------------------------------------------------------


def test_nothing_is_undone_twice_and_no_undo_is_undone(jam, host):
    first, second = make_jam_song(jam=jam), make_jam_song(jam=jam)
    queue_song(jam_song=first, host=host)
    queue_song(jam_song=second, host=host)
    assert undoable(jam, host).after["song"] == second.pk
    undo(jam=jam, host=host)

    assert undoable(jam, host) is None
    with pytest.raises(NothingToUndo):
        undo(jam=jam, host=host)

    assert queue_of(jam) == [first.pk]


def test_before_anything_was_done_there_is_nothing_to_undo(jam, host):
    assert undoable(jam, host) is None
    with pytest.raises(NothingToUndo):
        undo(jam=jam, host=host)


def test_after_the_next_action_that_one_is_undone(jam, host):
    first, second = make_jam_song(jam=jam), make_jam_song(jam=jam)
    queue_song(jam_song=first, host=host)
    undo(jam=jam, host=host)
    queue_song(jam_song=second, host=host)

    undo(jam=jam, host=host)

    assert queue_of(jam) == []


@pytest.mark.parametrize(("seconds", "late"), [(28, False), (31, True)])
def test_after_half_a_minute_it_is_too_late(jam, host, seconds, late):
    queue_song(jam_song=make_jam_song(jam=jam), host=host)
    AuditEvent.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))

    assert (undoable(jam, host) is None) == late
    if late:
        with pytest.raises(UndoTooLate):
            undo(jam=jam, host=host)
    else:
        undo(jam=jam, host=host)

    assert len(queue_of(jam)) == (1 if late else 0)


def test_how_long_it_is_possible_is_a_setting(jam, host, settings):
    settings.UNDO_SECONDS = 5
    queue_song(jam_song=make_jam_song(jam=jam), host=host)
    AuditEvent.objects.update(created_at=timezone.now() - timedelta(seconds=6))

    with pytest.raises(UndoTooLate):
        undo(jam=jam, host=host)


def test_one_undoes_ones_own_and_what_others_did_stays(jam, host, co_host):
    mine, theirs = make_jam_song(jam=jam), make_jam_song(jam=jam)
    queue_song(jam_song=mine, host=host)
    queue_song(jam_song=theirs, host=co_host)

    undo(jam=jam, host=host)

    assert queue_of(jam) == [theirs.pk]
    assert fresh(theirs).position == 1


def test_what_cannot_be_undone_stands_in_nobodys_way(jam, host):
    jam_song = make_jam_song(jam=jam)
    queue_song(jam_song=jam_song, host=host)
    set_paused(jam=jam, host=host, voting=True)

    undo(jam=jam, host=host)

    jam.refresh_from_db()
    assert (fresh(jam_song).status, jam.voting_paused) == ("open", True)


def test_of_another_jam_nothing_is_undone(jam, host):
    queue_song(jam_song=make_jam_song(jam=make_jam(host=host)), host=host)

    with pytest.raises(NothingToUndo):
        undo(jam=jam, host=host)


def test_only_hosts_undo(jam, host):
    stranger = make_user()
    queue_song(jam_song=make_jam_song(jam=jam), host=host)
    AuditEvent.objects.update(actor=stranger)  # a co-host once

    with pytest.raises(NotAHost):
        undo(jam=jam, host=stranger)


def test_who_says_which_action_is_meant_undoes_no_other(jam, host):
    first, second = make_jam_song(jam=jam), make_jam_song(jam=jam)
    queue_song(jam_song=first, host=host)
    pin_song(jam_song=second, host=host, pinned=True)

    for other in ({"action": "queue"}, {"action": "pin", "song": first.pk}):
        with pytest.raises(NothingToUndo):
            undo(jam=jam, host=host, **other)
    undo(jam=jam, host=host, action="pin", song=second.pk)

    assert (queue_of(jam), fresh(second).pinned) == ([first.pk], False)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_of_two_undos_at_once_one_is_refused():
    host = make_user()
    jam = make_jam(host=host)
    first, second = queued(jam, host, 2)

    raised = in_threads([partial(undo, jam=jam, host=host)] * 2)

    assert [type(error) for error in raised] == [NothingToUndo]
    assert queue_of(jam) == [first.pk]
    assert fresh(second).status == "open"


# What forbids it --------------------------------------------------------------------------------------


def refused(jam, host, error=ChangedSince):
    before, events = state_of(jam), AuditEvent.objects.count()
    with pytest.raises(error) as raised:
        undo(jam=jam, host=host)
    assert (state_of(jam), AuditEvent.objects.count()) == (before, events)  # nothing half done
    return str(raised.value.message)


def test_a_song_that_has_gone_on_is_not_called_back(jam, host, co_host):
    jam_song = make_jam_song(jam=jam, title="Creep")
    queue_song(jam_song=jam_song, host=host)
    play_song(jam_song=jam_song, host=co_host)

    assert "“Creep” has changed since" in refused(jam, host)


def test_a_song_is_not_taken_off_the_stage_for_one_that_was_finished(jam, host, co_host):
    jam_song, other = make_jam_song(jam=jam, status="playing"), make_jam_song(jam=jam, title="Zombie")
    finish_song(jam_song=jam_song, host=host)
    play_song(jam_song=other, host=co_host)

    assert "“Zombie” plays by now" in refused(jam, host)


def test_a_song_that_is_back_in_the_jam_is_not_sent_back_where_it_was(jam, host, co_host):
    jam_song = make_jam_song(jam=jam, status="pending", suggested_by=make_attendee(jam=jam))
    remove_song(jam_song=jam_song, host=host)
    add_songs(jam=jam, host=co_host, songs=[jam_song.song])

    refused(jam, host)


def test_a_song_that_somebody_moved_on_stays_there(jam, host, co_host):
    songs = queued(jam, host, 3)
    move_song(jam_song=songs[0], host=host, position=1)
    move_song(jam_song=songs[0], host=co_host, position=2)

    refused(jam, host)


def test_a_started_song_and_the_one_before_go_back_together_or_not_at_all(jam, host, co_host):
    playing = make_jam_song(jam=jam, status="playing", started_at=timezone.now())
    queued(jam, host, 1)
    start_next(jam=jam, host=host)
    JamSong.objects.filter(pk=playing.pk).update(status="open")

    refused(jam, host)


def test_a_deleted_song_is_not_put_back(jam, host):
    jam_song = make_jam_song(jam=jam)
    queue_song(jam_song=jam_song, host=host)
    jam_song.delete()

    refused(jam, host)


def test_after_the_night_only_people_come_back(jam, host):
    jam_song, sam = make_jam_song(jam=jam), make_attendee(jam=jam)
    queue_song(jam_song=jam_song, host=host)
    end_jam(jam=jam, host=host)
    refused(jam, host, WrongStatus)

    remove_attendee(attendee=sam, host=host)
    undo(jam=jam, host=host)

    sam.refresh_from_db()
    assert sam.state == "active"


def test_the_set_list_that_has_moved_on_takes_a_song_back_where_it_can(jam, host, co_host):
    songs = queued(jam, host, 4)
    unqueue_song(jam_song=songs[2], host=host)
    start_next(jam=jam, host=co_host)

    undo(jam=jam, host=host)

    assert queue_of(jam) == [songs[1].pk, songs[3].pk, songs[2].pk]
    assert [song.position for song in jam.songs.queue()] == [1, 2, 3]


def test_an_encore_for_which_people_have_voted_stays(jam, host):
    jam_song, sam = make_jam_song(jam=jam, title="Creep"), make_attendee(jam=jam)
    make_vote(jam_song=jam_song, attendee=sam)
    JamSong.objects.filter(pk=jam_song.pk).update(status="played", ended_at=timezone.now())
    reopen_song(jam_song=jam_song, host=host)
    cast_vote(jam_song=jam_song, attendee=sam)

    assert "people vote for “Creep” again" in refused(jam, host)


def test_votes_that_came_meanwhile_stay(jam, host):
    jam_song = make_jam_song(jam=jam, status="queued", position=1)
    unqueue_song(jam_song=jam_song, host=host)
    cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam))

    undo(jam=jam, host=host)

    assert (fresh(jam_song).status, fresh(jam_song).votes) == ("queued", 1)
    assert differences() == []


def test_what_was_played_plays_on_though_it_is_banned_by_now(jam, host):
    jam.venue.managers.add(host)
    jam_song = make_jam_song(jam=jam, status="playing")
    finish_song(jam_song=jam_song, host=host)
    ban_song(venue=jam.venue, song=jam_song.song, by=host, why="Too long")

    undo(jam=jam, host=host, action="finish")

    assert fresh(jam_song).status == "playing"


# The library ------------------------------------------------------------------------------------------


def test_another_jam_that_has_played_the_song_since_keeps_its_play(jam, host):
    song = make_song(times_played=3, last_played=LONG_AGO)
    elsewhere, other_host = make_jam(), make_user(role="staff")
    here, there = (make_jam_song(jam=one, song=song, status="playing") for one in (jam, elsewhere))
    finish_song(jam_song=here, host=host)
    finish_song(jam_song=there, host=other_host)
    there.refresh_from_db()

    undo(jam=jam, host=host)

    song.refresh_from_db()
    assert (song.times_played, song.last_played) == (4, there.ended_at)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_song_approved_by_mistake_is_not_left_in_the_library(host, elsewhere):
    jam = make_jam(host=host, approve_suggestions=True)
    jam_song = suggest_song(jam=jam, attendee=make_attendee(jam=jam), title="Rude", artist="Words")
    approve_song(jam_song=jam_song, host=host)
    if elsewhere:
        make_jam_song(song=jam_song.song)

    undo(jam=jam, host=host)

    assert Song.objects.listed().filter(title="Rude").exists() == elsewhere
    assert fresh(jam_song).status == "pending"


def test_plays_that_somebody_has_set_to_none_stay_so(jam, host):
    jam_song = make_jam_song(jam=jam, status="playing")
    finish_song(jam_song=jam_song, host=host)
    for counts in (Song.objects.filter(pk=jam_song.song_id), LibrarySong.objects.all()):
        counts.update(times_played=0)

    undo(jam=jam, host=host)

    assert (Song.objects.get(pk=jam_song.song_id).times_played, LibrarySong.objects.get().times_played) == (0, 0)


@pytest.mark.parametrize("before", [None, LONG_AGO])
def test_the_library_says_again_when_it_was_last_played(jam, host, before):
    song = make_song(last_played=before, times_played=3)
    row = LibrarySong.objects.create(venue=jam.venue, song=song, times_played=2, last_played=before)
    other = LibrarySong.objects.create(venue=make_venue(), song=song, times_played=2, last_played=before)
    finish_song(jam_song=make_jam_song(jam=jam, song=song, status="playing"), host=host)

    undo(jam=jam, host=host)

    for thing, times in ((song, 3), (row, 2), (other, 2)):
        thing.refresh_from_db()
        assert (thing.times_played, thing.last_played) == (times, before)


def test_a_play_at_the_venue_since_stays(jam, host):
    song = make_song()
    later = make_jam_song(jam=make_jam(venue=jam.venue), song=song, status="playing")
    finish_song(jam_song=make_jam_song(jam=jam, song=song, status="playing"), host=host)
    finish_song(jam_song=later, host=make_user(role="staff"))

    undo(jam=jam, host=host)

    row = LibrarySong.objects.get()
    assert (row.times_played, row.last_played) == (1, fresh(later).ended_at)


def test_what_the_venue_has_forgotten_meanwhile_stays_forgotten(jam, host):
    jam_song = make_jam_song(jam=jam, status="playing")
    finish_song(jam_song=jam_song, host=host)
    LibrarySong.objects.all().delete()

    undo(jam=jam, host=host)

    assert fresh(jam_song).status == "playing"
    assert not LibrarySong.objects.exists()


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_play_that_is_noted_meanwhile_is_not_lost():
    host, song = make_user(role="staff"), make_song()
    here, there = (make_jam_song(jam=make_jam(host=host), song=song, status="playing") for _ in range(2))
    Jam.objects.update(venue=here.jam.venue)
    finish_song(jam_song=here, host=host)

    one_after_the_other(
        lambda: finish_song(jam_song=fresh(there), host=host), lambda: undo(jam=fresh(here).jam, host=host)
    )

    song.refresh_from_db()
    assert (song.times_played, LibrarySong.objects.get().times_played) == (1, 1)
    assert song.last_played == LibrarySong.objects.get().last_played == fresh(there).ended_at


@pytest.mark.django_db(transaction=True)
def test_the_list_of_songs_forgets_it_at_once(client):
    host = make_user()
    jam = make_jam(host=host, approve_suggestions=True)
    jam_song = suggest_song(jam=jam, attendee=make_attendee(jam=jam), title="Rude", artist="Words")
    approve_song(jam_song=jam_song, host=host)
    assert b"Rude" in client.get("/api/v1/songs").content

    undo(jam=jam, host=host)

    assert b"Rude" not in client.get("/api/v1/songs").content


# People -----------------------------------------------------------------------------------------------


@pytest.fixture
def room(jam):
    songs = [make_jam_song(jam=jam) for _ in range(2)]
    people = [make_attendee(jam=jam) for _ in range(3)]
    for attendee in people:
        for jam_song in songs:
            make_vote(jam_song=jam_song, attendee=attendee)
    Attendee.objects.filter(pk=people[1].pk).update(state="away")
    jam.songs.update(counted_at=LONG_AGO)
    return songs, people


def test_a_voided_cluster_is_back_with_its_votes_and_ranks_as_before(jam, host, room):
    _songs, people = room
    make_attendee(jam=jam, state="removed")  # before, and stays so
    before = state_of(jam)
    void_attendees(jam=jam, host=host, attendees=[one.pk for one in people])

    undone = undo(jam=jam, host=host)

    assert (undone.attendees, undone.votes) == (3, 6)
    told = AuditEvent.objects.latest("pk").after["undone"]
    assert (told["verb"], told["attendees"], told["votes"]) == ("void", 3, 6)
    assert state_of(jam) == before
    assert differences() == []


def test_a_vote_that_came_meanwhile_ranks_the_song_by_its_time(jam, host, room):
    songs, people = room
    void_attendees(jam=jam, host=host, attendees=[one.pk for one in people])
    later = timezone.now()
    JamSong.objects.filter(pk=songs[0].pk).update(counted_at=later)  # somebody has voted

    undo(jam=jam, host=host)

    assert fresh(songs[0]).counted_at != LONG_AGO
    assert fresh(songs[1]).counted_at == LONG_AGO


def test_the_room_hears_of_the_counts_and_of_who_is_back(jam, host, room, told, django_capture_on_commit_callbacks):
    songs, people = room
    void_attendees(jam=jam, host=host, attendees=[one.pk for one in people])
    told.clear()

    with django_capture_on_commit_callbacks(execute=True):
        undo(jam=jam, host=host)

    counts = {message["id"]: message["state"]["votes"] for message in told if message["part"] == "songs"}
    assert counts == {song.pk: 3 for song in songs}
    assert [message["state"]["people"] for message in told if "people" in message["state"]] == [3]


def test_votes_are_back_in_the_order_in_which_they_were_cast(jam, host):
    first, second, sam = make_jam_song(jam=jam), make_jam_song(jam=jam), make_attendee(jam=jam)
    for jam_song in (second, first):
        make_vote(jam_song=jam_song, attendee=sam)
    remove_attendee(attendee=sam, host=host)

    undo(jam=jam, host=host)

    assert mine(sam)["votes"] == [second.pk, first.pk]


def test_votes_for_a_song_that_is_gone_are_not_back(jam, host, room):
    songs, people = room
    remove_attendee(attendee=people[0], host=host)
    songs[0].delete()

    undone = undo(jam=jam, host=host)

    assert (undone.votes, fresh(songs[1]).votes) == (1, 3)


def test_who_has_left_meanwhile_stays_away(jam, host, room):
    songs, people = room
    void_attendees(jam=jam, host=host, attendees=[one.pk for one in people])
    leave_jam(attendee=people[0])

    undone = undo(jam=jam, host=host)

    assert (undone.attendees, undone.votes) == (2, 4)
    assert [fresh(song).votes for song in songs] == [2, 2]
    people[0].refresh_from_db()
    assert (people[0].state, people[0].display_name) == ("removed", "")
    assert differences() == []


def test_somebody_who_has_left_alone_does_not_come_back(jam, host, room):
    _songs, people = room
    remove_attendee(attendee=people[0], host=host)
    leave_jam(attendee=people[0])

    assert "they have left" in refused(jam, host)


def test_who_is_back_votes_on(jam, host, room):
    songs, people = room
    remove_attendee(attendee=people[0], host=host)
    undo(jam=jam, host=host)

    tally = cast_vote(jam_song=songs[0], attendee=people[0])

    assert tally.votes == 3


# Over HTTP --------------------------------------------------------------------------------------------


def test_the_api_says_what_is_undone(jam, host):
    jam_song, say = make_jam_song(jam=jam), Caller(user=host)
    path = f"/api/v1/jams/{jam.slug}"
    say("POST", f"{path}/songs/{jam_song.pk}/queue")

    answer = say("POST", f"{path}/undo", {"action": "queue", "song": jam_song.pk})
    again = say("POST", f"{path}/undo")

    said = answer.json()
    assert (said["action"], said["song"]["id"], said["song"]["status"]) == ("queue", jam_song.pk, "open")
    assert (said["attendees"], said["votes"]) == (0, 0)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_undo")


def test_the_api_says_how_many_are_back(jam, host, room):
    _songs, people = room
    say, path = Caller(user=host), f"/api/v1/jams/{jam.slug}"
    say("POST", f"{path}/clusters/void", {"attendees": [one.pk for one in people]})

    assert say("POST", f"{path}/undo").json() == {
        "action": "void", "song": None, "attendees": 3, "votes": 6, "sign_ups": 0, "sign_ups_lost": 0,
    }  # fmt: skip


@pytest.mark.parametrize("body", [{"action": "end"}, {"song": 0}, {"event": 3}])
def test_what_cannot_be_meant_is_refused(jam, host, body):
    assert Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/undo", body).status_code == 400
