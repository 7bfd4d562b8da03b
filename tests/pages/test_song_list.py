"""A venue's song list, by the page alone: no script is needed."""

import pytest

from apps.catalog import list_fetching
from apps.catalog.list_models import SongList
from apps.catalog.models import LibrarySong, Song
from tests.factories import make_song, make_staff, make_user, make_venue
from tests.listings import lists_served
from tests.tasks.running import run_tasks

pytestmark = pytest.mark.django_db
URL = "https://lists.example/list"
FORM = {"url": URL, "schedule": "daily", "near": "ask", "do": "save"}


@pytest.fixture
def site(monkeypatch):
    with lists_served() as lists:
        monkeypatch.setattr(list_fetching, "fetch", lambda url, *, ports, **how: lists.get(url, **how))
        yield lists


@pytest.fixture
def venue(client):
    manager = make_user()
    client.force_login(manager)
    return make_venue(manager=manager)


@pytest.fixture
def at(venue):
    return f"/venues/{venue.slug}/library/list"


def test_from_the_address_to_the_songs(client, venue, at, site, text):
    make_song(title="Creep", artist="Radiohead", key="A")
    site.serve("title,artist,key\nCreep,Radiohead,G\nZombie,The Cranberries,Em\n,Nobody,\n")

    page = text(client.post(at, FORM, follow=True))
    assert "Being fetched and compared" in page
    run_tasks()

    response = client.get(at)
    page = text(response)
    assert "Creep Radiohead comes into your songs key A G" in page
    assert "4 rejected title is missing" in page
    assert "Apply 2 changes" in page
    assert not LibrarySong.objects.exists()

    client.post(at, {"do": "apply", "digest": response.context["row"].shown})
    run_tasks()
    assert "Your songs are as the list has them" in text(client.get(at))
    assert LibrarySong.objects.filter(venue=venue).on_the_list().count() == 2
    assert "Zombie" in text(client.get(f"/venues/{venue.slug}/library"))


def test_another_digest_than_that_is_told_and_changes_nothing(client, venue, at, site, text):
    site.serve("title,artist\nCreep,Radiohead\n")
    client.post(at, FORM)
    run_tasks()

    page = text(client.post(at, {"do": "apply", "digest": "0" * 64}, follow=True))

    assert "The list differs in another way by now." in page
    assert not Song.objects.exists()


def test_what_may_be_the_same_is_asked(client, venue, at, site, text):
    make_song(title="Creep", artist="Radiohead")
    site.serve("title,artist\nCreep (Live),Radiohead\n")
    client.post(at, FORM)
    run_tasks()
    response = client.get(at)
    assert "Is it the same song?" in text(response)

    one = response.context["questions"][0]
    page = text(client.post(at, {"do": "known", "difference": one.pk}, follow=True))

    assert "1 row decided." in page
    assert "Apply 1 change" in page


def test_columns_are_said_once_for_all(client, venue, at, site, text):
    site.serve("Lied;Band;Tonart\nCreep;Radiohead;G\n")
    client.post(at, FORM)
    run_tasks()
    page = text(client.get(at))
    assert "The first line must name the columns." in page
    assert "Creep" in page  # a row, to choose by

    client.post(at, {"do": "columns", "column_0": "title", "column_1": "artist", "column_2": "key"})
    run_tasks()

    assert "Apply 1 change" in text(client.get(at))
    assert SongList.objects.get().mapping == {"Lied": "title", "Tonart": "key"}
    client.post(at, {**FORM, "schedule": "weekly"})
    assert SongList.objects.get().mapping == {"Lied": "title", "Tonart": "key"}


def test_what_is_wrong_is_said(client, at, site, text):
    site.serve("<html>", Content_Type="text/html")
    response = client.post(at, {**FORM, "url": "http://lists.example/"})
    assert (response.status_code, "begins with https://" in text(response)) == (400, True)

    client.post(at, FORM)
    run_tasks()

    assert "That is a web page and no list." in text(client.get(at))


def test_without_an_address_there_is_no_list(client, at, text):
    client.post(at, FORM)

    client.post(at, {**FORM, "url": ""})

    assert not SongList.objects.exists()
    assert "Where it stands" in text(client.get(at))


def test_only_staff_are_offered_to_change_what_all_venues_share_and_managers_leave_it_as_it_is(client, venue, at, text):
    assert "Change songs that are known" not in text(client.get(at))
    staff = make_staff()
    client.force_login(staff)
    client.post(at, {**FORM, "update": "on"})

    client.force_login(venue.managers.get())
    client.post(at, {**FORM, "schedule": "weekly"})

    assert (SongList.objects.get().update, SongList.objects.get().schedule) == (True, "weekly")


def test_another_venues_manager_is_not_let_in(client, venue, at):
    client.force_login(make_venue(manager=make_user()).managers.get())

    assert [client.get(at).status_code, client.post(at, FORM).status_code] == [403, 403]
