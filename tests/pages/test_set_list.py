"""The set list on the console, without a script: locked, filled, arranged; times, reasons and line-ups."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.jams.models import Jam
from tests.factories import make_attendee, make_jam_song, make_sign_up, make_slot, make_song, make_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def jam(jam):
    """It ends within the hour, on the clock of its venue."""
    jam.starts_at = timezone.now() - timedelta(hours=2)
    jam.ends_at = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=21)
    jam.save(update_fields=["starts_at", "ends_at"])
    return jam


def make(jam, title, *, votes=0, duration=200, slots=0, filled=0, **fields):
    jam_song = make_jam_song(jam=jam, song=make_song(title=title, duration=duration), **fields)
    for _ in range(votes):
        make_vote(jam_song=jam_song)
    for number in range(1, slots + 1):
        slot = make_slot(jam_song=jam_song, number=number)
        if number <= filled:
            make_sign_up(slot=slot, attendee=make_attendee(jam=jam))
    return jam_song


def console(client, jam, query=""):
    return client.get(f"/jams/{jam.slug}/host{query}")


def fill(client, jam, do="plan", **choices):
    return client.post(f"/jams/{jam.slug}/host/setlist", {"do": do, **choices})


def queue(jam):
    return list(jam.songs.queue().values_list("song__title", flat=True))


def at(jam, moment):
    return f"{timezone.localtime(moment, jam.zone):%H:%M}"


def test_each_queued_song_says_when_it_comes_why_and_with_whom(as_host, jam, text):
    started = timezone.now()
    make(jam, "On stage", status="playing", started_at=started)
    make(jam, "Valerie", status="queued", position=1, votes=2, slots=2, filled=1)
    make(jam, "Use Me", status="queued", position=2, locked=True)

    response = console(as_host, jam)
    page = text(response)

    begins = [started + timedelta(seconds=seconds) for seconds in (320, 640)]
    assert f"Valerie {at(jam, begins[0])} The Testers 2 votes" in page
    assert f"Use Me {at(jam, begins[1])} The Testers 0 votes Locked" in page
    assert f"ends about {at(jam, begins[1] + timedelta(seconds=200))}, closing {at(jam, jam.ends_at)}" in page
    assert 'aria-label="Line-up 1 of 2"' in response.content.decode()


def test_a_song_is_locked_and_unlocked(as_host, jam):
    jam_song = make(jam, "Valerie", status="queued", position=1)
    path = f"/jams/{jam.slug}/host/songs/{jam_song.pk}"
    assert f'formaction="{path}/lock"' in console(as_host, jam).content.decode()

    as_host.post(f"{path}/lock")
    page = console(as_host, jam).content.decode()

    assert f'formaction="{path}/unlock"' in page
    assert "Locked \u2068Valerie\u2069 in its place." in page
    as_host.post(f"{path}/unlock")
    assert not jam.songs.get().locked


def test_it_is_filled_up_to_the_end_of_the_jam(as_host, jam, text):
    """In 20 minutes and some seconds: four songs of 200 s, with a changeover between them."""
    for votes in range(5):
        make(jam, f"{votes} votes", votes=votes)
    assert f"Fill up to {at(jam, jam.ends_at)}" in text(console(as_host, jam))

    response = fill(as_host, jam, algorithm="votes")

    assert queue(jam) == ["4 votes", "3 votes", "2 votes", "1 votes"]
    assert response["Location"] == f"/jams/{jam.slug}/host?algorithm=votes#queue"


def test_what_no_longer_fits_says_so(as_host, jam, text):
    make(jam, "Long", duration=1200, votes=2)
    make(jam, "Short", duration=60)

    assert "Takes 1:00" not in text(console(as_host, jam))
    Jam.objects.filter(pk=jam.pk).update(ends_at=timezone.now() + timedelta(minutes=5, seconds=30))

    assert "Long The Testers Takes 20:00, 5:" in text(console(as_host, jam))


def test_a_host_who_insists_on_playable_songs_sees_and_queues_no_others(as_host, jam, text):
    make(jam, "Unready", votes=2, slots=2, filled=1)
    make(jam, "Ready", votes=1, slots=1, filled=1)

    page = console(as_host, jam, "?playable=1")
    response = fill(as_host, jam, playable="1")

    assert [song["title"] for song in page.context["board"]["ranking"]] == ["Ready"]
    assert '<input type="hidden" name="playable" value="1">' in page.content.decode()
    assert queue(jam) == ["Ready"]
    assert response["Location"] == f"/jams/{jam.slug}/host?algorithm=balanced&playable=1#queue"


def test_the_queue_is_arranged_and_one_undo_puts_it_back(as_host, jam, text):
    for place, title in enumerate(("Low", "Locked", "High"), start=1):
        make(jam, title, votes=place, status="queued", position=place, locked=title == "Locked")

    fill(as_host, jam, "arrange", algorithm="votes")

    assert queue(jam) == ["High", "Locked", "Low"]
    assert "Put the set list in order." in text(console(as_host, jam))
    as_host.post(f"/jams/{jam.slug}/host/undo", {"undo": "arrange"})
    assert queue(jam) == ["Low", "Locked", "High"]


@pytest.mark.parametrize(
    ("do", "said"), [("plan", "no open song fits before closing"), ("arrange", "in that order already")]
)
def test_where_nothing_comes_of_it_the_page_says_so(as_host, jam, text, do, said):
    fill(as_host, jam, do)

    assert said in text(console(as_host, jam))


@pytest.mark.parametrize("sent", [{"do": "fly"}, {"algorithm": "best"}])
def test_what_is_no_way_to_fill_it_is_a_404(as_host, jam, sent):
    assert fill(as_host, jam, **sent).status_code == 404


def test_nobody_else_fills_it(as_other, jam):
    make(jam, "Song")

    assert fill(as_other, jam).status_code == 403
    assert queue(jam) == []


def test_hidden_counts_are_told_to_its_hosts_alone(client, as_host, jam):
    Jam.objects.filter(pk=jam.pk).update(counts="hidden")
    make(jam, "Valerie", votes=3, status="queued", position=1)

    room = client.get(f"/api/v1/jams/{jam.slug}/snapshot").json()
    refused = client.get(f"/api/v1/jams/{jam.slug}/setlist")

    assert (room["songs"][0]["votes"], room["songs"][0]["locked"]) == (None, False)
    assert refused.status_code == 403
    assert as_host.get(f"/api/v1/jams/{jam.slug}/setlist").json()["songs"][0]["reasons"][0]["text"] == "3 votes"
