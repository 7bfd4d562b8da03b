"""A venue's own view of songs over the API: tests/jams/test_bans.py has what a ban does."""

import pytest

from apps.catalog.library import ban_song, change_library_song
from tests.callers import Caller
from tests.factories import make_jam, make_jam_song, make_song, make_user, make_venue

pytestmark = pytest.mark.django_db
WHY = "Nobody can hear it any more."


@pytest.fixture
def manager():
    return make_user()


@pytest.fixture
def venue(manager):
    return make_venue(manager=manager)


def at(venue, song=None):
    return f"/api/v1/venues/{venue.slug}/library" + (f"/{song.pk}" if song else "")


def test_the_list_has_what_the_venue_says_and_nothing_of_others(venue, manager):
    other = make_venue(manager=(stranger := make_user()))
    song, banned = make_song(title="A song"), make_song(title="Banned")
    change_library_song(venue=venue, song=song, by=manager, key="Ebm", note="Capo 2")
    ban_song(venue=venue, song=banned, by=manager, why=WHY)
    change_library_song(venue=other, song=song, by=stranger, note="theirs")

    page = Caller(user=manager)("GET", at(venue)).json()

    assert page["count"] == 2
    first, second = page["results"]
    assert (first["song"], first["title"], first["key"], first["banned"]) == (song.pk, "A song", "E♭m", None)
    assert (second["banned"], second["banned_at"] is None) == (WHY, False)
    assert "theirs" not in str(page)


def test_it_is_narrowed_by_words_and_bans(venue, manager):
    for title in ("One", "Two"):
        change_library_song(venue=venue, song=make_song(title=title), by=manager, note="x")
    ban_song(venue=venue, song=make_song(title="Three"), by=manager, why=WHY)

    def titles(query):
        return [row["title"] for row in Caller(user=manager)("GET", at(venue) + query).json()["results"]]

    assert titles("?search=tw") == ["Two"]
    assert titles("?banned=true") == ["Three"]
    assert titles("?banned=false") == ["One", "Two"]


def test_a_patch_bans_and_plays_again_and_leaves_what_it_does_not_name(venue, manager):
    song, call = make_song(), Caller(user=manager)

    call("PATCH", at(venue, song), {"note": "Capo 2"})
    banned = call("PATCH", at(venue, song), {"banned": WHY}).json()
    again = call("PATCH", at(venue, song), {"banned": None}).json()

    assert (banned["banned"], banned["note"]) == (WHY, "Capo 2")
    assert (again["banned"], again["banned_at"], again["note"]) == (None, None, "Capo 2")


def test_what_is_wrong_is_named_and_nothing_of_it_is_kept(venue, manager):
    song, call = make_song(), Caller(user=manager)

    answer = call("PATCH", at(venue, song), {"banned": WHY, "key": "H dur"})

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["key"]
    assert not venue.library.exists()


def test_a_song_that_only_another_room_knows_is_not_there(venue, manager):
    written_in = make_jam_song(jam=make_jam(), song=make_song(title="Theirs alone", listed=False))

    for method in ("GET", "PATCH", "DELETE"):
        answer = Caller(user=manager)(method, at(venue, written_in.song), {"note": "x"} if method == "PATCH" else None)
        assert answer.status_code == 404


def test_a_song_of_which_all_was_taken_back_is_not_listed(venue, manager):
    song, call = make_song(), Caller(user=manager)
    ban_song(venue=venue, song=song, by=manager, why=WHY)

    assert call("DELETE", at(venue, song)).status_code == 204

    assert call("GET", at(venue)).json()["count"] == 0
    assert call("GET", at(venue, song)).json()["banned"] is None


def test_a_suggestion_of_it_is_refused_with_a_code(venue, manager):
    song, jam = make_song(), make_jam(venue=venue, host=manager)
    ban_song(venue=venue, song=song, by=manager, why=WHY)

    answer = Caller(user=manager)("POST", f"/api/v1/jams/{jam.slug}/songs", {"song": song.pk})

    assert (answer.status_code, answer.json()["code"]) == (409, "song_banned")
    assert answer.json()["detail"] == f"{venue.name} does not play this: {WHY}"
