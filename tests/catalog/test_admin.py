import csv
import io

import pytest
from django.urls import reverse

from apps.accounts.roles import Right
from apps.catalog.models import Song, Venue
from tests.factories import make_jam, make_song, make_staff, make_user, make_venue

pytestmark = pytest.mark.django_db

SONGS, VENUES = reverse("admin:catalog_song_changelist"), reverse("admin:catalog_venue_changelist")


@pytest.fixture
def staff(client):
    client.force_login(make_staff())
    return client


def form(**fields):
    empty = {"year": "", "key": "", "tempo": "", "duration": "", "style": "", "chord_sheet_url": ""}
    return empty | {"tags": "[]", "parts": "[]", "popularity": "0"} | fields


@pytest.mark.parametrize("path", [SONGS, VENUES])
def test_hosts_stay_outside(client, path):
    client.force_login(make_user())

    assert client.get(path).status_code == 302


def test_lists_are_searched_and_filtered(staff):
    make_song(title="Créep", artist="Radiohead", style="Rock")
    make_song(title="Use Me", artist="Bill Withers", style="Soul")
    make_venue(name="The Anchor", town="Leeds")
    make_venue(name="Zenith", town="York")

    for path, shown, hidden in (
        (f"{SONGS}?q=creep", "Créep", "Use Me"),
        (f"{SONGS}?style=Soul", "Use Me", "Créep"),
        (f"{VENUES}?q=leeds", "The Anchor", "Zenith"),
        (f"{VENUES}?town=York", "Zenith", "The Anchor"),
    ):
        page = staff.get(path).content.decode()
        rows = page[page.index("result_list") :]
        assert shown in rows
        assert hidden not in rows


def test_a_song_is_added_with_the_usual_spellings(staff):
    answer = staff.post(reverse("admin:catalog_song_add"), form(title=" Creep ", artist="Radiohead", key="Ebm"))

    assert answer.status_code == 302
    assert Song.objects.values_list("title", "key", "folded_title").get() == ("Creep", "E♭m", "creep")


def test_a_known_song_is_refused_in_the_form(staff):
    make_song(title="Creep", artist="Radiohead")

    answer = staff.post(reverse("admin:catalog_song_add"), form(title="CREEP", artist="radiohead"))

    assert "The library has this song already." in answer.content.decode()
    assert Song.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [{"title": "\u200b"}, {"tempo": "NaN"}, {"tags": '"soul"'}, {"parts": "[1]"}, {"chord_sheet_url": "javascript:1"}],
)
def test_a_wrong_song_is_refused_in_the_form(staff, fields):
    answer = staff.post(reverse("admin:catalog_song_add"), form(**{"title": "A", "artist": "B", **fields}))

    assert answer.status_code == 200
    assert Song.objects.count() == 0


def test_a_song_is_changed_and_keeps_what_is_not_shown(staff):
    song = make_song(title="Creep", artist="Radiohead", times_played=4)

    page = staff.get(reverse("admin:catalog_song_change", args=[song.pk])).content.decode()
    staff.post(
        reverse("admin:catalog_song_change", args=[song.pk]),
        form(title="Karma Police", artist="Radiohead", times_played="9"),
    )

    song.refresh_from_db()
    assert (song.title, song.folded_title, song.times_played) == ("Karma Police", "karma police", 4)
    assert 'name="folded_title"' not in page


def test_a_venue_is_added_with_its_managers(staff):
    manager = make_user()
    fields = {
        "name": "The Anchor",
        "slug": "anchor",
        "time_zone": "Europe/London",
        "capacity": 120,
        "counts": "live",
        "managers": [manager.pk],
    }

    answer = staff.post(reverse("admin:catalog_venue_add"), fields)

    assert answer.status_code == 302
    assert Venue.objects.get().slug == "anchor"
    assert Venue.objects.get().lets(manager, Right.CHANGE_VENUE)


def test_a_venue_goes_unless_a_jam_was_held_there(staff):
    empty, held = make_venue(), make_jam().venue

    statuses = [staff.post(reverse("admin:catalog_venue_delete", args=[v.pk]), {"post": "yes"}).status_code
                for v in (empty, held)]  # fmt: skip

    assert statuses == [302, 403]
    assert list(Venue.objects.all()) == [held]


def test_a_name_in_use_is_refused_in_the_form(staff):
    make_venue(name="The Anchor")

    answer = staff.post(
        reverse("admin:catalog_venue_add"),
        {"name": "THE ANCHOR", "slug": "other", "time_zone": "Europe/London", "capacity": 120},
    )

    assert "There is a venue of this name already." in answer.content.decode()
    assert Venue.objects.count() == 1


def test_chosen_songs_are_exported(staff):
    chosen = [make_song(title="Zombie", artist="=1+1"), make_song(title="Creep", artist="Radiohead")]
    make_song(title="Not chosen")

    answer = staff.post(SONGS, {"action": "export_as_csv", "_selected_action": [song.pk for song in chosen]})

    assert answer["Content-Disposition"] == 'attachment; filename="songs.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[:2] for row in rows] == [["title", "artist"], ["Creep", "Radiohead"], ["Zombie", "'=1+1"]]
