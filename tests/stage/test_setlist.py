"""The set list of a jam: planned from what is there, taken over as far as the host likes."""

from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.jams.errors import ChangedSince, NotAHost
from apps.jams.lineup import lock_song, move_song, queue_song, start_next
from apps.jams.models import Jam, JamHost
from apps.stage.planning.plans import Reason
from apps.stage.setlist import arrange, plan_of, queue_planned
from apps.stage.wording import WORDS, worded
from apps.voting.undo import undo
from tests.callers import Caller
from tests.factories import (
    make_attendee,
    make_jam,
    make_jam_song,
    make_sign_up,
    make_slot,
    make_song,
    make_user,
    make_vote,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    """It begins in an hour and lasts three."""
    begins = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    return make_jam(host=host, starts_at=begins, ends_at=begins + timedelta(hours=3))


def make(jam, title, *, votes=0, duration=200, **fields):
    jam_song = make_jam_song(jam=jam, song=make_song(title=title, duration=duration), **fields)
    for _ in range(votes):
        make_vote(jam_song=jam_song, attendee=make_attendee(jam=jam))
    return jam_song


def titles(jam, songs):
    names = dict(jam.songs.values_list("pk", "song__title"))
    return [names[pk] for pk in songs]


def test_by_votes_the_queue_comes_first_and_then_the_ranking(jam):
    make(jam, "Second", votes=1)
    make(jam, "First", votes=2)
    make(jam, "Queued later", status="queued", position=2)
    make(jam, "Queued", status="queued", position=1)
    make(jam, "Removed", votes=3, status="removed")
    make(jam, "Pending", votes=3, status="pending")

    plan = plan_of(jam, algorithm="votes")

    assert titles(jam, plan.songs) == ["Queued", "Queued later", "First", "Second"]
    assert [entry.reasons[0].code for entry in plan.entries] == ["placed", "placed", "votes", "votes"]


def test_the_first_song_begins_with_the_night_and_each_after_the_one_before(jam):
    make(jam, "Short", votes=2, duration=100)
    make(jam, "Long", votes=1, duration=300)

    entries = plan_of(jam, algorithm="votes").entries

    assert [entry.starts for entry in entries] == [jam.starts_at, jam.starts_at + timedelta(seconds=220)]


def test_while_a_song_plays_the_next_one_waits_for_its_end(jam):
    started = jam.starts_at + timedelta(minutes=5)
    make(jam, "On stage", status="playing", started_at=started, duration=180)
    make(jam, "Next")

    (entry,) = plan_of(jam, algorithm="votes").entries

    assert entry.starts == started + timedelta(seconds=300)


def test_what_does_not_fit_into_the_night_is_left_out_and_says_so(jam):
    Jam.objects.filter(pk=jam.pk).update(ends_at=jam.starts_at + timedelta(seconds=250))
    jam.refresh_from_db()
    make(jam, "Fits", votes=2)
    make(jam, "Too long", votes=1, duration=400)

    plan = plan_of(jam)

    assert titles(jam, plan.songs) == ["Fits"]
    assert [(titles(jam, [one.song])[0], one.reason.code) for one in plan.left_out] == [("Too long", "no_time")]


def test_a_host_may_insist_on_songs_that_can_be_played(jam):
    ready, unready = make(jam, "Ready", votes=1), make(jam, "Unready", votes=2)
    make_sign_up(slot=make_slot(jam_song=ready), attendee=make_attendee(jam=jam))
    make_sign_up(slot=make_slot(jam_song=unready), attendee=make_attendee(jam=jam), state="withdrawn")
    make_slot(jam_song=ready, instrument="cello", required=False)

    plan = plan_of(jam, playable_only=True)

    assert titles(jam, plan.songs) == ["Ready"]
    assert plan.left_out[0].reason == ("not_playable", {"missing": ("guitar",)})


def test_balanced_gives_a_performer_a_rest(jam):
    drummer = make_attendee(jam=jam)
    for title, votes in (("One", 4), ("Two", 3)):
        make_sign_up(slot=make_slot(jam_song=make(jam, title, votes=votes), instrument="drums"), attendee=drummer)
    make_sign_up(slot=make_slot(jam_song=make(jam, "Other", votes=2)), attendee=make_attendee(jam=jam))

    assert titles(jam, plan_of(jam, algorithm="votes").songs) == ["One", "Two", "Other"]
    assert titles(jam, plan_of(jam, algorithm="balanced").songs) == ["One", "Other", "Two"]


def test_the_next_songs_of_the_plan_are_queued_in_its_order(jam, host):
    make(jam, "Queued", status="queued", position=1)
    for title, votes in (("Third", 1), ("First", 3), ("Second", 2)):
        make(jam, title, votes=votes)

    queue_planned(jam=jam, host=host, algorithm="votes", count=2)

    assert titles(jam, jam.songs.queue().values_list("pk", flat=True)) == ["Queued", "First", "Second"]
    assert list(jam.songs.queue().values_list("position", flat=True)) == [1, 2, 3]
    assert not jam.songs.get(song__title="First").votable
    event = AuditEvent.objects.about(jam).get(verb="plan")
    assert event.after["plan"]["algorithm"] == "votes"


def test_taking_it_over_can_be_undone(jam, host):
    make(jam, "Queued", status="queued", position=1)
    for title, votes in (("First", 2), ("Second", 1)):
        make(jam, title, votes=votes)
    queue_planned(jam=jam, host=host, algorithm="votes", count=2)

    assert undo(jam=jam, host=host).action == "plan"

    assert titles(jam, jam.songs.queue().values_list("pk", flat=True)) == ["Queued"]
    assert titles(jam, jam.songs.ranked().values_list("pk", flat=True)) == ["First", "Second"]
    assert jam.songs.get(song__title="First").votable


def test_the_console_offers_to_undo_it(jam, host):
    make(jam, "Song")
    queue_planned(jam=jam, host=host, count=1)

    page = Caller(user=host).client.get(f"/jams/{jam.slug}/host")

    assert "Queued the next songs of the plan." in page.content.decode()
    assert 'name="undo" value="plan"' in page.content.decode()


def test_where_there_is_nothing_to_queue_nothing_is_written_down(jam, host):
    assert queue_planned(jam=jam, host=host, count=3) == []

    assert not AuditEvent.objects.about(jam).filter(verb="plan").exists()


def test_only_its_hosts_take_it_over(jam):
    make(jam, "Song")

    with pytest.raises(NotAHost):
        queue_planned(jam=jam, host=make_user(), count=1)
    assert not jam.songs.queue().exists()


def queue(jam):
    return list(jam.songs.queue().values_list("song__title", flat=True))


def queue_up(jam, *titles, **fields):
    """In this order, each with fewer votes than the one after it."""
    return [make(jam, title, votes=n, status="queued", position=n + 1, **fields) for n, title in enumerate(titles)]


def test_without_a_number_as_many_are_queued_as_the_night_has_time_for(jam, host):
    Jam.objects.filter(pk=jam.pk).update(ends_at=jam.starts_at + timedelta(seconds=600))
    jam.refresh_from_db()
    for votes in range(4):
        make(jam, f"{votes} votes", votes=votes)

    queue_planned(jam=jam, host=host, algorithm="votes")

    assert queue(jam) == ["3 votes", "2 votes"]


def test_a_song_of_the_queue_says_what_there_is_to_say_for_its_place(jam, host):
    drummer = make_attendee(jam=jam)
    rested, between, first = queue_up(jam, "Rested", "Between", "First")
    for jam_song in (first, rested):
        make_sign_up(slot=make_slot(jam_song=jam_song, instrument="drums"), attendee=drummer)
    for jam_song in (first, rested, rested):
        make_vote(jam_song=jam_song)
    for place, jam_song in enumerate((first, between, rested)):
        move_song(jam_song=jam_song, host=host, position=place)

    reasons = [entry.reasons[0].code for entry in plan_of(jam).entries]

    assert reasons == ["votes", "rest", "rest"]  # as ranked First, Rested, Between


def test_a_locked_song_of_the_queue_says_so(jam, host):
    first, _second = queue_up(jam, "First", "Second")
    lock_song(jam_song=first, host=host, locked=True)

    assert [entry.reasons[0].code for entry in plan_of(jam).entries] == ["locked", "votes"]


def test_songs_that_stand_where_only_the_host_wants_them_say_so(jam):
    queue_up(jam, "Unwanted", "Wanted")

    assert [entry.reasons for entry in plan_of(jam).entries] == [(Reason("placed"),)] * 2


def test_arranging_moves_all_but_locked_songs(jam, host):
    _low, middle, _high = queue_up(jam, "Low", "Middle", "High")
    lock_song(jam_song=middle, host=host, locked=True)
    make(jam, "Open", votes=9)

    moved = arrange(jam=jam, host=host, algorithm="votes")

    assert queue(jam) == ["High", "Middle", "Low"]
    assert {song.song.title for song in moved} == {"High", "Low"}


def test_arranging_keeps_a_locked_song_at_its_place_whatever_its_votes(jam, host):
    low, *_others = queue_up(jam, "Low", "Middle", "High")
    lock_song(jam_song=low, host=host, locked=True)

    arrange(jam=jam, host=host, algorithm="votes")

    assert queue(jam) == ["Low", "High", "Middle"]


def test_balanced_arranging_gives_a_performer_a_rest(jam, host):
    drummer = make_attendee(jam=jam)
    songs = queue_up(jam, "Other", "Two", "One")
    for jam_song in songs[1:]:
        make_sign_up(slot=make_slot(jam_song=jam_song, instrument="drums"), attendee=drummer)

    arrange(jam=jam, host=host, algorithm="balanced")

    assert queue(jam)[1] == "Other"


def test_one_undo_puts_all_places_back(jam, host):
    queue_up(jam, "Low", "Middle", "High")
    arrange(jam=jam, host=host, algorithm="votes")

    assert undo(jam=jam, host=host).action == "arrange"

    assert queue(jam) == ["Low", "Middle", "High"]
    assert list(jam.songs.queue().values_list("position", flat=True)) == [1, 2, 3]


def test_what_a_co_host_queued_since_stays_behind_it(jam, host):
    queue_up(jam, "Low", "High")
    arrange(jam=jam, host=host, algorithm="votes")
    queue_song(jam_song=make(jam, "New"), host=co_host_of(jam))

    undo(jam=jam, host=host)

    assert queue(jam) == ["Low", "High", "New"]


def test_arranging_is_not_undone_once_the_first_of_it_plays(jam, host):
    queue_up(jam, "Low", "High")
    arrange(jam=jam, host=host, algorithm="votes")
    start_next(jam=jam, host=co_host_of(jam))

    with pytest.raises(ChangedSince):
        undo(jam=jam, host=host)

    assert queue(jam) == ["Low"]


def co_host_of(jam):
    return JamHost.objects.create(jam=jam, user=make_user(), role="co_host").user


def test_arranging_what_is_in_order_changes_nothing(jam, host):
    queue_up(jam, "One")

    assert arrange(jam=jam, host=host) == []

    assert not AuditEvent.objects.about(jam).filter(verb="arrange").exists()


def test_only_its_hosts_arrange_it(jam):
    queue_up(jam, "Low", "High")

    with pytest.raises(NotAHost):
        arrange(jam=jam, host=make_user(), algorithm="votes")

    assert queue(jam) == ["Low", "High"]


PARAMS = {
    "votes": ({"votes": 3}, "3 votes"),
    "tie": ({"votes": 3, "song": 0}, "\u2068Creep\u2069 had as many votes earlier"),
    "waiting": ({"seconds": 150}, "2 min less waiting"),
    "rest": ({"times": 2, "performers": (4,)}, "Rests 1 performer"),
    "missing": ({"missing": ("drums", "drums", "bass")}, "Missing: drums, bass"),
    "not_playable": ({"missing": ("drums",)}, "Missing: drums"),
    "no_time": ({"seconds": 320, "left": 65}, "Takes 5:20, 1:05 left"),
}


@pytest.mark.parametrize("code", WORDS)
def test_each_reason_has_words(jam, code):
    params, text = PARAMS.get(code, ({}, None))

    said = worded(Reason(code, params), {0: make(jam, "Creep")})

    assert said == text if text else len(said) > 5


def test_where_nothing_is_left_of_the_night_no_lengths_are_told():
    assert worded(Reason("no_time", {"seconds": 320, "left": 0}), {}) == "No time left"


def test_over_the_api_the_queue_is_arranged(jam, host):
    low, high = queue_up(jam, "Low", "High")
    make_slot(jam_song=low)
    make_sign_up(slot=make_slot(jam_song=low, instrument="drums"), attendee=make_attendee(jam=jam))

    answer = Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/setlist/arrange", {"algorithm": "votes"}).json()

    assert [song["id"] for song in answer["songs"]] == [high.pk, low.pk]
    assert sorted(answer["changed"]) == [low.pk, high.pk]
    assert (answer["songs"][1]["filled"], answer["songs"][1]["required"]) == (1, 2)


def test_over_the_api(jam, host):
    first = make(jam, "First", votes=2, duration=None)
    call, path = Caller(user=host), f"/api/v1/jams/{jam.slug}/setlist"

    planned = call("GET", f"{path}?algorithm=votes").json()
    queued = call("POST", path, {"algorithm": "votes", "count": 1}).json()

    (song,) = planned["songs"]
    assert (song["id"], song["title"], song["seconds"], song["timed"]) == (first.pk, "First", 240, False)
    assert datetime.fromisoformat(song["starts_at"]) == jam.starts_at
    assert song["reasons"] == [{"code": "votes", "params": {"votes": 2}, "text": "2 votes"}]
    assert (song["status"], queued["songs"][0]["status"], queued["changed"]) == ("open", "queued", [first.pk])
    assert call("GET", f"{path}?algorithm=best").status_code == 400


def test_the_command_arranges_for_a_host(jam, host, capsys):
    make(jam, "Few", votes=1, status="queued", position=1)
    make(jam, "Many", votes=3, status="queued", position=2)

    call_command("arrange_set_list", jam.slug, "--by", host.email, "--algorithm", "votes")

    assert capsys.readouterr().out == "Songs that have moved: 2.\n"
    assert titles(jam, [song.pk for song in jam.songs.queue()]) == ["Many", "Few"]
    for wrong in ((jam.slug, make_user().email), ("nothing", host.email), (jam.slug, "nobody@example.com")):
        with pytest.raises(CommandError):
            call_command("arrange_set_list", wrong[0], "--by", wrong[1])
