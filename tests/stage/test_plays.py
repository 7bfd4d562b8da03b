"""How often songs were played is what performances say, here and everywhere."""

import io
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.catalog.models import LibrarySong, Song
from apps.jams.lineup import finish_song, play_song
from apps.stage.plays import recount_plays, wrong_plays
from apps.voting.merging import merge_songs
from apps.voting.undo import undo
from tests.factories import make_jam, make_jam_song, make_performance, make_song, make_staff, make_user, make_venue
from tests.races import in_threads

pytestmark = pytest.mark.django_db


def run(**options):
    said = io.StringIO()
    call_command("recount_plays", stdout=said, **options)
    return said.getvalue()


def play(jam_song, host):
    play_song(jam_song=jam_song, host=host)
    finish_song(jam_song=jam_song, host=host)


def test_what_was_played_undone_and_merged_is_counted_right():
    host, staff = make_user(), make_staff()
    venue = make_venue()
    songs = [make_song(), make_song(), make_song()]
    for song in songs:
        play(make_jam_song(jam=make_jam(host=host, venue=venue), song=song), host)
        play(make_jam_song(jam=make_jam(host=host), song=song), host)
    undo(jam=songs[2].jam_songs.latest("pk").jam, host=host)

    merge_songs(songs=songs[1:2], into=songs[0], by=staff)

    songs[0].refresh_from_db()
    assert songs[0].times_played == 4
    assert run() == "All plays are counted right.\n"


def test_wrong_counts_are_shown_and_left_alone():
    venue, song = make_venue(name="The Anchor"), make_song(title="Creep", times_played=7)
    make_performance(song=song, jam=make_jam(venue=venue))
    LibrarySong.objects.create(venue=venue, song=song, times_played=3)
    said = io.StringIO()

    with pytest.raises(CommandError, match="2 counts differ from their performances. --fix counts again."):
        call_command("recount_plays", stdout=said)

    lines = ["Creep: counted 7, performances 1", "The Anchor: Creep: counted 3, performances 1"]
    assert said.getvalue().splitlines() == lines
    song.refresh_from_db()
    assert song.times_played == 7


def test_fix_counts_again_here_and_everywhere():
    venue, song = make_venue(), make_song(times_played=7)
    never = make_song(times_played=2, last_played=timezone.now())
    first, last = timezone.now() - timedelta(days=2), timezone.now()
    make_performance(song=song, jam=make_jam(venue=venue), started_at=first, ended_at=first)
    make_performance(song=song, started_at=last, ended_at=last)
    LibrarySong.objects.create(venue=venue, song=song)

    assert "3 counts were wrong and are right now." in run(fix=True)

    song.refresh_from_db()
    never.refresh_from_db()
    row = LibrarySong.objects.get()
    assert (song.times_played, song.last_played) == (2, last)
    assert (never.times_played, never.last_played) == (0, None)
    assert (row.times_played, row.last_played) == (1, first)


def test_a_date_alone_that_is_wrong_is_found():
    song = make_song(times_played=1, last_played=timezone.now())
    make_performance(song=song, ended_at=timezone.now() + timedelta(hours=1))

    assert [wrong.pk for wrong in wrong_plays()] == [song.pk]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_what_is_played_meanwhile_is_counted_once():
    host, song = make_user(), make_song(times_played=9)
    playing = [make_jam_song(jam=make_jam(host=host), song=song, status="open") for _ in range(4)]
    for jam_song in playing:
        play_song(jam_song=jam_song, host=host)
    wrong = wrong_plays()

    raised = in_threads([
        *(partial(finish_song, jam_song=jam_song, host=host) for jam_song in playing),
        *(partial(recount_plays, one) for one in wrong),
    ])  # fmt: skip

    assert (raised, len(wrong)) == ([], 1)
    assert Song.objects.get().times_played == 4
    assert wrong_plays() == []
