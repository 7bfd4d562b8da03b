"""Pages that all visitors share: finished bytes, nobody's in particular, with forms that work."""

import re

import brotli
import pytest
from django.test import Client
from django.urls import get_resolver

from apps.catalog.models import Song, Venue
from apps.core.store import store
from apps.jams import lineup, operations
from apps.jams.attendees import join_jam
from apps.jams.models import Attendee
from apps.stage.models import Slot
from apps.stage.operations import sign_up
from apps.voting.operations import cast_vote, leave_jam
from tests.admin_pages import page_of, save
from tests.factories import (
    make_attendee,
    make_jam,
    make_jam_song,
    make_slot,
    make_song,
    make_staff,
    make_user,
    make_venue,
)

pytestmark = pytest.mark.django_db(transaction=True)

OURS, THEIRS = "http://testserver", "http://evil.example"
FROM_US = [{"Sec-Fetch-Site": "same-origin", "Origin": OURS}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": OURS}]
FROM_OTHERS = [
    {"Sec-Fetch-Site": "cross-site", "Origin": THEIRS}, {"Sec-Fetch-Site": "cross-site", "Origin": OURS},
    {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": THEIRS}, {"Origin": "null"},
    {"Origin": "https://testserver"}, {"Origin": f"{OURS}.evil.example"}, {},
]  # fmt: skip


@pytest.fixture
def night():
    host = make_user()
    jam = make_jam(host=host, name="Blue Night", venue=make_venue(name="The Copper Room", manager=host))
    jam_song = make_jam_song(jam=jam, title="Valerie")
    make_slot(jam_song=make_jam_song(jam=jam, title="Superstition", status="queued", position=1))
    return jam, jam_song, host


def pages(jam, jam_song):
    return {
        "home": "/", "jams": "/jams", "past": "/jams?when=past", "jam": f"/jams/{jam.slug}",
        "stage": f"/jams/{jam.slug}/stage", "screen": f"/jams/{jam.slug}/screen",
        "overlay": f"/jams/{jam.slug}/overlay?show=now,next,top,code",
        "songs": "/songs", "song": f"/songs/{jam_song.song_id}",
        "venues": "/venues", "venue": f"/venues/{jam.venue.slug}",
    }  # fmt: skip


NAMES = ["home", "jams", "past", "jam", "stage", "screen", "overlay", "songs", "song", "venues", "venue"]


def test_every_page_that_is_shared_is_here():
    marked = {p.name for p in get_resolver("apps.pages.urls").url_patterns if hasattr(p.callback, "public_read")}

    assert marked == set(NAMES) - {"past"}


@pytest.mark.parametrize("name", NAMES)
def test_the_second_visitor_costs_no_query(name, night, django_assert_num_queries):
    path = pages(*night[:2])[name]
    first = Client().get(path)
    with django_assert_num_queries(0):
        second = Client().get(path, headers={"Accept-Encoding": "br"})
        again = Client().get(path, headers={"If-None-Match": first["ETag"]})

    assert brotli.decompress(second.content) == first.content
    assert (again.status_code, again.content) == (304, b"")
    assert not first.cookies
    assert "Cookie" in first["Vary"]
    assert first["Cache-Control"].startswith("public, max-age=0")
    assert b"csrfmiddlewaretoken" not in first.content


@pytest.mark.parametrize("name", NAMES)
def test_who_brings_a_cookie_gets_a_page_of_their_own(name, night):
    path = pages(*night[:2])[name]
    host = Client()
    host.force_login(night[2])

    own, shared, strange = host.get(path), Client().get(path), Client(headers={"Cookie": "a=b"}).get(path)

    assert own["Cache-Control"] == strange["Cache-Control"] == "private, no-store"
    assert b"Log in" not in own.content
    assert shared["Cache-Control"].startswith("public")
    assert store.groups() != []


# Forms ------------------------------------------------------------------------------------------------


def forms(html):
    """(action, fields) of each form that is sent."""
    for form in re.findall(r'<form[^>]*method="post"[^>]*>.*?</form>', html, re.DOTALL):
        action = re.search(r'action="([^"]+)"', form)
        yield action and action[1], dict(re.findall(r'name="(\w+)"(?: value="(\w+)")?', form))


def send(action, fields, headers):
    data = {name: value or "Ana" for name, value in fields.items()}
    return Client(enforce_csrf_checks=True).post(action, data, headers=headers)


@pytest.mark.parametrize("name", NAMES)
def test_each_form_of_a_shared_page_works_from_it_and_from_nowhere_else(name, night):
    html = Client().get(pages(*night[:2])[name]).content.decode()
    found = list(forms(html))

    assert len(found) == {"home": 2, "jam": 3, "screen": 0, "overlay": 0}.get(name, 1)  # one chooses the language
    for action, fields in found:
        assert [send(action, fields, headers).status_code for headers in FROM_US] == [303] * len(FROM_US)
        assert {send(action, fields, headers).status_code for headers in FROM_OTHERS} == {403}


def test_a_visitor_votes_from_the_shared_page(night):
    jam, jam_song, _host = night
    visitor = Client(enforce_csrf_checks=True)
    visitor.get(f"/jams/{jam.slug}")

    answer = visitor.post(f"/j/{jam.code}", {"song": jam_song.pk}, headers=FROM_US[0])

    assert answer.status_code == 303
    jam_song.refresh_from_db()
    assert (jam_song.votes, Attendee.objects.count()) == (1, 1)
    assert "csrfmiddlewaretoken" in visitor.get(answer["Location"]).content.decode()  # a page of their own


@pytest.mark.parametrize("headers", FROM_US + FROM_OTHERS)
def test_scripts_of_our_pages_are_told_apart_by_the_same_rule(headers, night):
    host = Client(enforce_csrf_checks=True)
    host.force_login(night[2])

    answer = host.post(f"/api/v1/jams/{night[0].slug}/end", headers=headers)

    assert answer.status_code == (200 if headers in FROM_US else 403)


# What retires them ------------------------------------------------------------------------------------


def rename_song(jam, jam_song, host):
    staff = Client()
    staff.force_login(make_staff())
    song = jam_song.song
    fields = {"title": "Valerie Anew", "artist": song.artist, "tags": "", "parts": "", "popularity": 0}
    assert save(staff, page_of(song, "change"), **fields, listed="on", key="", style="") == {}


WRITES = {
    "a song is edited in the admin": (rename_song, {"jam", "screen", "songs", "song"}),
    "a vote": (
        lambda jam, song, host: cast_vote(jam_song=song, attendee=make_attendee(jam=jam)), {"jam", "screen", "overlay"}
    ),
    "somebody signs up": (
        lambda jam, song, host: sign_up(slot=Slot.objects.get(), attendee=jam.attendees.get()), {"screen", "overlay"}
    ),
    "somebody comes": (lambda jam, song, host: join_jam(jam=jam, display_name="Ana"), {"jam", "screen", "home"}),
    "somebody leaves": (lambda jam, song, host: leave_jam(attendee=jam.attendees.get()), {"jam", "screen"}),
    "the host plays a song": (
        lambda jam, song, host: lineup.play_song(jam_song=song, host=host), {"jam", "screen", "overlay", "home"}
    ),
    "the host renames the jam": (
        lambda jam, song, host: operations.change_jam(jam=jam, host=host, name="Red Night"),
        {"jam", "screen", "home", "jams", "venue"},
    ),
    "the night ends": (
        lambda jam, song, host: operations.ACTIONS["end"](jam=jam, host=host),
        {"jam", "screen", "home", "jams", "past", "venue"},
    ),
    "a new song": (lambda jam, song, host: make_song(title="Brand New"), {"songs"}),
    "a new venue": (lambda jam, song, host: make_venue(name="Brand New"), {"venues"}),
}  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_seen_by_the_next_visitor(write, night):
    jam, jam_song, host = night
    do, changed = WRITES[write]
    make_attendee(jam=jam)
    before = {name: Client().get(path).content for name, path in pages(jam, jam_song).items()}

    do(jam, jam_song, host)

    after = {name: Client().get(path).content for name, path in pages(jam, jam_song).items()}
    assert {name for name in NAMES if after[name] != before[name]} >= changed


def test_the_venues_name_stands_on_every_page_of_its_jams(night):
    jam, jam_song, host = night
    lineup.play_song(jam_song=jam_song, host=host)
    lineup.finish_song(jam_song=jam_song, host=host)
    paths = pages(jam, jam_song)
    for path in paths.values():
        Client().get(path)

    venue = Venue.objects.get(pk=jam.venue_id)
    venue.name = "The Iron Room"
    venue.save()

    for name in ("home", "jams", "jam", "song", "venues", "venue"):
        assert "The Iron Room" in Client().get(paths[name]).content.decode(), name


def test_an_edited_song_shows_at_once_to_a_host_on_the_page_and_in_the_api(night):
    jam, jam_song, host = night
    client = Client()
    client.force_login(host)
    paths = [f"/jams/{jam.slug}", "/songs", f"/api/v1/jams/{jam.slug}/snapshot", "/api/v1/songs"]
    for path in paths:
        client.get(path), Client().get(path)

    rename_song(jam, jam_song, host)

    assert Song.objects.filter(title="Valerie Anew").exists()
    for who in (client, Client()):
        for path in paths:
            assert "Valerie Anew" in who.get(path).content.decode(), path
