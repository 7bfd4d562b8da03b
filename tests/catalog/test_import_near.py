"""Rows of a file that are songs of the library under another name."""

import io

import pytest

from apps.catalog.imports import import_songs
from apps.catalog.models import Song
from tests.factories import make_song

pytestmark = pytest.mark.django_db


def run(*lines, header="title,artist,year", near="ask", **options):
    """The counts of the report that are not 0, and what was said of the rows."""
    problems = []
    content = "\n".join([header, *lines]).encode()
    report = import_songs(io.BytesIO(content), near=near, on_problem=problems.append, **options)
    assert report.rows == len(lines)
    return {name: count for name, count in report.counts.items() if count}, [str(problem) for problem in problems]


def titles():
    return sorted(Song.objects.values_list("title", flat=True))


def test_another_spelling_is_the_song_that_is_there():
    make_song(title="Smooth", artist="Santana Featuring Rob Thomas")

    counts, said = run("Smooth (Remastered),Santana & Rob Thomas,1999", "Evil Ways,Santana,1969")

    assert counts == {"added": 1, "known": 1}
    assert said == ["line 2: same: title “Smooth (Remastered)” is “Smooth” by Santana Featuring Rob Thomas"]
    assert titles() == ["Evil Ways", "Smooth"]


def test_without_looking_for_other_names_it_is_a_new_song():
    make_song(title="Smooth", artist="Santana Featuring Rob Thomas")

    assert run("Smooth,Santana & Rob Thomas,", near="") == ({"added": 1}, [])


def test_what_only_a_person_can_say_is_left_out_and_told():
    make_song(title="Bohemian Rhapsody", artist="Queen")

    counts, said = run("Bohemian Rapsody,Queen,1975", "Bohemian Rhapsody (Live),Queen,1986")

    assert counts == {"asked": 2}
    assert said == [
        "line 2: ask: title “Bohemian Rapsody” may be “Bohemian Rhapsody” by Queen",
        "line 3: ask: title “Bohemian Rhapsody (Live)” may be “Bohemian Rhapsody” by Queen",
    ]
    assert titles() == ["Bohemian Rhapsody"]


def test_or_it_is_taken_as_new_or_as_known():
    make_song(title="Creep", artist="Radiohead")

    assert run("Creep (Live),Radiohead,1995", near="known")[0] == {"known": 1}
    assert titles() == ["Creep"]
    assert run("Creep (Live),Radiohead,1995", near="new")[0] == {"added": 1}
    assert titles() == ["Creep", "Creep (Live)"]


def test_an_update_of_another_spelling_changes_what_it_says_and_no_name():
    song = make_song(title="Smooth", artist="Santana Featuring Rob Thomas", popularity=1)

    counts, _said = run(
        "Smooth!,Santana & Rob Thomas,1999,58", header="title,artist,year,popularity", update=True
    )  # fmt: skip

    song.refresh_from_db()
    assert counts == {"updated": 1}
    assert (song.title, song.artist, song.year, song.popularity) == (
        "Smooth", "Santana Featuring Rob Thomas", 1999, 58,
    )  # fmt: skip


def test_an_update_that_spells_it_otherwise_moves_the_keys_along():
    make_song(title="Help (Live)", artist="The Beatles")

    run("Help Live,The Beatles,", update=True, near="")

    assert Song.objects.values_list("title", "title_key").get() == ("Help Live", "helplive")


def test_two_spellings_in_one_file_are_one_song():
    counts, said = run("Angie,The Rolling Stones,1973", "Angie (Remastered),Rolling Stones,", "Angie,Rolling Stonse,")

    assert counts == {"added": 1, "repeated": 1, "asked": 1}
    assert said == [
        "line 3: repeated: title “Angie (Remastered)” is in line 2 already",
        "line 4: ask: title “Angie” may be “Angie” by The Rolling Stones",
    ]


def test_two_rows_that_are_one_song_of_the_library_count_once():
    make_song(title="Smooth", artist="Santana Featuring Rob Thomas")

    counts, said = run("Smooth,Santana & Rob Thomas,", "Smooth (Remaster),Rob Thomas & Santana,1999", update=True)

    assert counts == {"known": 1, "repeated": 1}
    assert said[1] == "line 3: repeated: title “Smooth (Remaster)” is in line 2 already"


def test_a_cover_is_a_new_song():
    make_song(title="Hallelujah", artist="Leonard Cohen")

    assert run("Hallelujah,Jeff Buckley,1994") == ({"added": 1}, [])


def test_what_somebody_in_a_room_wrote_in_is_not_told():
    make_song(title="My Own Song", artist="Ana", listed=False)

    assert run("My Own Song (Live),Ana,") == ({"added": 1}, [])


def test_a_dry_run_says_the_same_and_writes_nothing():
    make_song(title="Creep", artist="Radiohead")
    lines = [
        "Creep (Live),Radiohead,",
        "Creep!,The Radiohead,1993",
        "Karma Police,Radiohead,",
        "Karma Polise,Radiohead,",
    ]

    dry = run(*lines, update=True, dry_run=True)

    assert titles() == ["Creep"]
    assert run(*lines, update=True) == dry


def test_queries_do_not_grow_with_the_rows_of_a_batch(django_assert_num_queries):
    lines = [f"Song {number} (Live),The Artist {number}," for number in range(400)]
    run(*(f"Song {number},Artist {number}," for number in range(400)), near="")

    with django_assert_num_queries(5):  # savepoint, known songs, those near by title and by artist, release
        import_songs(io.BytesIO("\n".join(["title,artist,year", *lines]).encode()), near="ask")
