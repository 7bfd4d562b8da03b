"""The songs that come with the program."""

from pathlib import Path

import pytest

from apps import catalog
from apps.catalog.imports import import_songs
from apps.catalog.models import Song

SONGS = Path(catalog.__file__).parent / "data" / "songs.csv"
SHOWN_FIRST = [
    "Mr. Brightside",
    "Creep",
    "Dreams",
    "Superstition",
    "Valerie",
    "Sultans of Swing",
    "Cissy Strut",
    "إنت عمري",
]


@pytest.mark.django_db
def test_every_song_is_taken_without_a_word():
    problems = []

    with SONGS.open("rb") as file:
        report = import_songs(file, on_problem=problems.append)

    assert problems == []
    assert (report.cleaned, report.ignored, report.added) == (0, [], report.rows)
    assert Song.objects.filter(title__in=SHOWN_FIRST).count() == len(SHOWN_FIRST)
    known = Song.objects.exclude(key="").filter(tempo__gt=0, duration__gt=0, year__gt=0)
    assert known.count() >= 180
    assert not Song.objects.filter(title__contains="'").exists()
    for song in Song.objects.all():
        song.full_clean()
        assert song.parts
        assert song.style
