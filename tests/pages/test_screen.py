import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.jams.models import Jam
from tests.factories import make_jam, make_jam_song, make_song, make_vote

pytestmark = pytest.mark.django_db


def test_the_screen_shows_the_first_eight_code_and_next(client, jam, text):
    for number in range(10):
        make_jam_song(jam=jam, title=f"Song {number:02}")
    make_jam_song(jam=jam, title="Superstition", status="playing")
    make_jam_song(jam=jam, title="Valerie", status="queued", position=1)

    page = text(client.get(f"/jams/{jam.slug}/screen"))

    assert "Song 07" in page
    assert "Song 08" not in page
    assert "Now playing Superstition" in page
    assert "Next Valerie" in page
    assert jam.code in page


def test_the_code_is_drawn_here_and_leads_to_the_join_page(client, jam, settings):
    page = client.get(f"/jams/{jam.slug}/screen").content.decode()

    assert 'role="img" aria-label="QR code to join"' in page
    assert "style=" not in page


@pytest.mark.parametrize(("wish", "theme"), [("light", "light"), ("dark", "dark"), ("", ""), ('"><script>', "")])
def test_the_theme_can_be_wished_for(client, jam, wish, theme):
    assert client.get(f"/jams/{jam.slug}/screen", {"theme": wish}).context["theme"] == theme


def test_a_screen_without_songs_says_what_to_do(client, jam, text):
    assert "Which song first?" in text(client.get(f"/jams/{jam.slug}/screen"))


def test_hidden_counts_are_not_on_the_screen(client, jam, text):
    Jam.objects.filter(pk=jam.pk).update(counts="hidden", code="ABCDEF")
    jam_song = make_jam_song(jam=jam, title="Creep")
    for _ in range(17):
        make_vote(jam_song=jam_song)

    page = text(client.get(f"/jams/{jam.slug}/screen"))

    assert "Creep" in page
    assert "17 votes" not in page


def test_an_ended_jam_names_its_favourite(client, host, text):
    jam = make_jam(host=host, status="ended")
    make_vote(jam_song=make_jam_song(jam=jam, title="Little Wing", status="played", ended_at=jam.ends_at))

    page = text(client.get(f"/jams/{jam.slug}/screen"))

    assert "Most wanted Little Wing" in page
    assert jam.code not in page


def test_the_last_call_stands_beside_what_plays(client, host, text):
    jam = make_jam(host=host, status="last_call")
    assert text(client.get(f"/jams/{jam.slug}/screen")).count("Last call") == 1

    make_jam_song(jam=jam, title="Superstition", status="playing")

    assert "Now playing Last call Superstition" in text(client.get(f"/jams/{jam.slug}/screen"))


def test_nothing_comes_next_after_the_end(client, host, text):
    jam = make_jam(host=host, status="ended")
    make_jam_song(jam=jam, title="Valerie", status="queued", position=1)

    assert "Next" not in text(client.get(f"/jams/{jam.slug}/screen"))


def test_a_song_that_takes_longer_than_known_shows_its_time_alone(client, jam, text):
    song = make_song(duration=198)
    started = timezone.now() - timedelta(seconds=312)
    make_jam_song(jam=jam, song=song, status="playing", started_at=started)

    page = text(client.get(f"/jams/{jam.slug}"))

    assert re.search(r" 5:1[2-9] ", page)
    assert "of 3:18" not in page
