"""Rows of the ranking are made once for all who see them alike, and nobody sees those of somebody else."""

import re

import pytest
from django.test import Client

from apps.jams.models import Jam
from apps.jams.operations import set_paused
from apps.pages.templatetags import rows
from apps.voting.models import Vote
from tests.factories import make_jam_song, make_vote

pytestmark = pytest.mark.django_db

ROW = re.compile(r'<li class="song.*?</li>', re.DOTALL)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"')


@pytest.fixture(autouse=True)
def none_kept():
    rows.kept.clear()
    yield
    rows.kept.clear()


@pytest.fixture
def made(monkeypatch):
    """Ids of the songs whose rows were made, in turn."""
    done, make = [], rows.row_of

    def watched(context, song, name):
        if name not in rows.kept:
            done.append(song["id"])
        return make(context, song, name)

    monkeypatch.setattr(rows, "row_of", watched)
    return done


@pytest.fixture
def songs(jam):
    found = [make_jam_song(jam=jam, title=f"Song {n}") for n in range(4)]
    for _ in range(3):
        make_vote(jam_song=found[0])
    return found


def page_of(client, jam):
    return TOKEN.sub("", client.get(f"/jams/{jam.slug}").content.decode())


def test_a_page_of_kept_rows_is_the_page_that_was_made_anew(attendee_client, jam, songs):
    client, attendee = attendee_client(jam)
    make_vote(jam_song=songs[2], attendee=attendee)
    for language in ("en", "ar"):
        client.cookies["language"] = language
        anew, kept = page_of(client, jam), page_of(client, jam)

        assert kept == anew
        assert f'lang="{language}"' in kept
        assert all(f'id="{name}"' in kept for name in ("pick", "pick-check", "chevron", "flag"))  # of the sprite


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_vote_makes_no_row_anew(attendee_client, jam, songs, made, language):
    client, _attendee = attendee_client(jam)
    client.cookies["language"] = language
    page_of(client, jam)
    made.clear()

    make_vote(jam_song=songs[0])  # which has the most: the longest bar of all rows
    for _ in range(2):
        make_vote(jam_song=songs[1])  # which has none: another place, another number, another word
    kept = page_of(client, jam)
    assert made == []
    rows.kept.clear()

    assert kept == page_of(client, jam)


def test_where_counts_are_hidden_no_row_tells_one(attendee_client, jam, songs):
    client, _attendee = attendee_client(jam)
    page_of(client, jam)  # with counts: its rows are kept
    Jam.objects.filter(pk=jam.pk).update(counts="hidden")

    hidden = ROW.findall(page_of(client, jam))[:4]

    assert all("data-votes hidden>0<" in row and "data-votes-word></span>" in row and ">·<" in row for row in hidden)


def test_what_is_known_of_a_song_makes_its_row_anew(attendee_client, jam, songs, made):
    client, _attendee = attendee_client(jam)
    page_of(client, jam)
    made.clear()
    songs[3].song.__class__.objects.filter(pk=songs[3].song_id).update(key="Bbm")

    assert "Bbm" in page_of(client, jam)
    assert made == [songs[3].pk]


def test_what_one_picked_is_not_shown_to_another(attendee_client, jam, songs):
    (one, attendee), (other, _other) = attendee_client(jam), attendee_client(jam)
    Vote.objects.create(jam_song=songs[1], attendee=attendee)

    mine, theirs, visitors = (ROW.findall(page_of(client, jam)) for client in (one, other, Client()))

    assert [row.count('data-state="voted"') for row in mine].count(1) == 1
    assert not any('data-state="voted"' in row or "is-mine" in row for row in [*theirs, *visitors])
    assert len(mine) == len(theirs) == len(visitors) == 1 + 4  # what scripts make rows of is one, too


def test_a_refusal_is_told_to_whom_it_happened_and_once(attendee_client, host, jam, songs):
    (client, _attendee), (other, _other) = attendee_client(jam), attendee_client(jam)
    set_paused(jam=jam, host=host, voting=True)
    client.post(f"/jams/{jam.slug}/songs/{songs[0].pk}/vote", {"voted": "1"})

    refused, again, others = page_of(client, jam), page_of(client, jam), page_of(other, jam)

    assert 'data-state="refused"' in refused
    assert not any('data-state="refused"' in page for page in (again, others))
    assert "Paused" in others


def test_another_jam_has_rows_of_its_own(attendee_client, jam, songs):
    client, _attendee = attendee_client(jam)
    page_of(client, jam)
    Jam.objects.filter(pk=jam.pk).update(slug="another-name")
    jam.refresh_from_db()

    assert "/jams/another-name/songs/" in page_of(client, jam)


def test_however_many_rows_there_are_few_are_kept(attendee_client, jam, songs, monkeypatch):
    monkeypatch.setattr(rows, "MOST", 6)
    client, _attendee = attendee_client(jam)
    for _ in range(4):
        make_vote(jam_song=songs[1])
        page_of(client, jam)
        assert len(rows.kept) <= 6
