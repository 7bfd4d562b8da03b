"""What is counted of pages and searches, what staff see of it, and when it goes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.urls import resolve

from apps.catalog import statistics
from apps.catalog.models import SongSearch, SongView
from apps.core.write_behind import today, write_behind
from apps.jams.models import JamView
from tests.admin_pages import page_of
from tests.callers import with_cookie
from tests.factories import make_attendee_with_token, make_jam, make_song, make_staff, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_texts_yet(monkeypatch):
    monkeypatch.setattr(statistics, "texts", statistics.Texts())


def written():
    """The rows, after everything is written."""
    write_behind.write()
    return [
        *JamView.objects.order_by("page").values_list("jam__slug", "page", "times"),
        *SongView.objects.values_list("song__title", "times"),
        *SongSearch.objects.order_by("text").values_list("text", "found", "times"),
    ]


# Views ------------------------------------------------------------------------------------------------


def test_pages_of_jams_and_songs_are_counted_by_day(client):
    jam, song = make_jam(), make_song(title="Jolene")

    for _ in range(2):
        client.get(f"/jams/{jam.slug}")
        client.get(f"/jams/{jam.slug}/screen")
        client.get(f"/songs/{song.pk}")

    assert written() == [(jam.slug, "jam", 2), (jam.slug, "screen", 2), ("Jolene", 2)]
    assert JamView.objects.first().day == datetime.now(UTC).date()
    assert str(JamView.objects.first()) == f"Test Jam, {today()}: 2"


def test_what_shows_nothing_is_not_counted(client):
    jam, draft = make_jam(), make_jam(status="draft")

    client.head(f"/jams/{jam.slug}")
    client.post(f"/jams/{jam.slug}")
    client.get(f"/jams/{draft.slug}")
    client.get("/jams/no-such-jam")
    client.get("/songs/4711")
    client.get("/no/such/page")

    assert written() == []


def test_a_cached_answer_is_counted_as_often_as_it_is_given(client, settings, monkeypatch):
    settings.CACHED_READS = True
    seen = []
    monkeypatch.setattr(resolve("/api/v1/songs").func, "count", lambda: seen.append("songs"), raising=False)
    etag = client.get("/api/v1/songs")["ETag"]

    assert client.get("/api/v1/songs").status_code == 200
    assert client.get("/api/v1/songs", headers={"If-None-Match": etag}).status_code == 304
    client.head("/api/v1/songs")

    assert seen == ["songs"] * 3


def test_opening_a_page_asks_the_database_for_nothing_more(client, django_assert_num_queries):
    song = make_song()

    with django_assert_num_queries(2):  # the song, its plays
        client.get(f"/songs/{song.pk}")


# Searches ---------------------------------------------------------------------------------------------


def test_searches_are_counted_with_what_they_found(client):
    make_song(title="Jolene")

    client.get("/songs", {"search": "JOLENE", "style": "", "sort": "artist"})
    client.get("/api/v1/songs", {"search": "jolène", "page_size": 5})
    client.get("/api/v1/songs", {"search": "Wichita   Lineman!"})

    assert written() == [("jolene", 1, 2), ("wichita lineman", 0, 1)]
    assert str(SongSearch.objects.get(found=0)) == f"wichita lineman, {today()}: 1"


def test_a_song_that_is_found_later_says_so(client):
    client.get("/songs", {"search": "jolene"})
    written()
    make_song(title="Jolene")
    client.get("/songs", {"search": "jolene"})

    assert written() == [("jolene", 1, 2)]


def test_who_searches_in_a_jam_is_counted_without_a_name():
    jam = make_jam()
    _sam, token = make_attendee_with_token(jam=jam, name="Sam")
    with_cookie(jam, token).client.get(f"/jams/{jam.slug}", {"find": "Jolene"})

    assert ("jolene", 0, 1) in written()
    assert {field.name for field in SongSearch._meta.fields} == {
        "id",
        "text",
        "day",
        "place",
        "found",
        "times",
        "chosen",
        "written_in",
    }


def test_what_says_nothing_of_the_library_is_not_counted(client):
    for params in (
        {"search": ""},
        {"search": "jo"},
        {"search": "jolene", "style": "Funk"},
        {"search": "jolene", "page": "2"},
        {"search": "\x00"},
    ):
        client.get("/songs", params)
    client.get("/api/v1/songs", {"search": "jolene", "tempo_min": 100})
    client.head("/songs", {"search": "jolene"})
    client.head("/api/v1/songs", {"search": "jolene"})

    assert written() == []


def test_texts_are_cut(client):
    client.get("/api/v1/songs", {"search": "la " * 200})

    (text, _found, _times), *others = written()

    assert len(text) <= SongSearch.LONGEST
    assert others == []


def test_different_texts_of_a_day_are_bounded(client, settings):
    settings.SEARCH_TEXTS = 2

    for text in ("one", "two", "three", "four", "one"):
        client.get("/songs", {"search": f"song {text}"})

    assert written() == [("song one", 0, 2), ("song two", 0, 1)]
    assert statistics.texts.admit("song three", today() + timedelta(days=1))


# Staff ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [JamView, SongView, SongSearch])
def test_staff_see_the_counts_and_change_nothing(client, model):
    client.force_login(make_staff())
    fill(3)

    assert client.get(page_of(model)).status_code == 200
    assert client.get(page_of(model, "add")).status_code == 403
    assert client.post(page_of(model.objects.first(), "delete")).status_code == 403
    client.force_login(make_user())
    assert client.get(page_of(model)).status_code == 302


def test_staff_see_what_was_not_found(client):
    client.force_login(make_staff())
    SongSearch.objects.create(text="wichita", day=today(), found=0, times=3)
    SongSearch.objects.create(text="jolene", day=today(), found=1, times=9)

    not_found = client.get(page_of(SongSearch), {"found": "no"}).content.decode()
    found = client.get(page_of(SongSearch), {"found": "yes"}).content.decode()

    assert "wichita" in not_found
    assert "jolene" not in not_found
    assert "jolene" in found
    assert "wichita" not in found


def test_old_counts_are_erased(settings, capsys):
    settings.STATISTICS_DAYS = 30
    fill(1, day=today() - timedelta(days=31))
    fill(1, day=today() - timedelta(days=30))

    call_command("erase_statistics")

    assert capsys.readouterr().out == "3 counts that are older than 30 days erased.\n"
    assert [model.objects.count() for model in (JamView, SongView, SongSearch)] == [1, 1, 1]


def fill(rows, day=None):
    day = day or today()
    for row in range(rows):
        JamView.objects.create(jam=make_jam(), day=day, page="jam", times=row)
        SongView.objects.create(song=make_song(), day=day, times=row)
        SongSearch.objects.create(text=f"text {SongSearch.objects.count()}", day=day, found=0, times=row + 1)
