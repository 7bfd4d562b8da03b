import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from apps.catalog.exports import COLUMNS, export_songs, safe
from apps.catalog.imports import import_songs
from apps.catalog.models import Song
from apps.core.text import clean
from tests.factories import make_song

pytestmark = pytest.mark.django_db


def exported():
    text = io.StringIO(newline="")
    export_songs(Song.objects.in_order(), text)
    return text.getvalue()


def everything():
    return list(Song.objects.in_order().values(*COLUMNS))


def there_and_back():
    before, text = everything(), exported()
    Song.objects.all().delete()
    problems = []
    import_songs(io.BytesIO(text.encode()), on_problem=lambda problem: problems.append(str(problem)))
    return before, everything(), problems


def test_what_is_exported_is_imported_unchanged():
    make_song(
        title='He said "Hi; bye", then',
        artist="=SUM(A1:A9)",
        year=1972,
        key="E♭m",
        tempo=101,
        duration=266,
        style="Funk & soul",
        tags=["70s", "+1"],
        parts=[
            {"instrument": "vocals", "count": 2, "required": True},
            {"instrument": "oud", "count": 1, "required": False},
        ],
        chord_sheet_url="https://example.com/?a=1,2;3",
        popularity=9,
    )
    make_song(title="@home", artist="-ish")
    make_song(title="'=quoted", artist="''+twice")
    make_song(title="'39", artist="Queen")
    make_song(title="إنت عمري", artist="أم كلثوم 🎶")

    before, after, problems = there_and_back()

    assert (after, problems) == (before, [])


def test_no_cell_begins_like_a_formula():
    for number, sign in enumerate("=+-@＝＋－＠"):
        make_song(title=f"{sign}cmd|' /C calc'!A0", artist=f"{sign}{number}")

    for row in csv.reader(io.StringIO(exported())):
        assert not any(cell.startswith(tuple("=+-@＝＋－＠")) for cell in row)


@pytest.mark.parametrize(("value", "cell"), [("=1", "'=1"), ("'=1", "''=1"), ("'39", "'39"), ("", ""), ("a=b", "a=b")])
def test_only_what_needs_it_gets_an_apostrophe(value, cell):
    assert safe(value) == cell


NAMES = some.text(min_size=1, max_size=60).map(clean).filter(bool)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=NAMES, artist=NAMES, style=some.text(max_size=40).map(clean), year=some.none() | some.integers(1000, 2100))
def test_any_song_goes_there_and_back(title, artist, style, year):
    Song.objects.all().delete()
    make_song(title=title, artist=artist, style=style[:40], year=year)

    before, after, problems = there_and_back()

    assert after == before, problems


def test_the_export_is_one_query(django_assert_num_queries):
    for _number in range(30):
        make_song()

    with django_assert_num_queries(1):
        text = exported()

    assert len(text.splitlines()) == 31


def test_what_was_exported_changes_nothing_when_it_comes_back():
    make_song(title="(I Can't Get No) Satisfaction", artist="The Rolling Stones", year=1965, popularity=3, tags=["60s"])
    make_song(title="Satisfaction", artist="Benny Benassi", key="Gm", tempo=130, style="House")
    make_song(title="Creep (Live)", artist="Radiohead", parts=[{"instrument": "vocals", "count": 1, "required": True}])
    make_song(title="Creep", artist="Radiohead", duration=238)
    before = list(Song.objects.order_by("pk").values())

    for near in ("", "ask"):
        report = import_songs(io.BytesIO(exported().encode()), update=True, near=near)

        assert {name: count for name, count in report.counts.items() if count} == {"known": 4}
        assert list(Song.objects.order_by("pk").values()) == before
