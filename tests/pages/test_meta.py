"""What links show where they are shared: public facts, and nothing else."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from tests.factories import make_jam, make_jam_song, make_song, make_user, make_venue

pytestmark = pytest.mark.django_db


def meta_of(page):
    head = page.content.decode().split("</head>")[0]
    return dict(re.findall(r'<(?:meta|link) (?:name|property|rel)="([\w:]+)" (?:content|href)="([^"]*)"', head))


def test_a_jam_says_what_when_and_where(client, settings):
    settings.PUBLIC_URL = "https://jam.example"
    jam = make_jam(name='"Loud" & late', venue=make_venue(name="The Anchor", time_zone="Asia/Tokyo"))
    make_jam_song(jam=jam, title="Secret wish", status="pending")
    day = jam.starts_at.astimezone(jam.zone).strftime("%A %-d %B, %H:%M")

    for path in (jam.get_absolute_url(), f"{jam.get_absolute_url()}/stage", f"/j/{jam.code}"):
        meta = meta_of(client.get(path))

        assert meta["og:title"] == "&quot;Loud&quot; &amp; late"
        assert meta["description"].startswith(f"The Anchor, {day}.")
        assert meta["canonical"] == meta["og:url"] == f"https://jam.example{jam.get_absolute_url()}"
        assert "Secret" not in str(meta)


def test_an_ended_jam_asks_nobody_to_vote(client):
    jam = make_jam(status="ended")

    assert "what was played" in meta_of(client.get(jam.get_absolute_url()))["description"]


def test_a_draft_shows_nothing_of_itself(client):
    host = make_user()
    jam = make_jam(host=host, name="Unmistakable", status="draft")
    client.force_login(host)

    assert meta_of(client.get(jam.get_absolute_url())).keys() & {"canonical", "description", "og:title"} == set()
    assert "Unmistakable" not in Client().get(jam.get_absolute_url()).content.decode()


def test_lists_songs_and_venues_are_known_by_one_address(client, settings):
    settings.PUBLIC_URL = "https://jam.example"
    song, venue = make_song(title="Creep"), make_venue(name="The Anchor")

    for path in ("/", "/jams", "/songs", "/venues", song.get_absolute_url(), venue.get_absolute_url()):
        assert meta_of(client.get(f"{path}?page=1"))["canonical"] == f"https://jam.example{path}"
    assert "Creep by The Testers" in meta_of(client.get(song.get_absolute_url()))["description"]
    assert "The Anchor" in meta_of(client.get(venue.get_absolute_url()))["description"]


def test_the_picture_of_links_is_as_large_as_they_ask_for(client):
    image = meta_of(client.get("/"))["og:image"]

    file = finders.find(image.rsplit("/static/")[1])
    with Image.open(file) as picture:
        assert picture.size == (1200, 630)


def test_pages_for_hosts_have_no_picture(client):
    client.force_login(make_user())

    assert "og:image" not in meta_of(client.get("/host"))
