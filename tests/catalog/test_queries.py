import pytest
from django.contrib.auth.models import AnonymousUser

from apps.accounts.roles import Right
from apps.catalog.models import Song, Venue
from tests.factories import make_song, make_user, make_venue

pytestmark = pytest.mark.django_db


def titles(songs):
    return [song.title for song in songs]


@pytest.mark.parametrize("text", ["creep", "RADIOHEAD creep", "rädio", "  cree  ", "radio-head", "\u202ecreep\x00"])
def test_search_takes_words_in_any_order_and_spelling(text):
    make_song(title="Creep", artist="Rádiohead")
    make_song(title="Crazy", artist="Gnarls Barkley")

    assert titles(Song.objects.search(text)) == ["Creep"]


def test_search_finds_other_scripts_and_needs_every_word():
    make_song(title="إنت عمري", artist="أم كلثوم")
    make_song(title="ألف ليلة وليلة", artist="أم كلثوم")

    assert titles(Song.objects.search("عمري أم")) == ["إنت عمري"]


@pytest.mark.parametrize("text", ["%", "_", "100%", "\\", "'; drop", "👍"])
def test_search_takes_signs_for_nothing_else(text):
    make_song(title="Creep", artist="Radiohead")

    assert titles(Song.objects.search(text)) == []


def test_search_for_nothing_finds_all():
    make_song(title="Creep")
    make_venue()

    for text in ("", "  ", "\x00", "\u200b"):
        assert titles(Song.objects.search(text)) == ["Creep"]
        assert Venue.objects.search(text).count() == 1


def test_a_song_is_known_however_it_is_spelled():
    song = make_song(title="What’s Going On", artist="Marvin Gaye")

    assert Song.objects.known_as(title="whats going on?", artist="MARVIN GAYE").get() == song


def test_a_tag_is_whole_and_any_script():
    make_song(title="One", tags=["soul", "70s"])
    make_song(title="Two", tags=["soulful"])
    make_song(title="Three", tags=["عربي", 'he said "soul"'])

    assert titles(Song.objects.tagged(" Soul ")) == ["One"]
    assert titles(Song.objects.tagged("عربي")) == ["Three"]
    assert titles(Song.objects.tagged('he said "soul"')) == ["Three"]
    assert [titles(Song.objects.tagged(tag)) for tag in ("%", "\x00", "👍")] == [[], [], []]


@pytest.mark.parametrize(
    ("by", "order"),
    [
        ("title", "ABCD"),
        ("-title", "DCBA"),
        ("year", "CBAD"),
        ("-year", "BCAD"),
        ("popularity", "ABCD"),
        ("-popularity", "DABC"),
        ("artist", "DABC"),
    ],
)
def test_every_order_is_full_and_has_the_unknown_last(by, order):
    make_song(title="B", artist="Z", year=2001)
    make_song(title="A", artist="Z")
    make_song(title="D", artist="Y", popularity=5)
    make_song(title="C", artist="Z", year=1999)

    assert "".join(titles(Song.objects.in_order(by))) == order


def test_venues_are_found_by_name_and_town():
    make_venue(name="The Anchor", town="Sheffield")
    make_venue(name="Anchor & Hope", town="Leeds")

    assert [venue.name for venue in Venue.objects.search("anchor leeds").in_order()] == ["Anchor & Hope"]
    assert [venue.town for venue in Venue.objects.in_order("-town")] == ["Sheffield", "Leeds"]


def test_hosts_manage_their_venues_and_staff_all():
    host, staff = make_user(), make_user(role="staff")
    mine = make_venue(manager=host)
    make_venue(manager=make_user())

    assert list(Venue.objects.letting(host, Right.CHANGE_VENUE)) == [mine]
    assert Venue.objects.letting(staff, Right.CHANGE_VENUE).count() == 2
    assert not mine.lets(AnonymousUser(), Right.CHANGE_VENUE)
