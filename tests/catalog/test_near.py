import pytest

from apps.catalog.duplicates import Named
from apps.catalog.models import Song
from apps.catalog.near import Neighbours, near
from tests.factories import make_song

pytestmark = pytest.mark.django_db


def found(title, artist, year=None):
    """What is near, alone and among many: by title, with the verdict."""
    alone = near(Song.objects.all(), title=title, artist=artist, year=year)
    wanted = Named(title, artist, year)
    assert Neighbours([Named("Something", "Else"), wanted]).of(wanted)[:3] == alone
    titles = dict(Song.objects.values_list("pk", "title"))
    return [(titles[one.song], str(one.verdict)) for one in alone]


def test_a_song_is_found_under_another_name_for_it_or_its_artist():
    make_song(title="Smooth", artist="Santana Featuring Rob Thomas")
    make_song(title="Smooth Operator", artist="Sade")

    assert found("Smooth (Remastered)", "Rob Thomas & Santana") == [("Smooth", "same")]


def test_a_slip_in_the_title_is_found_by_the_artist_and_one_in_the_artist_by_the_title():
    make_song(title="Bohemian Rhapsody", artist="Queen")

    assert found("Bohemain Rapsody", "The Queen") == [("Bohemian Rhapsody", "ask")]
    assert found("Bohemian Rhapsody", "Quene") == [("Bohemian Rhapsody", "ask")]


def test_a_title_in_brackets_is_found_without_them_and_the_other_way_round():
    make_song(title="(I Can't Get No) Satisfaction", artist="The Rolling Stones")
    make_song(title="I Still Haven't Found What I'm Looking For", artist="U2")

    assert found("I Can't Get No Satisfaction", "Rolling Stones") == [("(I Can't Get No) Satisfaction", "same")]
    assert found("I Still Haven't Found (What I'm Looking For)", "U2") == [
        ("I Still Haven't Found What I'm Looking For", "same")
    ]


def test_the_surest_comes_first_and_then_what_is_better_known():
    make_song(title="Creep (Live)", artist="Radiohead", popularity=9)
    make_song(title="Creep (Acoustic)", artist="Radiohead", popularity=20)
    make_song(title="Creep!", artist="The Radiohead", popularity=1)

    assert found("Creep", "Radiohead") == [("Creep!", "same"), ("Creep (Acoustic)", "ask"), ("Creep (Live)", "ask")]


def test_a_cover_and_another_song_are_not_near():
    make_song(title="Hallelujah", artist="Leonard Cohen")
    make_song(title="Grace", artist="Jeff Buckley")

    assert found("Hallelujah", "Jeff Buckley") == []


def test_a_song_of_the_same_name_and_year_is_the_same_with_a_guest():
    make_song(title="Lean On", artist="Major Lazer & DJ Snake Featuring MØ", year=2015)

    assert found("Lean On", "Major Lazer", 2015) == [("Lean On", "same")]
    assert found("Lean On", "Major Lazer") == [("Lean On", "ask")]


def test_near_is_one_query_and_three_for_many(django_assert_num_queries):
    for number in range(30):
        make_song(title=f"Song {number}", artist=f"Artist {number}")
    wanted = [Named(f"Sung {number}", f"The Artist {number}") for number in range(30)]

    with django_assert_num_queries(1):
        assert near(Song.objects.all(), title="Sung 7", artist="The Artist 7")
    with django_assert_num_queries(3):
        neighbours = Neighbours(wanted)
    with django_assert_num_queries(0):
        assert all(neighbours.of(one) for one in wanted)


def test_a_song_that_is_to_come_is_found_too():
    neighbours = Neighbours([Named("Angie", "The Rolling Stones"), Named("Angie", "Rolling Stones")])

    neighbours.add(-1, Named("Angie", "The Rolling Stones"))

    assert [(one.song, one.verdict) for one in neighbours.of(Named("Angie!", "Rolling Stones"))] == [(-1, "same")]


def test_the_keys_follow_the_title():
    song = make_song(title="(Theme From) Shaft", artist="Isaac Hayes")

    song.title, song.artist = "Help! (Live)", "The Beatles with Billy Preston"
    song.save(update_fields=["title", "artist"])

    assert Song.objects.values_list("title_key", "lead_key").get() == ("help", "beatles h")
