"""Two songs of the library that are one: nothing of either is lost, anywhere, or nothing is done."""

import io
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.catalog.errors import SameSong, SongBusy, StaffOnly
from apps.catalog.library import ban_song, change_library_song
from apps.catalog.models import LibrarySong, Song, SongView
from apps.catalog.music import MAX_TAGS
from apps.catalog.run_models import ImportQuestion, ImportRun
from apps.core.errors import DomainError, NotThere
from apps.core.write_behind import today
from apps.jams.errors import ChangedSince
from apps.jams.lineup import add_songs, finish_song, play_song
from apps.jams.models import JamSong
from apps.live.streams import revision_of
from apps.stage.models import Performance, SignUp
from apps.voting import merging
from apps.voting.corrections import differences
from apps.voting.merging import merge_songs
from apps.voting.models import Vote
from apps.voting.operations import cast_vote, suggest_song
from apps.voting.undo import undo
from tests.catalog.callers import SONGS, client, refused
from tests.factories import (
    make_attendee,
    make_jam,
    make_jam_song,
    make_performance,
    make_sign_up,
    make_slot,
    make_song,
    make_staff,
    make_user,
    make_venue,
    make_vote,
)
from tests.races import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return make_staff()


@pytest.fixture
def songs():
    """One that stays, and one that is the same under another name."""
    return make_song(title="Superstition", artist="Stevie Wonder"), make_song(title="Superstishon", artist="S. Wonder")


@pytest.fixture
def merge(staff, songs, django_capture_on_commit_callbacks):
    def run():
        with django_capture_on_commit_callbacks(execute=True):
            return merge_songs(songs=[songs[1]], into=songs[0], by=staff)

    return run


def of(jam, song):
    return JamSong.objects.get(jam=jam, song=song)


def voters_of(jam_song):
    return set(Vote.objects.filter(jam_song=jam_song).values_list("attendee", flat=True))


# What is in jams --------------------------------------------------------------------------------------


def test_a_song_of_a_jam_goes_on_under_the_other_name_with_its_votes(songs, merge):
    jam_song = make_jam_song(song=songs[1], status="queued", position=1, locked=True)
    make_vote(jam_song=jam_song)

    merge()

    there = of(jam_song.jam, songs[0])
    assert (there.pk, there.votes, there.status, there.position, there.locked) == (jam_song.pk, 1, "queued", 1, True)
    assert there.revision > jam_song.revision
    assert not Song.objects.filter(pk=songs[1].pk).exists()


def test_where_a_jam_has_both_who_voted_for_both_has_one_vote(songs, merge):
    jam = make_jam()
    one, other = (make_jam_song(jam=jam, song=song) for song in songs)
    both, first, second = (make_attendee(jam=jam) for _ in range(3))
    for jam_song, attendee in [(one, both), (one, first), (other, both), (other, second)]:
        make_vote(jam_song=jam_song, attendee=attendee)

    merge()

    there = JamSong.objects.get(jam=jam)
    assert (there.pk, there.song, there.votes) == (one.pk, songs[0], 3)
    assert voters_of(there) == {both.pk, first.pk, second.pk}
    assert differences() == []


@pytest.mark.parametrize(
    ("statuses", "kept"),
    [
        (("open", "open"), "open"),
        (("open", "playing"), "playing"),
        (("played", "queued"), "queued"),
        (("open", "played"), "played"),
        (("pending", "removed"), "pending"),
        (("removed", "removed"), "removed"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_the_one_that_is_further_stays_and_keeps_all_votes(songs, merge, statuses, kept, swapped):
    jam = make_jam()
    pairs = zip(songs, statuses[::-1] if swapped else statuses, strict=True)
    made = [make_jam_song(jam=jam, song=song, status=status, times_queued=1) for song, status in pairs]
    for jam_song in made:
        make_vote(jam_song=jam_song)

    merge()

    there = JamSong.objects.get(jam=jam)
    assert there.pk == next(jam_song.pk for jam_song in made if jam_song.status == kept)
    assert (there.song, there.status, there.votes, there.times_queued) == (songs[0], kept, 2, 2)
    assert there.votable == (kept == "open")
    assert differences() == []


def test_the_set_list_closes_where_one_of_two_queued_goes(songs, merge):
    jam = make_jam()
    make_jam_song(jam=jam, song=songs[1], status="queued", position=1)
    make_jam_song(jam=jam, song=songs[0], status="queued", position=2)
    last = make_jam_song(jam=jam, status="queued", position=3)

    merge()

    queue = [(jam_song.song_id, jam_song.position) for jam_song in jam.songs.queue()]
    assert queue == [(songs[0].pk, 1), (last.song_id, 2)]


def test_who_signed_up_first_has_the_slot(songs, merge):
    jam = make_jam()
    slots = [make_slot(jam_song=make_jam_song(jam=jam, song=song)) for song in songs]
    early = make_sign_up(slot=slots[1])
    late = make_sign_up(slot=slots[0])

    merge()

    early.refresh_from_db()
    late.refresh_from_db()
    assert [(one.slot_id, one.state) for one in (early, late)] == [
        (slots[0].pk, "claimed"),
        (slots[0].pk, "waiting"),
    ]


@pytest.mark.parametrize("status", ["playing", "played"])
def test_who_is_on_stage_stays_there_and_nobody_waits_for_what_is_over(songs, merge, status):
    jam = make_jam()
    waits = make_sign_up(slot=make_slot(jam_song=make_jam_song(jam=jam, song=songs[0])))
    plays = make_sign_up(slot=make_slot(jam_song=make_jam_song(jam=jam, song=songs[1], status=status)))

    merge()

    assert not SignUp.objects.live().filter(attendee=waits.attendee).exists()
    assert SignUp.objects.get(slot__jam_song__jam=jam, attendee=plays.attendee).state == "claimed"


def test_rooms_look_again_also_those_that_have_one_of_them(songs, merge):
    running, both, over, other = make_jam(), make_jam(), make_jam(status="ended"), make_jam()
    for jam in (running, both, over):
        make_jam_song(jam=jam, song=songs[1])
    make_jam_song(jam=both, song=songs[0])
    make_jam_song(jam=other, song=make_song())
    before = {jam: revision_of(jam.stream) for jam in (running, both, over, other)}

    merge()

    told = {jam for jam, revision in before.items() if revision_of(jam.stream) > revision}
    assert told == {running, both}
    assert set(JamSong.objects.filter(song=songs[0]).values_list("jam", flat=True)) == {running.pk, both.pk, over.pk}


# What the library has ---------------------------------------------------------------------------------


def test_what_the_one_lacks_comes_from_the_other(staff):
    early, late = timezone.now() - timedelta(days=9), timezone.now()
    parts = [{"instrument": "vocals", "count": 1, "required": True}]
    into = make_song(key="Am", tags=["soul"], popularity=5, times_played=2, last_played=early, listed=True)
    song = make_song(
        key="C", year=1972, tempo=101, duration=266, style="Funk", tags=["70s", "soul"], parts=parts, popularity=9,
        chord_sheet_url="https://chords.example/1", chord_sheet_checked_url="https://chords.example/1",
        chord_sheet_found="ok", times_played=3, last_played=late, listed=False,
    )  # fmt: skip

    merge_songs(songs=[song], into=into, by=staff)

    into.refresh_from_db()
    facts = (into.key, into.year, into.tempo, into.duration, into.style, into.tags, into.parts, into.chord_sheet_state)
    assert facts == ("Am", 1972, 101, 266, "Funk", ["soul", "70s"], parts, "ok")
    assert (into.popularity, into.times_played, into.last_played, into.listed) == (9, 5, late, True)


def test_a_song_that_somebody_wrote_in_takes_the_library_s_place_and_has_no_more_tags_than_a_song_can(staff):
    into = make_song(listed=False, tags=[f"a{n}" for n in range(MAX_TAGS)])
    song = make_song(tags=["b"])

    merge_songs(songs=[song], into=into, by=staff)

    into.refresh_from_db()
    assert (into.listed, len(into.tags), "b" in into.tags) == (True, MAX_TAGS, False)
    into.full_clean()


def test_what_venues_say_of_both_is_united(songs, merge):
    here, there, manager = make_venue(), make_venue(), make_staff()
    one, other = songs
    change_library_song(venue=here, song=one, by=manager, note="Capo 2")
    change_library_song(venue=here, song=other, by=manager, key="Gm", note="Slow")
    change_library_song(venue=there, song=other, by=manager, key="Am")
    LibrarySong.objects.filter(venue=here).update(times_played=2, last_played=timezone.now())

    merge()

    rows = LibrarySong.objects.order_by("venue").values_list("venue", "song", "key", "note", "times_played")
    assert list(rows) == [(here.pk, one.pk, "Gm", "Capo 2 / Slow", 4), (there.pk, one.pk, "Am", "", 0)]


@pytest.mark.parametrize("banned", [0, 1])
def test_a_ban_of_one_of_them_sticks_and_the_song_leaves_the_jams_there(songs, merge, staff, banned):
    venue = make_venue()
    with_it, elsewhere, over = make_jam(venue=venue), make_jam(), make_jam(venue=venue, status="ended")
    ban_song(venue=venue, song=songs[banned], by=staff, why="Nobody can hear it")
    for jam in (with_it, elsewhere, over):
        make_jam_song(jam=jam, song=songs[1 - banned])

    merge()

    row = LibrarySong.objects.get(venue=venue)
    assert (row.song, row.why) == (songs[0], "Nobody can hear it")
    statuses = [of(jam, songs[0]).status for jam in (with_it, elsewhere, over)]
    assert statuses == ["removed", "open", "open"]


def test_of_two_bans_the_first_holds(songs, merge, staff):
    venue = make_venue()
    for song, why in zip(reversed(songs), ["The first", "The second"], strict=True):
        ban_song(venue=venue, song=song, by=staff, why=why)
    first = LibrarySong.objects.get(song=songs[1]).banned_at

    merge()

    row = LibrarySong.objects.get()
    assert (row.why, row.banned_at) == ("The first", first)


def test_views_add_up_by_day(songs, merge):
    yesterday = today() - timedelta(days=1)
    for song, day, times in [(songs[0], today(), 1), (songs[1], today(), 2), (songs[1], yesterday, 3)]:
        SongView.objects.create(song=song, day=day, times=times)

    merge()

    assert set(SongView.objects.values_list("song", "day", "times")) == {
        (songs[0].pk, today(), 3),
        (songs[0].pk, yesterday, 3),
    }


def test_what_was_played_is_history_of_the_one_and_one_start_is_one_performance(songs, merge):
    jam, started = make_jam(), timezone.now() - timedelta(hours=1)
    make_performance(jam=jam, song=songs[1])
    for song in songs:
        make_performance(jam=jam, song=song, started_at=started)

    merge()

    assert set(Performance.objects.values_list("song", flat=True)) == {songs[0].pk}
    assert Performance.objects.count() == 2


def test_an_import_that_asks_about_the_one_asks_about_the_other(songs, merge):
    run = ImportRun.objects.create(name="songs.csv", digest="")
    question = ImportQuestion.objects.create(run=run, line=2, values={}, song=songs[1])

    merge()

    question.refresh_from_db()
    assert question.song == songs[0]


def test_everything_that_points_at_songs_is_thought_of():
    """Whoever adds a relation to songs says in a merge what becomes of its rows, and then here."""

    def pointing_at(model):
        fields = model._meta.get_fields(include_hidden=True)
        return {field.related_model._meta.label for field in fields if field.one_to_many}

    assert pointing_at(Song) == {
        "catalog.ImportQuestion", "catalog.LibrarySong", "catalog.ListDifference", "catalog.SongView", "jams.JamSong",
        "stage.Performance",
    }  # fmt: skip
    assert pointing_at(JamSong) == {"stage.Slot", "voting.Vote"}


def test_several_are_merged_in_one_go_and_it_is_written_down(staff):
    into, *others = (make_song(times_played=n) for n in range(3))
    jam = make_jam()
    for song in (into, *others):
        make_jam_song(jam=jam, song=song)

    merge_songs(songs=others, into=into, by=staff)

    into.refresh_from_db()
    assert (into.times_played, JamSong.objects.count(), Song.objects.count()) == (3, 1, 1)
    events = AuditEvent.objects.filter(verb="merge", about=f"song:{into.pk}").order_by("pk")
    assert [event.before["merged"]["song"] for event in events] == sorted(song.pk for song in others)
    assert all(event.actor == staff for event in events)
    assert AuditEvent.objects.filter(verb="merge", about=f"song:{others[0].pk}").get().after["song"] == into.pk


# Who says no ------------------------------------------------------------------------------------------


def test_only_staff_merge_songs_and_nothing_happens(songs):
    with pytest.raises(StaffOnly):
        merge_songs(songs=[songs[1]], into=songs[0], by=make_user())

    assert Song.objects.count() == 2


def test_a_song_is_not_merged_into_itself(songs, staff):
    with pytest.raises(SameSong):
        merge_songs(songs=songs, into=songs[0], by=staff)

    assert Song.objects.count() == 2


def test_what_fails_at_the_end_leaves_all_as_it_was(songs, staff, monkeypatch):
    jam_song = make_jam_song(song=songs[1])
    make_vote(jam_song=jam_song)
    monkeypatch.setattr("apps.voting.merging.leave_where_banned", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        merge_songs(songs=[songs[1]], into=songs[0], by=staff)

    assert of(jam_song.jam, songs[1]).votes == 1
    assert not AuditEvent.objects.filter(verb="merge").exists()


def test_an_undo_that_would_put_plays_of_a_merged_song_back_says_no(songs, merge):
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host), song=songs[1])
    play_song(jam_song=jam_song, host=host)
    finish_song(jam_song=jam_song, host=host)
    merge()

    with pytest.raises(ChangedSince):
        undo(jam=jam_song.jam, host=host)

    songs[0].refresh_from_db()
    assert (songs[0].times_played, of(jam_song.jam, songs[0]).status) == (1, "played")


def test_the_api_answers_the_song_that_stays_and_says_clearly_what_is_wrong(songs, staff):
    one, other = songs
    program = client(staff)

    answer = program.post(f"{SONGS}/{other.pk}/merge", {"into": one.pk}, format="json")

    assert (answer.status_code, answer.json()["title"]) == (200, "Superstition")
    assert (
        "is no song"
        in refused(program.post(f"{SONGS}/{one.pk}/merge", {"into": other.pk}, format="json"), 404, "not_found")[
            "detail"
        ]
    )
    refused(program.post(f"{SONGS}/{other.pk}/merge", {"into": one.pk}, format="json"), 404, "not_found")
    refused(program.post(f"{SONGS}/{one.pk}/merge", {"into": one.pk}, format="json"), 409, "same_song")
    refused(client(make_user()).post(f"{SONGS}/{one.pk}/merge", {"into": one.pk}, format="json"), 403, "staff_only")


# At the same time -------------------------------------------------------------------------------------


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_votes_that_are_cast_meanwhile_count_or_are_refused():
    staff, jam = make_staff(), make_jam()
    songs = [make_song(), make_song()]
    one, other = (make_jam_song(jam=jam, song=song) for song in songs)
    people = [make_attendee(jam=jam) for _ in range(12)]
    votes = [partial(cast_vote, jam_song=[one, other][n % 2], attendee=who) for n, who in enumerate(people)]

    refused = in_threads([partial(merge_songs, songs=[songs[1]], into=songs[0], by=staff), *votes])

    there = JamSong.objects.get(jam=jam)
    assert all(isinstance(error, DomainError) for error in refused), refused
    assert there.votes == len(people) - len(refused)
    assert differences() == []
    assert {who.pk for who in people[::2]} <= voters_of(there)  # nobody is refused who voted for the one that stays


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_a_song_that_comes_into_jams_meanwhile_is_merged_there_or_not_added(_round):
    staff = make_staff()
    into, song = make_song(), make_song()
    jams = [make_jam() for _ in range(3)]
    attendees = [make_attendee(jam=jam) for jam in jams]
    adding = [partial(add_songs, jam=jam, host=staff, songs=[song]) for jam in jams[:2]]
    suggesting = [partial(suggest_song, jam=jams[2], attendee=attendees[2], song=Song(pk=song.pk))]
    banning = [partial(ban_song, venue=make_venue(), song=song, by=staff, why="No")]

    refused = in_threads([partial(merge_songs, songs=[song], into=into, by=staff), *adding, *suggesting, *banning])

    assert all(isinstance(error, NotThere) for error in refused), refused
    assert set(JamSong.objects.values_list("song", flat=True)) <= {into.pk}
    assert JamSong.objects.count() + LibrarySong.objects.count() == 4 - len(refused)
    assert not Song.objects.filter(pk=song.pk).exists()


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_who_merge_the_same_two_both_ways_get_one_song():
    staff, jam = make_staff(), make_jam()
    songs = [make_song(), make_song()]
    for song in songs:
        make_vote(jam_song=make_jam_song(jam=jam, song=song))

    refused = in_threads([
        partial(merge_songs, songs=[songs[0]], into=songs[1], by=staff),
        partial(merge_songs, songs=[songs[1]], into=songs[0], by=staff),
    ])  # fmt: skip

    assert [type(error) for error in refused] == [NotThere]
    assert JamSong.objects.get().votes == 2


def test_a_song_that_never_stands_still_is_left_alone(songs, staff, monkeypatch):
    places = merging.places_of

    def moving(pks, into):
        make_jam_song(song=songs[1])
        return places(pks, into)

    monkeypatch.setattr(merging, "places_of", moving)

    with pytest.raises(SongBusy):
        merge_songs(songs=[songs[1]], into=songs[0], by=staff)

    assert Song.objects.count() == 2


# The command ------------------------------------------------------------------------------------------


def command(*args, **options):
    out = io.StringIO()
    call_command("merge_songs", *map(str, args), stdout=out, **options)
    return out.getvalue()


def test_the_command_says_what_moves_and_then_does_it(songs, staff):
    make_vote(jam_song=make_jam_song(song=songs[1]))

    planned = command(songs[0].pk, songs[1].pk, by=staff.email, dry_run=True)
    there = Song.objects.count()
    done = command(songs[0].pk, songs[1].pk, by=staff.email)

    assert "jam songs: 1" in planned
    assert there == 2
    assert "1 song was merged." in done
    assert Song.objects.get() == songs[0]


def test_the_command_says_what_is_wrong(songs, staff):
    one, other = (song.pk for song in songs)
    for args, by, text in [
        ((one, other), "nobody@example.com", "There is no account"),
        ((one, 999999), staff.email, "There is no song 999999."),
        ((one, one), staff.email, "cannot be merged into itself"),
        ((one, other), make_user().email, "only staff"),
    ]:
        with pytest.raises(CommandError, match=text):
            command(*args, by=by)
    assert Song.objects.count() == 2
