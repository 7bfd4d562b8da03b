"""Two songs that are one are merged on a page of its own, without a script."""

import pytest

from apps.jams.models import JamSong
from tests.factories import make_attendee, make_jam_song, make_song, make_vote

pytestmark = pytest.mark.django_db


def titles(answer):
    return [other.song.title for other in answer.context["others"]]


def at(jam_song):
    return f"/jams/{jam_song.jam.slug}/host/songs/{jam_song.pk}/merge"


def test_similar_titles_come_first_then_similar_artists(as_host, jam):
    for title, artist in [("Zombie", "Blur"), ("Song Two", "Blur"), ("Song 2", "Blurry"),
                          ("Song 2", "Nobody")]:  # fmt: skip
        make_jam_song(jam=jam, song=make_song(title=title, artist=artist))
    jam_song = make_jam_song(jam=jam, song=make_song(title="Song 2", artist="Blur"))

    answer = as_host.get(at(jam_song))

    found = [(other.song.title, other.song.artist) for other in answer.context["others"]]
    assert found[:3] == [("Song 2", "Blurry"), ("Song 2", "Nobody"), ("Song Two", "Blur")]
    assert found[-1] == ("Zombie", "Blur")


def test_what_cannot_take_it_in_is_not_offered(as_host, jam):
    jam_song = make_jam_song(jam=jam, status="pending")
    for status in ("pending", "open", "queued", "playing", "played", "removed"):
        make_jam_song(jam=jam, title=status, status=status)
    make_jam_song(title="elsewhere")

    assert sorted(titles(as_host.get(at(jam_song)))) == ["open", "queued"]


def test_choosing_one_merges(as_host, jam, text):
    one, other = make_jam_song(jam=jam, title="Creap"), make_jam_song(jam=jam, title="Creep")
    for jam_song in (one, other):
        make_vote(jam_song=jam_song, attendee=make_attendee(jam=jam))

    said = text(as_host.post(at(one), {"into": str(other.pk)}, follow=True))

    assert "Creap is merged into Creep, with its votes." in said.replace("\u2068", "").replace("\u2069", "")
    assert list(JamSong.objects.order_by("pk").values_list("status", "votes")) == [("removed", 0), ("open", 2)]


@pytest.mark.parametrize("into", ["", "x", "0", "99999999999999999999", "-1"])
def test_an_odd_choice_is_nowhere(as_host, jam, into):
    jam_song = make_jam_song(jam=jam)

    assert as_host.post(at(jam_song), {"into": into}).status_code == 404
    assert JamSong.objects.get().status == "open"


def test_a_song_of_another_jam_is_no_choice(as_host, jam):
    jam_song, foreign = make_jam_song(jam=jam), make_jam_song()

    assert as_host.post(at(jam_song), {"into": str(foreign.pk)}).status_code == 404


def test_what_is_not_possible_any_more_is_said(as_host, jam, text):
    jam_song, other = make_jam_song(jam=jam, title="Creep", status="playing"), make_jam_song(jam=jam)

    assert "that is not possible from there" in text(as_host.post(at(jam_song), {"into": str(other.pk)}, follow=True))


def test_the_way_there_is_in_the_menu_of_a_candidate_and_beside_a_request(as_host, jam):
    songs = [make_jam_song(jam=jam), make_jam_song(jam=jam, status="pending")]

    page = as_host.get(f"/jams/{jam.slug}/host").content.decode()

    assert all(f'href="{at(jam_song)}"' in page for jam_song in songs)
