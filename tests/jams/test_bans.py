"""A venue bans a song: it leaves the venue's jams and comes into none, by whatever way (product rule 5)."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.catalog.errors import NotAVenueManager, SongBanned
from apps.catalog.library import ban_song, change_library_song, forget_song, unban_song
from apps.catalog.models import LibrarySong
from apps.core.errors import Invalid
from apps.jams import lineup
from apps.jams.board import snapshot
from apps.jams.models import JamHost
from apps.jams.nights import hold_nights, repeat_jam
from apps.jams.operations import duplicate_jam, end_jam
from apps.live.streams import revision_of
from apps.voting.operations import suggest_song
from apps.voting.songs import reopen_song
from apps.voting.undo import undo
from tests.factories import make_attendee, make_jam, make_jam_song, make_song, make_staff, make_user, make_venue
from tests.races import in_threads

pytestmark = pytest.mark.django_db
WHY = "Nobody can hear it any more."


@pytest.fixture
def manager():
    return make_user()


@pytest.fixture
def venue(manager):
    return make_venue(name="The Copper Room", manager=manager)


def ban(venue, song, by, why=WHY):
    return ban_song(venue=venue, song=song, by=by, why=why)


def status_of(jam_song):
    jam_song.refresh_from_db()
    return jam_song.status


# It leaves the jams -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["pending", "open", "queued"])
def test_a_banned_song_leaves_a_jam_where_it_is_still_to_come(venue, manager, status):
    jam_song = make_jam_song(jam=make_jam(venue=venue), status=status, position=1 if status == "queued" else None)

    ban(venue, jam_song.song, manager)

    assert status_of(jam_song) == "removed"


@pytest.mark.parametrize("status", ["playing", "played"])
def test_what_plays_or_was_played_stays(venue, manager, status):
    jam_song = make_jam_song(jam=make_jam(venue=venue), status=status)

    ban(venue, jam_song.song, manager)

    assert status_of(jam_song) == status


def test_all_jams_of_the_venue_that_have_not_ended_and_no_others(venue, manager):
    song = make_song()
    here = [make_jam_song(jam=make_jam(venue=venue, status=s), song=song) for s in ("draft", "open", "live", "ended")]
    elsewhere = make_jam_song(song=song)

    ban(venue, song, manager)

    assert [status_of(jam_song) for jam_song in here] == ["removed", "removed", "removed", "open"]
    assert status_of(elsewhere) == "open"


def test_the_set_list_closes_up_and_the_room_is_told(venue, manager, django_capture_on_commit_callbacks):
    jam = make_jam(venue=venue)
    first, second = (make_jam_song(jam=jam, status="queued", position=place) for place in (1, 2))
    before = revision_of(jam.stream)

    with django_capture_on_commit_callbacks(execute=True):
        ban(venue, first.song, manager)

    second.refresh_from_db()
    assert second.position == 1
    assert [song["id"] for song in snapshot(jam)["songs"]] == [second.pk]
    assert revision_of(jam.stream) > before


def test_it_is_in_the_log_of_the_venue_and_of_each_jam(venue, manager):
    jam_song = make_jam_song(jam=make_jam(venue=venue))

    ban(venue, jam_song.song, manager)

    of_venue, of_jam = AuditEvent.objects.about(venue).get(), AuditEvent.objects.about(jam_song.jam).get()
    assert (of_venue.verb, of_venue.actor, of_venue.after["why"]) == ("ban_song", manager, WHY)
    assert (of_jam.verb, of_jam.after[f"song {jam_song.pk}"]["status"]) == ("ban", "removed")


def test_a_jam_without_it_hears_and_logs_nothing(venue, manager, django_capture_on_commit_callbacks):
    jam = make_jam(venue=venue)
    before = revision_of(jam.stream)

    with django_capture_on_commit_callbacks(execute=True):
        ban(venue, make_song(), manager)

    assert revision_of(jam.stream) == before
    assert not AuditEvent.objects.about(jam).exists()


# It comes into none ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_name", [False, True])
def test_nobody_suggests_it_and_hears_why(venue, manager, by_name):
    song = make_song(title="Wonderwall", artist="Oasis")
    ban(venue, song, manager)
    sam = make_attendee(jam=make_jam(venue=venue))
    wanted = {"title": "wonderwall!", "artist": "OASIS"} if by_name else {"song": song}

    with pytest.raises(SongBanned, match=f"The Copper Room does not play this: {WHY}"):
        suggest_song(jam=sam.jam, attendee=sam, **wanted)

    assert not sam.jam.songs.exists()


def test_another_venue_still_plays_it(venue, manager):
    song, sam = make_song(), make_attendee()
    ban(venue, song, manager)

    assert suggest_song(jam=sam.jam, attendee=sam, song=song).status == "open"


def test_hosts_do_not_add_it_not_even_the_manager(venue, manager):
    song, jam = make_song(), make_jam(venue=venue)
    ban(venue, song, manager)

    with pytest.raises(SongBanned):
        lineup.add_songs(jam=jam, host=manager, songs=[song])


def test_of_several_songs_the_banned_ones_are_skipped(venue, manager):
    jam, fine, banned = make_jam(venue=venue), make_song(), make_song()
    ban(venue, banned, manager)

    added, skipped = lineup.add_songs(jam=jam, host=manager, songs=[banned, fine])

    assert ([one.song for one in added], skipped) == ([fine], [banned])


def test_a_removed_one_does_not_come_back(venue, manager):
    jam_song = make_jam_song(jam=make_jam(venue=venue))
    ban(venue, jam_song.song, manager)

    added, skipped = lineup.add_songs(jam=jam_song.jam, host=manager, songs=[jam_song.song, make_song()])

    assert (len(added), skipped) == (1, [jam_song.song])
    assert status_of(jam_song) == "removed"


def test_the_same_night_again_is_without_it_and_so_are_nights_that_recur(venue, manager):
    jam = make_jam(venue=venue, host=manager)
    played, other = make_jam_song(jam=jam, status="played"), make_jam_song(jam=jam)
    ban(venue, played.song, manager)

    again = duplicate_jam(jam=jam, host=manager, starts_at=timezone.now() + timedelta(days=2))
    nights = repeat_jam(jam=jam, host=manager, rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU")

    assert nights
    assert not hold_nights(jam=jam)
    assert {song for night in [again, *nights] for song in night.songs.values_list("song", flat=True)} == {
        other.song_id
    }


def test_what_was_played_before_has_no_encore(venue, manager):
    jam_song = make_jam_song(jam=make_jam(venue=venue), status="played")
    ban(venue, jam_song.song, manager)

    with pytest.raises(SongBanned):
        reopen_song(jam_song=jam_song, host=manager)

    assert status_of(jam_song) == "played"


def test_what_is_skipped_while_it_plays_leaves(venue, manager):
    jam_song = make_jam_song(jam=make_jam(venue=venue), status="playing")
    ban(venue, jam_song.song, manager)

    lineup.skip_song(jam_song=jam_song, host=manager)

    assert status_of(jam_song) == "removed"


@pytest.mark.parametrize("action", ["remove", "play"])
def test_undo_does_not_bring_it_back(venue, manager, action):
    jam_song = make_jam_song(jam=make_jam(venue=venue))
    lineup.SONG_ACTIONS[action](jam_song=jam_song, host=manager)
    after = status_of(jam_song)
    ban(venue, jam_song.song, manager)

    with pytest.raises(SongBanned):
        undo(jam=jam_song.jam, host=manager, action=action)

    assert status_of(jam_song) == after


# And may again --------------------------------------------------------------------------------------------


def test_what_is_played_again_stays_away_until_somebody_adds_it(venue, manager):
    jam_song = make_jam_song(jam=make_jam(venue=venue), votes=3)
    ban(venue, jam_song.song, manager)

    unban_song(venue=venue, song=jam_song.song, by=manager)
    assert status_of(jam_song) == "removed"
    lineup.add_songs(jam=jam_song.jam, host=manager, songs=[jam_song.song])

    assert status_of(jam_song) == "open"


def test_a_ban_said_again_gives_another_reason_and_keeps_its_day(venue, manager):
    song = make_song()
    first = ban(venue, song, manager).banned_at

    ban(venue, song, manager, "Ask Jo.")

    row = venue.library.get()
    assert (row.why, row.banned_at) == ("Ask Jo.", first)


@pytest.mark.parametrize("why", ["", "   ", "x" * 201])
def test_a_ban_needs_a_reason_that_fits(venue, manager, why):
    with pytest.raises(Invalid):
        ban(venue, make_song(), manager, why)

    assert not LibrarySong.objects.exists()


def test_forgetting_takes_key_note_and_ban_back_and_keeps_the_plays(venue, manager):
    jam_song = make_jam_song(jam=make_jam(venue=venue), status="playing")
    lineup.finish_song(jam_song=jam_song, host=manager)
    change_library_song(venue=venue, song=jam_song.song, by=manager, key="Am", note="Capo 2")
    ban(venue, jam_song.song, manager)

    forget_song(venue=venue, song=jam_song.song, by=manager)

    row = venue.library.get()
    assert (row.key, row.note, row.why, row.banned_at, row.times_played) == ("", "", "", None, 1)


# Who may ----------------------------------------------------------------------------------------------------


def test_managers_and_staff_ban_and_nobody_else(venue, manager):
    jam = make_jam(venue=venue, host=(owner := make_user()))
    JamHost.objects.create(jam=jam, user=(co_host := make_user()), role="co_host")
    other = make_user()
    make_venue(manager=other)

    for somebody in (owner, co_host, other):
        for deed in (
            lambda by: ban(venue, make_song(), by),
            lambda by: unban_song(venue=venue, song=make_song(), by=by),
            lambda by: change_library_song(venue=venue, song=make_song(), by=by, note="x"),
        ):
            with pytest.raises(NotAVenueManager):
                deed(somebody)
    assert not LibrarySong.objects.exists()
    for somebody in (manager, make_staff()):
        assert ban(venue, make_song(), somebody).banned_at


# How often ------------------------------------------------------------------------------------------------


def test_each_play_counts_at_the_venue_and_undo_takes_it_back(venue, manager):
    song = make_song()
    for _night in range(2):
        jam_song = make_jam_song(jam=make_jam(venue=venue), song=song, status="playing")
        lineup.finish_song(jam_song=jam_song, host=manager)
    row = venue.library.get()
    last = row.last_played
    assert (row.times_played, last) == (2, song_played_at(jam_song))

    undo(jam=jam_song.jam, host=manager, action="finish")

    row.refresh_from_db()
    assert row.times_played == 1
    assert row.last_played < last


def test_the_end_of_the_night_counts_what_still_plays(venue, manager):
    jam_song = make_jam_song(jam=make_jam(venue=venue), status="playing")

    end_jam(jam=jam_song.jam, host=manager)

    assert venue.library.get(song=jam_song.song).times_played == 1


def song_played_at(jam_song):
    jam_song.refresh_from_db()
    return jam_song.ended_at


# At once ----------------------------------------------------------------------------------------------------


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_whoever_adds_it_while_it_is_banned_does_not_get_it_in():
    manager = make_user()
    venue = make_venue(manager=manager)
    jams = [make_jam(venue=venue, host=manager) for _ in range(4)]
    songs = [make_song() for _ in range(6)]

    for song in songs:
        calls = [lambda jam=jam, song=song: tried(jam, manager, song) for jam in jams]
        calls += [lambda song=song: ban(venue, song, manager), lambda: again(jams[0], manager)]
        assert in_threads(calls) == []

    for jam in venue.jams.all():
        assert not jam.songs.filter(song__in=songs, status__in=["pending", "open", "queued"]).exists()


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_ban_and_the_end_of_the_song_wait_for_each_other_in_one_order():
    manager = make_user()
    venue = make_venue(manager=manager)
    jam = make_jam(venue=venue, host=manager)

    for _ in range(5):
        jam_song = make_jam_song(jam=jam, status="playing")
        change_library_song(venue=venue, song=jam_song.song, by=manager, note="x")
        raised = in_threads([
            lambda one=jam_song: ban(venue, one.song, manager),
            lambda one=jam_song: lineup.finish_song(jam_song=one, host=manager),
        ])  # fmt: skip
        assert raised == []
        row = venue.library.get(song=jam_song.song)
        assert (row.times_played, row.why) == (1, WHY)


def tried(jam, host, song):
    with suppress(SongBanned):
        lineup.add_songs(jam=jam, host=host, songs=[song])


def again(jam, host):
    duplicate_jam(jam=jam, host=host, starts_at=timezone.now() + timedelta(days=1))
