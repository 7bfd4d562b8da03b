"""What the room sees of a jam, and what it must not see. Snapshot and frames share one shape."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.jams.board import publish, publish_people, snapshot, tell_attendee
from apps.jams.lineup import pin_song, play_song, queue_song, remove_song, skip_song, unqueue_song
from apps.jams.models import Jam, JamSong
from apps.jams.operations import change_jam, end_jam
from apps.live.changes import Changes
from apps.voting.operations import cast_vote, leave_jam, remove_attendee, suggest_song, take_back_vote
from tests.factories import make_attendee, make_jam, make_jam_song, make_song, make_user, make_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    """What was told of any stream, frame by frame and address by address, as a socket would get it."""
    frames = []

    def announce(stream, *changes):
        merged = Changes()
        merged.add(change._asdict() for change in changes)
        frames.append(merged.frames() or {"": {"refetch": True}})

    for module in ("jams.board", "jams.actions", "jams.receivers", "voting.operations"):
        monkeypatch.setattr(f"apps.{module}.announce", announce)
    return frames


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def clock(monkeypatch):
    """The clock that stands in for revisions: it ticks with each look at it."""
    ticks = iter(range(1_000_000, 2_000_000))
    monkeypatch.setattr("apps.jams.board.clock", lambda: next(ticks))


def fresh(jam_song):
    return JamSong.objects.select_related("jam", "song").get(pk=jam_song.pk)


def voted(jam_song, count):
    for _ in range(count):
        make_vote(jam_song=jam_song)
    return fresh(jam_song)


def for_all(frames):
    """All that the room heard of songs."""
    return [song for frame in frames for song in frame.get("", {}).get("songs", [])]


def for_hosts(frames):
    return [song for frame in frames for song in frame.get("host", {}).get("songs", [])]


def titles(board):
    return [song["title"] for song in board["songs"]]


# The order --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", ["live", "top", "hidden"])
def test_playing_then_the_set_list_then_the_ranking_then_played_last_first(counts):
    jam = make_jam(counts=counts, counts_top=1)
    now = timezone.now()
    make_jam_song(jam=jam, title="played first", status="played", ended_at=now - timedelta(minutes=9))
    make_jam_song(jam=jam, title="played last", status="played", ended_at=now)
    make_jam_song(jam=jam, title="second", status="queued", position=2)
    make_jam_song(jam=jam, title="first", status="queued", position=1)
    make_jam_song(jam=jam, title="open")
    voted(make_jam_song(jam=jam, title="wanted"), 1)
    make_jam_song(jam=jam, title="pinned", pinned=True)
    playing = make_jam_song(jam=jam, title="playing", status="playing")
    make_jam_song(jam=jam, title="pending", status="pending")
    make_jam_song(jam=jam, title="removed", status="removed")

    board = snapshot(jam)

    ranking = ["pinned", "open", "wanted"] if counts != "live" else ["pinned", "wanted", "open"]
    assert titles(board) == ["playing", "first", "second", *ranking, "played last", "played first"]
    assert board["now_playing"]["id"] == playing.pk
    assert board["now_playing"] == board["songs"][0]


def test_the_board_shows_so_many_open_songs_and_says_how_many_more(settings):
    settings.BOARD_SIZE = 3
    jam = make_jam()
    for _ in range(4):
        make_jam_song(jam=jam)
    voted(make_jam_song(jam=jam, title="late and wanted"), 1)
    make_jam_song(jam=jam, status="queued", position=1)
    for _ in range(3):
        make_jam_song(jam=jam, status="played", ended_at=timezone.now())

    board = snapshot(jam)

    statuses = [song["status"] for song in board["songs"]]
    assert statuses == ["queued"] + ["open"] * 3 + ["played"] * 2
    assert board["songs"][1]["title"] == "late and wanted"
    assert board["more_songs"] == 2


def test_two_hundred_songs_are_shown():
    jam = make_jam()
    songs = [make_song() for _ in range(203)]
    JamSong.objects.bulk_create([JamSong(jam=jam, song=song) for song in songs])

    board = snapshot(jam)

    assert (len(board["songs"]), board["more_songs"]) == (200, 3)


def test_an_empty_jam_has_an_empty_board():
    board = snapshot(make_jam())

    assert (board["songs"], board["now_playing"], board["more_songs"], board["people"]) == ([], None, 0, 0)


def test_people_are_those_who_are_here():
    jam = make_jam()
    for state in ("active", "away", "left", "removed"):
        make_attendee(jam=jam, state=state)

    assert snapshot(jam)["people"] == 2


def test_times_can_be_compared_as_text():
    jam = make_jam(voting_closes_at=timezone.now().replace(microsecond=0))
    jam_song = make_jam_song(jam=jam)
    JamSong.objects.filter(pk=jam_song.pk).update(counted_at=timezone.now().replace(microsecond=0))

    board = snapshot(jam)

    assert board["songs"][0]["counted_at"].endswith(".000000Z")
    assert board["voting_closes_at"].endswith(".000000Z")


# Snapshot and frames are of one shape -----------------------------------------------------------------


def test_a_frame_has_the_members_of_the_snapshot(told):
    jam = make_jam()
    jam_song = voted(make_jam_song(jam=jam), 2)
    make_jam_song(jam=jam, status="playing")
    told.clear()

    publish(jam, [jam_song.pk])

    board, frame = snapshot(jam), told[0][""]
    assert set(frame) <= set(board)
    assert frame["songs"] == [song for song in board["songs"] if song["id"] == jam_song.pk]
    assert {name: frame[name] for name in set(frame) - {"songs"}} == {
        name: board[name] for name in set(frame) - {"songs"}
    }


def test_a_vote_says_what_the_snapshot_says(told):
    jam_song = make_jam_song()

    cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam))

    board = snapshot(jam_song.jam)["songs"][0]
    [state] = for_all(told[1:])
    assert state.items() <= board.items()
    assert (state["votes"], state["revision"]) == (1, 1)


def test_a_removed_song_leaves_the_board(told, commits):
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host))

    with commits():
        remove_song(jam_song=jam_song, host=host)

    assert for_all(told) == [{"id": jam_song.pk, "revision": 1, "status": "removed"}]


def test_what_is_the_hosts_is_addressed_to_hosts(told):
    sam = make_attendee(name="Sam")
    told.clear()

    publish(sam.jam, desk=True)
    publish_people(sam.jam)
    tell_attendee(sam)

    assert told[0]["host"] == {"desk": True}
    assert told[1] == {"": {"people": 1}, "host": {"desk": True}}
    assert told[2] == {f"attendee:{sam.pk}": {"me": True}}


def test_people_who_come_in_the_moment_of_a_hosts_action_are_counted(monkeypatch):
    moment = Changes()
    monkeypatch.setattr("apps.jams.board.announce", lambda _, *news: moment.add(change._asdict() for change in news))
    jam = make_jam(revision=7)

    make_attendee(jam=jam)
    publish(jam)
    make_attendee(jam=jam)

    frame = moment.frames()[""]
    assert (frame["people"], frame["jam_revision"]) == (2, 7)


# Hidden counts ----------------------------------------------------------------------------------------

HIDDEN = {"votes": None, "counted_at": None}


def seen_by_the_room(jam):
    """The snapshot without what differs from moment to moment."""
    board = snapshot(Jam.objects.get(pk=jam.pk))
    playing = board["now_playing"]
    for song in [*board["songs"], *([playing] if playing else [])]:
        song.pop("revision")
    return {name: value for name, value in board.items() if name not in {"now", "revision", "people"}}


@pytest.mark.parametrize("status", ["open", "queued", "playing", "played"])
@pytest.mark.parametrize("counts", ["hidden", "top"])
def test_hidden_counts_are_not_in_the_snapshot(counts, status):
    jam = make_jam(counts=counts, counts_top=1)
    voted(make_jam_song(jam=jam), 3)
    jam_song = voted(make_jam_song(jam=jam), 2)
    JamSong.objects.filter(pk=jam_song.pk).update(status=status, position=1)

    board = snapshot(jam)

    shown = [song for song in board["songs"] if song["votes"] is not None or song["counted_at"] is not None]
    assert len(shown) == (1 if counts == "top" else 0)
    assert jam_song.pk not in [song["id"] for song in shown]
    if status == "playing":
        assert board["now_playing"].items() >= HIDDEN.items()


def test_votes_make_no_difference_to_what_the_room_sees_where_counts_are_hidden():
    jam = make_jam(counts="hidden")
    songs = [make_jam_song(jam=jam) for _ in range(3)]
    before = seen_by_the_room(jam)

    voted(songs[2], 5)
    voted(songs[1], 2)

    assert seen_by_the_room(jam) == before


@pytest.mark.parametrize("counts", ["hidden", "top"])
def test_revisions_do_not_count_votes_where_counts_are_hidden(counts, clock):
    jam = make_jam(counts=counts, counts_top=1)
    voted(make_jam_song(jam=jam), 9)
    voted(make_jam_song(jam=jam), 5)
    make_jam_song(jam=jam)

    revisions = {song["revision"] for song in snapshot(jam)["songs"]}

    assert revisions == {1_000_000}


def test_a_vote_is_told_to_hosts_alone_where_counts_are_hidden(told):
    jam = make_jam(counts="hidden")
    jam_song = make_jam_song(jam=jam)
    voter = make_attendee(jam=jam)
    told.clear()

    tally = cast_vote(jam_song=jam_song, attendee=voter)
    take_back_vote(jam_song=jam_song, attendee=voter)

    assert all(list(frame) == ["host"] for frame in told)
    assert [song["votes"] for song in for_hosts(told)] == [1, 0]
    assert (tally.votes, tally.voted) == (None, True)


def test_the_answer_to_a_vote_does_not_count_where_counts_are_hidden(clock):
    jam_song = voted(make_jam_song(jam=make_jam(counts="hidden")), 4)

    tally = cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam))

    assert (tally.votes, tally.voted) == (None, True)
    assert tally.revision >= 1_000_000


def test_who_leaves_or_is_removed_does_not_give_away_what_they_voted_for(told, commits):
    host = make_user()
    jam = make_jam(host=host, counts="hidden")
    songs = [make_jam_song(jam=jam) for _ in range(3)]
    for leave in (lambda who: leave_jam(attendee=who), lambda who: remove_attendee(attendee=who, host=host)):
        voter = make_attendee(jam=jam)
        make_vote(jam_song=songs[1], attendee=voter)
        told.clear()

        with commits():
            leave(voter)

        assert for_all(told) == []
        assert [(song["id"], song["votes"]) for song in for_hosts(told)] == [(songs[1].pk, 0)]


def test_what_a_host_does_is_told_without_counts_to_the_room_and_with_them_to_hosts(told, commits):
    host = make_user()
    jam_song = voted(make_jam_song(jam=make_jam(host=host, counts="hidden")), 2)

    with commits():
        queue_song(jam_song=jam_song, host=host)
    [room], [hosts] = for_all(told), for_hosts(told)
    with commits():
        play_song(jam_song=jam_song, host=host)

    assert room.items() >= (HIDDEN | {"status": "queued"}).items()
    assert (hosts["votes"], hosts["revision"]) == (2, room["revision"])
    assert told[-1][""]["now_playing"].items() >= (HIDDEN | {"status": "playing"}).items()


def test_a_newer_state_has_a_higher_revision_whoever_acts(told, commits, clock):
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host, counts="hidden"))
    voters = [make_attendee(jam=jam_song.jam) for _ in range(2)]

    seen = [snapshot(jam_song.jam)["songs"][0]["revision"]]
    for act in (
        lambda: cast_vote(jam_song=fresh(jam_song), attendee=voters[0]),
        lambda: queue_song(jam_song=jam_song, host=host),
        lambda: unqueue_song(jam_song=jam_song, host=host),
        lambda: cast_vote(jam_song=fresh(jam_song), attendee=voters[1]),
    ):
        told.clear()
        with commits():
            act()
        seen += {song["revision"] for song in for_all(told) + for_hosts(told)}
    seen.append(snapshot(jam_song.jam)["songs"][0]["revision"])

    assert seen == sorted(set(seen))


@pytest.mark.parametrize("reveal", ["end", "change"])
def test_when_counts_are_shown_again_no_state_is_older_than_what_was_seen(reveal, told, commits):
    host = make_user()
    jam = make_jam(host=host, counts="hidden")
    voted(make_jam_song(jam=jam), 3)
    before = snapshot(jam)["songs"][0]["revision"]

    with commits():
        end_jam(jam=jam, host=host) if reveal == "end" else change_jam(jam=jam, host=host, counts="live")

    after = snapshot(jam)["songs"][0]
    assert after["votes"] == 3
    assert after["revision"] >= before
    assert {"": {"refetch": True}} in told
    if reveal == "change":
        tally = cast_vote(jam_song=JamSong.objects.get(), attendee=make_attendee(jam=jam))
        assert tally.revision == after["revision"] + 1


def test_an_ended_jam_shows_what_was_hidden():
    jam = make_jam(counts="hidden", status="ended")
    voted(make_jam_song(jam=jam), 3)

    board = snapshot(jam)

    assert board["counts"] == "live"
    assert board["songs"][0]["votes"] == 3


# The first few ----------------------------------------------------------------------------------------


def test_the_first_few_have_counts_and_the_rest_stand_as_they_came():
    jam = make_jam(counts="top", counts_top=2)
    songs = [make_jam_song(jam=jam, title=str(n)) for n in range(5)]
    voted(songs[4], 3)
    voted(songs[2], 2)
    voted(songs[3], 1)

    board = snapshot(jam)

    assert [(song["title"], song["votes"]) for song in board["songs"]] == [
        ("4", 3),
        ("2", 2),
        ("0", None),
        ("1", None),
        ("3", None),
    ]


def test_a_vote_for_a_song_below_the_first_few_is_not_given_away(told):
    jam = make_jam(counts="top", counts_top=2)
    first, second = voted(make_jam_song(jam=jam), 3), voted(make_jam_song(jam=jam), 2)
    below = make_jam_song(jam=jam)
    voter = make_attendee(jam=jam)
    told.clear()

    tally = cast_vote(jam_song=fresh(below), attendee=voter)
    take_back_vote(jam_song=fresh(below), attendee=voter)

    assert tally.votes is None
    for frame in told:
        assert frame[""]["top"] == [first.pk, second.pk]
        assert [(song["id"], song["votes"]) for song in frame[""]["songs"]] == [(first.pk, 3), (second.pk, 2)]
    assert [song["votes"] for song in for_hosts(told)] == [1, 0]


def test_who_comes_among_the_first_few_is_told_with_its_count(told):
    jam = make_jam(counts="top", counts_top=2)
    first, second = voted(make_jam_song(jam=jam), 3), voted(make_jam_song(jam=jam), 1)
    rising = voted(make_jam_song(jam=jam), 1)
    voter = make_attendee(jam=jam)
    told.clear()

    cast_vote(jam_song=rising, attendee=voter)
    assert told[0][""]["top"] == [first.pk, rising.pk]
    assert [song["votes"] for song in for_all(told)] == [3, 2]
    told.clear()

    take_back_vote(jam_song=fresh(rising), attendee=voter)
    assert told[0][""]["top"] == [first.pk, second.pk]


@pytest.mark.parametrize("act", [queue_song, play_song, remove_song])
def test_when_a_host_takes_the_first_song_the_next_one_is_shown(told, commits, act):
    host = make_user()
    jam = make_jam(host=host, counts="top", counts_top=1)
    first, second = voted(make_jam_song(jam=jam), 3), voted(make_jam_song(jam=jam), 2)
    told.clear()

    with commits():
        act(jam_song=first, host=host)

    states = {song["id"]: song for song in for_all(told)}
    assert told[0][""]["top"] == [second.pk]
    assert states[second.pk]["votes"] == 2
    assert states[first.pk].get("votes") is None


def test_a_pin_changes_who_is_first(told, commits):
    host = make_user()
    jam = make_jam(host=host, counts="top", counts_top=1)
    voted(make_jam_song(jam=jam), 3)
    pinned = make_jam_song(jam=jam)
    told.clear()

    with commits():
        pin_song(jam_song=pinned, host=host, pinned=True)

    [state] = for_all(told)
    assert told[0][""]["top"] == [pinned.pk]
    assert (state["id"], state["pinned"], state["votes"]) == (pinned.pk, True, 0)


def test_who_leaves_may_change_who_is_first(told, commits):
    jam = make_jam(counts="top", counts_top=1)
    first, second = voted(make_jam_song(jam=jam), 1), voted(make_jam_song(jam=jam), 1)
    voter = make_attendee(jam=jam)
    make_vote(jam_song=second, attendee=voter)
    told.clear()

    with commits():
        leave_jam(attendee=voter)

    assert next(frame[""]["top"] for frame in told if "top" in frame.get("", {})) == [first.pk]


def test_a_skipped_song_that_is_first_again_has_its_count(told, commits):
    host = make_user()
    jam = make_jam(host=host, counts="top", counts_top=1)
    first = voted(make_jam_song(jam=jam), 3)
    with commits():
        queue_song(jam_song=first, host=host)
    told.clear()

    with commits():
        skip_song(jam_song=first, host=host)

    [state] = for_all(told)
    assert (state["status"], state["votes"]) == ("open", 3)


# What waits, and who asked for it ---------------------------------------------------------------------


def test_a_pending_suggestion_is_told_to_hosts_alone(told, commits):
    jam = make_jam(approve_suggestions=True)
    attendee = make_attendee(jam=jam, name="Unmistakable")
    told.clear()

    with commits():
        suggest_song(jam=jam, attendee=attendee, title="Secret Wish", artist="Somebody")

    assert for_all(told) == for_hosts(told) == []
    assert told[0]["host"] == {"desk": True}
    assert "Secret Wish" not in str(told) + str(snapshot(jam))


def test_the_room_hears_a_suggestion_but_not_whose_it_is(told, commits):
    jam = make_jam()
    attendee = make_attendee(jam=jam, name="Unmistakable")

    with commits():
        suggest_song(jam=jam, attendee=attendee, title="Open Wish", artist="Somebody")

    [state] = for_all(told)
    assert (state["title"], state["votes"], state["status"]) == ("Open Wish", 1, "open")
    assert "Unmistakable" not in str(told) + str(snapshot(jam))


def test_whose_pending_suggestion_goes_with_them_is_not_told_to_the_room(told, commits):
    jam = make_jam(approve_suggestions=True)
    attendee = make_attendee(jam=jam)
    suggest_song(jam=jam, attendee=attendee, song=make_song())
    told.clear()

    with commits():
        leave_jam(attendee=attendee)

    assert for_all(told) == []
