"""Merging songs in the admin: which one stays is asked, and what moves is said."""

import pytest

from apps.catalog.models import Song
from apps.jams.models import JamSong
from tests.admin_pages import act, page_of, said
from tests.factories import make_jam_song, make_performance, make_song, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(make_staff())
    return client


def merge(admin, *songs, **fields):
    data = {"action": "merge", "_selected_action": [song.pk for song in songs]} | fields
    return admin.post(page_of(Song), data)


def test_the_page_says_what_moves_and_does_nothing_yet(admin):
    stays, goes = make_song(title="Superstition"), make_song(title="Superstishon")
    make_jam_song(song=goes)
    make_performance(song=stays)

    page = merge(admin, stays, goes).content.decode()

    for text in ("Superstition", "Superstishon", "Jam songs: 1", "Performances: 1", f'value="{stays.pk}"'):
        assert text in page
    assert Song.objects.count() == 2


def test_the_one_that_is_chosen_stays(admin):
    goes, stays = make_song(), make_song(title="Superstition")
    jam_song = make_jam_song(song=goes)

    told = said(merge(admin, goes, stays, confirmed="yes", into=stays.pk))

    assert told == [f"Merged into {stays}: 1."]
    assert Song.objects.get() == stays
    assert JamSong.objects.get() == jam_song


def test_without_a_choice_it_asks_again(admin):
    songs = [make_song(), make_song()]

    page = merge(admin, *songs, confirmed="yes").content.decode()

    assert "Choose the song that stays." in page
    assert Song.objects.count() == 2


def test_one_song_alone_is_not_merged(admin):
    assert act(admin, Song, "merge", make_song()) == ["Choose two songs that are one, or up to 20."]
