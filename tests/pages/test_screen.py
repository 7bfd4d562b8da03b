import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.jams.door import room_code
from apps.jams.invitations import invite
from apps.jams.models import Jam
from apps.pages.templatetags.parts import in_threes
from tests.factories import make_attendee, make_jam, make_jam_song, make_sign_up, make_slot, make_song, make_vote

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


WISHES = [("light", "light"), ("contrast", "contrast"), ("dark", "dark"), ("", "dark"), ('"><script>', "dark")]


@pytest.mark.parametrize(("wish", "theme"), WISHES)
def test_the_address_says_the_theme_and_dark_is_for_projectors(client, jam, wish, theme):
    page = client.get(f"/jams/{jam.slug}/screen", {"theme": wish}).content.decode()

    assert f'data-theme="{theme}"' in page
    assert f'href="?theme={theme}" aria-current="true"' in page


def test_hosts_find_the_screens_themes_and_the_overlays_address(as_host, jam):
    page = as_host.get(f"/jams/{jam.slug}/hosts").content.decode()

    assert f'href="/jams/{jam.slug}/screen?theme=contrast"' in page
    assert f"/jams/{jam.slug}/overlay?show=now,next,top,code" in page


@pytest.mark.parametrize("path", ["screen", "overlay"])
def test_it_names_who_plays_now_and_next_and_nobody_else(client, jam, text, path):
    songs = [("Superstition", "playing"), ("Valerie", "queued"), ("Creep", "open")]
    for (title, status), name in zip(songs, ("Ana", "Ben", "Cleo"), strict=True):
        song = make_jam_song(jam=jam, title=title, status=status, position=1 if status == "queued" else None)
        make_sign_up(slot=make_slot(jam_song=song, instrument="bass"), attendee=make_attendee(jam=jam, name=name))
        waiting = make_attendee(jam=jam, name=f"{name} Who Waits")
        make_sign_up(slot=song.slots.get(), attendee=waiting, state="waiting")

    page = text(client.get(f"/jams/{jam.slug}/{path}"))

    assert "Ana bass" in page
    assert "Ben bass" in page
    assert "Cleo" not in page
    assert "Who Waits" not in page


def test_the_overlay_shows_the_parts_that_are_asked_for(client, jam, text):
    make_vote(jam_song=make_jam_song(jam=jam, title="Creep"))
    make_jam_song(jam=jam, title="Valerie", status="queued", position=1)

    usual = text(client.get(f"/jams/{jam.slug}/overlay"))
    top = text(client.get(f"/jams/{jam.slug}/overlay?show=top"))

    assert "Valerie" in usual
    assert in_threes(jam.code) in usual
    assert "Creep" not in usual
    assert "Creep" in top
    assert "Valerie" not in top


def test_a_part_that_does_not_exist_is_named(client, jam, text):
    response = client.get(f"/jams/{jam.slug}/overlay?show=now,<b>")

    assert response.status_code == 400
    assert "The overlay has no part \u2068<b>\u2069. Write ?show= with one or more of: now, next, top, code." in text(
        response
    )


@pytest.mark.parametrize(("counts", "shown"), [("hidden", []), ("top", ["Dreams"]), ("live", ["Dreams", "Creep"])])
def test_the_overlay_ranks_only_what_the_room_sees_counted(client, jam, text, counts, shown):
    Jam.objects.filter(pk=jam.pk).update(counts=counts, counts_top=1)
    for title, votes in (("Creep", 1), ("Dreams", 2)):
        jam_song = make_jam_song(jam=jam, title=title)
        for _ in range(votes):
            make_vote(jam_song=jam_song)

    page = text(client.get(f"/jams/{jam.slug}/overlay?show=top"))

    assert [title for title in ("Dreams", "Creep") if title in page] == shown


def test_the_room_code_leaves_the_room_on_no_overlay(as_host, host, jam):
    Jam.objects.filter(pk=jam.pk).update(door=Jam.Door.CODE)
    client = Client()
    client.get(f"/jams/{jam.slug}/display/{invite(jam=jam, host=host, role='display')[1]}")

    for who in (as_host, client):
        assert in_threes(room_code(jam)) in who.get(f"/jams/{jam.slug}/screen").content.decode()
        assert in_threes(room_code(jam)) not in who.get(f"/jams/{jam.slug}/overlay").content.decode()


def test_the_overlay_of_a_draft_is_for_its_hosts(client, as_host, host):
    draft = make_jam(host=host, status="draft")

    assert client.get(f"/jams/{draft.slug}/overlay").status_code == 404
    assert as_host.get(f"/jams/{draft.slug}/overlay").status_code == 200


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
