"""The admin's list of a library however large: nothing is counted, and what narrows and sorts it has an index."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.catalog.models import Song
from apps.catalog.queries import styles
from apps.jams.models import Attendee, Jam, JamSong
from tests.admin_pages import page_of
from tests.factories import make_song, make_staff

pytestmark = pytest.mark.django_db

MANY = {Song, JamSong, Jam, Attendee}  # of which there are more than a list to choose from holds


@pytest.fixture
def staff(client):
    client.force_login(make_staff())
    return client


def shown(staff, **params):
    return [song.title for song in staff.get(page_of(Song), params).context["cl"].result_list]


def test_each_style_is_offered_once_whatever_its_capitals():
    for style in ("Soul", "soul", "Funk", "", "Zouk"):
        make_song(style=style)

    found = styles(10)

    assert [style.lower() for style in found] == ["funk", "soul", "zouk"]
    assert styles(2) == found[:2]


def test_without_songs_there_are_no_styles():
    assert styles(10) == []


def test_the_list_is_narrowed_to_what_people_wrote_in_and_to_broken_chord_sheets(staff):
    make_song(title="Known")
    make_song(title="Written in", listed=False)
    make_song(title="Broken", chord_sheet_url="https://x.example/", chord_sheet_found="gone")

    assert shown(staff, listed="no") == ["Written in"]
    assert shown(staff, chord_sheet_found__exact="gone") == ["Broken"]
    assert len(shown(staff)) == 3


def test_the_list_is_sorted_as_the_columns_say(staff):
    make_song(title="B", popularity=9, times_played=1, year=1990)
    make_song(title="A", popularity=5, times_played=4, year=1980)

    columns = ["action_checkbox", *admin.site._registry[Song].list_display]
    by = {name: shown(staff, o=columns.index(name)) for name in ("titled", "year", "known", "played")}
    assert by == {"titled": ["A", "B"], "year": ["A", "B"], "known": ["B", "A"], "played": ["A", "B"]}


def test_nothing_is_counted_and_the_end_of_the_pages_is_told_of(staff, monkeypatch):
    make_song(title="Créep")

    with CaptureQueriesContext(connection) as ran:
        found = shown(staff, q="creep")
        beyond = staff.get(page_of(Song), {"p": 1_000})

    assert found == ["Créep"]
    assert not [query["sql"] for query in ran if "COUNT(" in query["sql"]]
    assert (beyond.status_code, beyond["Location"]) == (302, f"{page_of(Song)}?e=1")


def test_songs_are_found_by_typing_as_in_the_list(staff):
    song = make_song(title="Créep", artist="Radiohead")
    make_song(title="Jolene")

    field = {"app_label": "catalog", "model_name": "librarysong", "field_name": "song", "term": "radiohead creep"}
    found = staff.get(reverse("admin:autocomplete"), field).json()

    assert [row["id"] for row in found["results"]] == [str(song.pk)]


def test_no_form_lists_all_that_there_is_of_many(rf):
    """A field that chooses among many is found by typing, or only shown."""
    request = rf.get("/")
    request.user = make_staff()
    for model, model_admin in admin.site._registry.items():
        changes = model_admin.has_change_permission(request, model())
        for row in [None] * model_admin.has_add_permission(request) + [model()] * changes:
            fields = model_admin.get_form(request, row, change=row is not None).base_fields
            many = {name for name, field in fields.items() if getattr(field, "queryset", User.objects).model in MANY}
            assert many <= {*model_admin.autocomplete_fields, *model_admin.raw_id_fields}, model
