"""What people look for and what comes of it: whole texts, by nobody, told to its own venue, and not too early."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models import Sum

from apps.catalog import statistics
from apps.catalog.models import SongSearch
from apps.catalog.statistics import count_choice, count_search
from apps.core.write_behind import today, write_behind
from tests.admin_pages import page_of
from tests.callers import Caller, with_cookie
from tests.factories import make_attendee_with_token, make_jam, make_song, make_staff, make_user, make_venue

pytestmark = pytest.mark.django_db

FIELDS = ("text", "found", "times", "chosen", "written_in")


@pytest.fixture(autouse=True)
def no_texts_yet(monkeypatch):
    monkeypatch.setattr(statistics, "texts", statistics.Texts())


def written():
    write_behind.write()
    return list(SongSearch.objects.telling().order_by("text").values_list(*FIELDS))


def wanted(venue, since=None, until=None):
    write_behind.write()
    rows = SongSearch.objects.wanted_at(venue, since or today(), until or today())
    return [(row["text"], row["searched"], row["times_written_in"]) for row in rows]


def typing(*texts, found=0, venue=""):
    """As the search box does it."""
    before = ""
    for text in texts:
        count_search(text, found, after=before, venue=venue)
        before = text


# What is counted --------------------------------------------------------------------------------------


def test_of_what_is_typed_letter_by_letter_the_last_remains():
    typing("w", "wi", "wich", "wichita l", "Wichita Lineman", "wichita lineman ")

    assert written() == [("wichita lineman", 0, 1, 0, 0)]


def test_who_goes_back_and_types_something_else_looked_for_that():
    typing("wichita", "wich", "", "jolene")

    assert written() == [("jolene", 0, 1, 0, 0)]


def test_letters_that_different_processes_answered_are_one_search():
    """Each writes what it has counted by itself, in whatever order."""
    count_search("wichita lineman", 0, after="wichita")
    write_behind.write()
    count_search("wichita", 0)
    write_behind.write()

    assert written() == [("wichita lineman", 0, 1, 0, 0)]


def test_a_text_that_others_only_type_through_keeps_its_own_searches():
    for _ in range(2):
        typing("lov", "love")
    for _ in range(3):
        typing("lov", "love", "love me do")

    assert written() == [("love", 0, 2, 0, 0), ("love me do", 0, 3, 0, 0)]


def test_the_api_takes_the_text_before_and_the_venue(client):
    venue = make_venue()

    client.get("/api/v1/search", {"q": "wich", "venue": venue.slug})
    client.get("/api/v1/search", {"q": "wichita", "after": "wich", "venue": venue.slug})

    assert written() == [("wichita", 0, 1, 0, 0)]
    assert SongSearch.objects.telling().get().place == venue.pk


def test_a_song_that_is_suggested_or_added_after_a_search_was_chosen():
    host = make_user()
    jam, song = make_jam(host=host), make_song(title="Jolene")
    _sam, token = make_attendee_with_token(jam=jam)
    path = f"/api/v1/jams/{jam.slug}/songs"

    phone = with_cookie(jam, token)
    phone("POST", path, {"song": song.pk, "found_by": "Jolen"})
    phone.client.post(
        f"/jams/{jam.slug}/songs", {"song": make_song().pk, "found_by": "JOLENE"}, HTTP_SEC_FETCH_SITE="same-origin"
    )
    Caller(user=host)("POST", path, {"song": make_song().pk, "found_by": "jolene"})
    console = Caller(user=host).client
    console.post(
        f"/jams/{jam.slug}/host/add", {"song": make_song().pk, "found_by": "jolene"}, HTTP_SEC_FETCH_SITE="same-origin"
    )

    assert written() == [("jolen", 0, 0, 1, 0), ("jolene", 0, 0, 3, 0)]


def test_what_is_refused_was_not_chosen():
    jam = make_jam(status="ended")
    _sam, token = make_attendee_with_token(jam=jam)

    answer = with_cookie(jam, token)(
        "POST", f"/api/v1/jams/{jam.slug}/songs", {"song": make_song().pk, "found_by": "abc"}
    )

    assert answer.status_code == 409
    assert written() == []


def test_a_song_that_is_written_in_is_wanted_by_its_search_or_by_its_name():
    count_choice("wichita", make_song(title="Wichita Lineman", artist="Glen Campbell", listed=False))
    count_choice("", make_song(title="Jolene", artist="Dolly Parton", listed=False))

    assert written() == [("jolene dolly parton", 0, 0, 0, 1), ("wichita", 0, 0, 0, 1)]


def test_nothing_tells_who_it_was():
    names = {field.name for field in SongSearch._meta.fields}

    assert names == {"id", "text", "day", "place", "found", "times", "chosen", "written_in"}


def test_what_was_only_typed_through_goes_after_a_day():
    SongSearch.objects.create(text="wich", day=today() - timedelta(days=2), times=0)
    SongSearch.objects.create(text="jolene", day=today() - timedelta(days=2), times=1)
    SongSearch.objects.create(text="dolly", day=today(), times=-1)

    call_command("erase_statistics")

    assert set(SongSearch.objects.values_list("text", flat=True)) == {"jolene", "dolly"}


# What hosts are told ----------------------------------------------------------------------------------


def test_what_is_wanted_stands_in_order_and_what_one_asked_for_does_not():
    venue = make_venue()
    for text, times in [("wichita", 2), ("jolene", 3), ("my secret", 1)]:
        for _ in range(times):
            count_search(text, 0, venue=venue.slug)
    count_choice("my secret", make_song(listed=False), venue=venue.slug)

    assert wanted(venue) == [("jolene", 3, 0), ("wichita", 2, 0)]


def test_how_many_must_have_asked_is_a_setting(settings):
    settings.WANTED_AT_LEAST = 3
    venue = make_venue()
    for _ in range(2):
        count_search("wichita", 0, venue=venue.slug)

    assert wanted(venue) == []


def test_what_several_write_in_is_wanted_without_a_search():
    venue, song = make_venue(), make_song(title="Jolene", artist="Dolly Parton", listed=False)
    for _ in range(2):
        count_choice("", song, venue=venue.slug)

    assert wanted(venue) == [("jolene dolly parton", 0, 2)]


def test_what_is_found_and_what_is_found_by_now_is_not_wanted():
    venue = make_venue()
    for _ in range(2):
        count_search("jolene", 1, venue=venue.slug)
        count_search("wichita", 0, venue=venue.slug)
    assert wanted(venue) == [("wichita", 2, 0)]

    count_search("wichita", 1)  # elsewhere: it has come into the library

    assert wanted(venue) == []


def test_a_venue_is_told_of_its_own_jams_and_days_alone():
    here, there = make_venue(), make_venue()
    for _ in range(2):
        count_search("jolene", 0, venue=there.slug)
        count_search("wichita", 0)
    write_behind.write()
    SongSearch.objects.create(text="old", day=today() - timedelta(days=9), place=here.pk, times=5)

    assert wanted(here) == []
    assert wanted(there) == [("jolene", 2, 0)]
    assert wanted(here, since=today() - timedelta(days=9)) == [("old", 5, 0)]


@pytest.fixture
def manager(client):
    manager = make_user()
    client.force_login(manager)
    client.venue = make_venue(manager=manager)
    return client


def test_the_page_shows_it_with_its_period_and_leads_to_the_library(manager):
    row = SongSearch.objects.create(text="wichita lineman", day=today(), place=manager.venue.pk, times=7, written_in=2)

    page = manager.get(f"/venues/{manager.venue.slug}/wanted").content.decode()
    before = manager.get(
        f"/venues/{manager.venue.slug}/wanted", {"until": row.day - timedelta(days=1)}
    ).content.decode()

    assert "wichita lineman" in page
    assert f"/venues/{manager.venue.slug}/library?search=wichita%20lineman" in page
    assert "wichita lineman" not in before
    assert "Nothing that is missing" in before


def test_looking_at_what_is_wanted_in_the_library_counts_nothing(manager):
    manager.get(f"/venues/{manager.venue.slug}/library", {"search": "wichita"})

    assert written() == []


def test_the_api_tells_managers_the_same(manager):
    SongSearch.objects.create(text="wichita", day=today(), place=manager.venue.pk, times=7)
    path = f"/api/v1/venues/{manager.venue.slug}/wanted"

    told = manager.get(path).json()

    assert told["wanted"] == [{"text": "wichita", "searched": 7, "written_in": 0, "last": str(today())}]
    assert told["since"] == str(today() - timedelta(days=90))
    assert manager.get(path, {"until": "2001-01-01"}).json()["wanted"] == []
    assert manager.get(path, {"since": "yesterday"}).status_code == 400
    manager.force_login(make_user())
    assert manager.get(path).json()["code"] == "not_a_venue_manager"


def test_staff_see_it_all_with_the_venue_and_not_what_was_typed_through(client):
    client.force_login(make_staff())
    venue = make_venue(name="The Anchor")
    SongSearch.objects.create(text="wichita", day=today(), place=venue.pk, times=3, chosen=1)
    SongSearch.objects.create(text="wich", day=today(), place=venue.pk, times=0)

    page = client.get(page_of(SongSearch))
    rows = page.context["cl"].result_list

    assert [row.text for row in rows] == ["wichita"]
    assert "The Anchor" in page.content.decode()
    assert SongSearch.objects.aggregate(n=Sum("times"))["n"] == 3
