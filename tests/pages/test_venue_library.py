"""A venue's own songs on pages: the list, one song, and what the console says of bans."""

import pytest

from apps.catalog.library import ban_song, change_library_song
from apps.jams.models import JamHost
from tests.factories import make_jam, make_jam_song, make_song, make_user, make_venue

pytestmark = pytest.mark.django_db
WHY = "Nobody can hear it any more."


@pytest.fixture
def manager():
    return make_user()


@pytest.fixture
def venue(manager):
    return make_venue(name="The Copper Room", manager=manager)


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


def send(client, path, **form):
    return client.post(path, form, headers={"Sec-Fetch-Site": "same-origin"}, follow=True)


def shown(client, path):
    return client.get(path).content.decode()


def at(venue, song=None):
    return f"/venues/{venue.slug}/library" + (f"/{song.pk}" if song else "")


def test_the_list_has_the_venues_own_and_a_search_finds_the_rest(as_manager, venue, manager):
    change_library_song(venue=venue, song=make_song(title="Wonderwall"), by=manager, note="Capo 2")
    make_song(title="Wonderland")
    make_song(title="Wonder and secret", listed=False)

    plain, found = shown(as_manager, at(venue)), shown(as_manager, at(venue) + "?search=wonder")

    assert "Wonderwall" in plain
    assert "Capo 2" in plain
    assert "Wonderland" not in plain
    assert "Wonderland" in found
    assert "secret" not in found


def test_a_song_is_banned_and_played_again(as_manager, venue):
    song = make_song(title="Wonderwall")

    page = send(as_manager, at(venue, song), do="ban", why=WHY).content.decode()
    assert "is not played here any more" in page
    assert WHY in shown(as_manager, at(venue) + "?banned=1")
    send(as_manager, at(venue, song), do="unban")

    assert WHY not in shown(as_manager, at(venue))


@pytest.mark.parametrize("form", [{"do": "ban", "why": " "}, {"do": "save", "key": "H dur"}])
def test_what_is_wrong_is_said_where_it_stands_and_nothing_is_kept(as_manager, venue, form):
    answer = send(as_manager, at(venue, make_song()), **form)

    assert answer.status_code == 400
    assert "has-error" in answer.content.decode()
    assert not venue.library.exists()


def test_only_managers_are_led_there(client, venue, manager):
    jam_song = make_jam_song(jam=make_jam(venue=venue))
    JamHost.objects.create(jam=jam_song.jam, user=(co_host := make_user()), role="co_host")
    seen = {}

    for user in (manager, co_host):
        client.force_login(user)
        pages = shown(client, venue.get_absolute_url()), shown(client, f"/jams/{jam_song.jam.slug}/host")
        seen[user] = ("/library" in pages[0], "/ban" in pages[1])

    assert seen == {manager: (True, True), co_host: (False, False)}


def test_pasted_songs_that_are_banned_are_told_apart(as_manager, venue, manager):
    jam = make_jam(venue=venue)
    ban_song(venue=venue, song=make_song(title="Wonderwall", artist="Oasis"), by=manager, why=WHY)

    both = send(as_manager, f"/jams/{jam.slug}/host/add", lines="Wonderwall - Oasis\nCreep - Radiohead")
    alone = send(as_manager, f"/jams/{jam.slug}/host/add", lines="Wonderwall - Oasis")

    assert "1 song added. The Copper Room does not play 1 of them." in both.content.decode()
    assert f"The Copper Room does not play this: {WHY}" in alone.content.decode()


def test_a_search_without_a_script_marks_it(as_manager, venue, manager):
    jam = make_jam(venue=venue)
    ban_song(venue=venue, song=make_song(title="Wonderwall"), by=manager, why=WHY)

    page = shown(as_manager, f"/jams/{jam.slug}/host?find=wonder")

    assert "Not played here" in page.split("data-add-hits")[1].split("</ul>")[0]
