import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.accounts.roles import Right
from apps.catalog.models import Song, Venue
from apps.catalog.queries import MAX_FOLDED
from tests.factories import make_song, make_user, make_venue

pytestmark = pytest.mark.django_db

LONGEST_FOLD = "\ufdfa"  # one letter that is eighteen when folded


def test_a_song_is_known_by_folded_title_and_artist():
    make_song(title="Déjà  Vu!", artist="Beyoncé & Jay-Z")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_song(title="deja vu", artist="BEYONCE AND JAY Z")


def test_titles_of_signs_alone_are_told_apart():
    songs = [make_song(title=title, artist="!!!") for title in ("?", "÷", "+", "…")]

    assert len({song.folded_title for song in songs}) == 4


def test_folded_forms_follow_a_change_of_the_title_alone():
    song = make_song(title="Before", artist="Somebody")

    song.title = "Áfter"
    song.save(update_fields=["title"])

    song.refresh_from_db()
    assert song.folded_title == "after"


def test_names_are_stored_without_what_cannot_be_seen():
    song = make_song(title=" Super\u200bg!rl \u202e", artist="Ste\u00a0\u00a0fania\x07")

    assert (song.title, song.artist) == ("Superg!rl", "Ste fania")


def test_the_longest_names_fit_into_the_index():
    song = make_song(title=LONGEST_FOLD * 200, artist="\U0001f3b8" * 200)

    assert len(song.folded_title) <= MAX_FOLDED


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"artist": ""},
        {"folded_title": ""},
        {"folded_artist": ""},
        {"year": 999},
        {"year": 2101},
        {"tempo": 19},
        {"tempo": 401},
        {"duration": 0},
        {"duration": 7201},
    ],
)
def test_the_database_refuses_what_is_no_song(fields):
    song = make_song()

    with pytest.raises(IntegrityError), transaction.atomic():
        Song.objects.filter(pk=song.pk).update(**fields)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"title": " \u200b\u202e "}, "title"),
        ({"artist": "\t"}, "artist"),
        ({"title": "x" * 10_000}, "title"),
        ({"year": -1}, "year"),
        ({"tempo": float("nan")}, "tempo"),
        ({"tempo": -120}, "tempo"),
        ({"duration": 10**12}, "duration"),
        ({"popularity": 2**31}, "popularity"),
        ({"key": "H7"}, "key"),
        ({"tags": "soul"}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"tags": ["a,b"]}, "tags"),
        ({"parts": {"guitar": 1}}, "parts"),
        ({"parts": ["guitar"]}, "parts"),
        ({"parts": [{"instrument": "guitar", "count": True, "required": True}]}, "parts"),
        ({"parts": [{"instrument": "guitar", "count": 1}]}, "parts"),
        ({"parts": [{"instrument": "\u200b", "count": 1, "required": True}]}, "parts"),
        ({"chord_sheet_url": "javascript:alert(1)"}, "chord_sheet_url"),
        ({"chord_sheet_url": "ftp://example.com/a"}, "chord_sheet_url"),
        ({"chord_sheet_url": "https://user:word@example.com/a"}, "chord_sheet_url"),
        ({"chord_sheet_url": "//example.com/a"}, "chord_sheet_url"),
        ({"chord_sheet_url": "https://[::1"}, "chord_sheet_url"),
    ],
)
def test_a_check_names_the_field(fields, name):
    song = Song(**{"title": "Title", "artist": "Artist", **fields})

    with pytest.raises(ValidationError) as caught:
        song.full_clean()

    assert set(caught.value.message_dict) == {name}


def test_a_checked_song_has_the_usual_spellings():
    song = Song(title="Title", artist="Artist", key="f sharp minor", tags=["Soul ", "soul"], style=" Deep  Funk ")

    song.full_clean()

    assert (song.key, song.tags, song.style) == ("F♯m", ["soul"], "Deep Funk")


def test_a_check_finds_the_song_that_is_known():
    make_song(title="Creep", artist="Radiohead")

    with pytest.raises(ValidationError, match="has this song already"):
        Song(title="CREEP", artist="radiohead").full_clean()


def test_a_song_knows_its_page_and_length():
    song = make_song(title="Creep", artist="Radiohead", duration=236)

    assert (str(song), song.length, song.get_absolute_url()) == ("Creep, Radiohead", "3:56", f"/songs/{song.pk}")
    assert make_song().length == ""


def test_a_venue_gets_a_free_address_that_stays():
    first, second, other = (
        make_venue(name="The Copper Room"),
        make_venue(name="The Copper-Room"),
        make_venue(name="مقهى"),
    )

    first.name = "The Silver Room"
    first.save()

    assert (first.slug, second.slug, other.slug) == ("the-copper-room", "the-copper-room-2", "venue")
    assert (str(first), first.get_absolute_url()) == ("The Silver Room", "/venues/the-copper-room")


def test_a_description_keeps_its_lines():
    venue = make_venue(description="\nA cellar.\r\nA\x00  piano.\u202e \n\nOpen late. ")

    assert venue.description == "A cellar.\nA piano.\n\nOpen late."


def test_a_third_venue_gets_the_next_number():
    slugs = [make_venue(name=name).slug for name in ("Bar", "Bar 3", "Bar.", "Bar!", "Bar?")]

    assert slugs == ["bar", "bar-3", "bar-2", "bar-4", "bar-5"]


def test_one_venue_per_name_whatever_the_capitals():
    make_venue(name="The Anchor")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_venue(name="THE ANCHOR")


@pytest.mark.parametrize("fields", [{"name": ""}, {"slug": ""}])
def test_the_database_refuses_what_is_no_venue(fields):
    venue = make_venue()

    with pytest.raises(IntegrityError), transaction.atomic():
        Venue.objects.filter(pk=venue.pk).update(**fields)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"name": "\u2066\u2069"}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"accent": "red"}, "accent"),
        ({"accent": "#12345"}, "accent"),
        ({"accent": "#12345g"}, "accent"),
        ({"description": "x" * 2001}, "description"),
    ],
)
def test_a_check_of_a_venue_names_the_field(fields, name):
    with pytest.raises(ValidationError) as caught:
        Venue(**{"name": "The Anchor", **fields}).full_clean()

    assert name in caught.value.message_dict


def test_managers_and_staff_manage_a_venue():
    manager, other, staff = make_user(), make_user(), make_user(role="staff")
    venue = make_venue(manager=manager)

    assert [venue.lets(user, Right.CHANGE_VENUE) for user in (manager, other, staff)] == [True, False, True]
