"""The console offers to undo what was done last; without a script it is a form."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.jams.lineup import queue_song
from apps.jams.models import JamHost, JamSong
from apps.voting.operations import void_attendees
from tests.factories import make_attendee, make_jam_song

pytestmark = pytest.mark.django_db


def look(client, jam, text):
    return text(client.get(f"/jams/{jam.slug}/host")).replace("\u2068", "").replace("\u2069", "")


def undo(client, jam, deed, text):
    answer = client.post(f"/jams/{jam.slug}/host/undo", {"undo": deed}, follow=True)
    return text(answer).replace("\u2068", "").replace("\u2069", "")


def test_what_was_done_is_offered_and_undone(as_host, host, jam, text):
    jam_song = make_jam_song(jam=jam, title="Creep")
    queue_song(jam_song=jam_song, host=host)
    answer = as_host.get(f"/jams/{jam.slug}/host")

    said = undo(as_host, jam, answer.context["last"]["deed"], text)

    assert answer.context["last"]["deed"] == f"queue {jam_song.pk}"
    assert 28 <= answer.context["last"]["seconds"] <= 30
    assert f'name="undo" value="queue {jam_song.pk}"' in answer.content.decode()
    assert "Undone: Queued Creep." in said
    assert JamSong.objects.get().status == "open"


@pytest.mark.parametrize(
    ("before", "action", "words"),
    [("pending", "approve", "Approved Creep."), ("queued", "unqueue", "Creep is open to votes again."),
     ("queued", "lock", "Locked Creep in its place."),
     ("queued", "move", "Moved Creep to place 2."), ("playing", "finish", "Marked Creep as played."),
     ("open", "pin", "Pinned Creep to the top."), ("open", "remove", "Took Creep off the jam.")],
)  # fmt: skip
def test_each_is_named_as_its_button_names_it(as_host, jam, text, before, action, words):
    make_jam_song(jam=jam, status="queued", position=2)
    jam_song = make_jam_song(jam=jam, title="Creep", status=before, position=1 if before == "queued" else None)

    as_host.post(f"/jams/{jam.slug}/host/songs/{jam_song.pk}/{action}", {"position": "1"})

    assert f"{words} Undo" in look(as_host, jam, text)


def test_the_next_song_is_named_too(as_host, jam, text):
    make_jam_song(jam=jam, title="Creep", status="queued", position=1)

    as_host.post(f"/jams/{jam.slug}/host/start-next")

    assert "Started Creep. Undo" in look(as_host, jam, text)
    assert "Undone: Started Creep." in undo(as_host, jam, f"start_next {JamSong.objects.get().pk}", text)


def test_people_come_back_by_the_same_button(as_host, host, jam, text):
    sam = make_attendee(jam=jam, name="Sam")
    as_host.post(f"/jams/{jam.slug}/host/people/{sam.pk}/remove")
    assert "Sam is off the jam, with all votes. Undo" in look(as_host, jam, text)
    undo(as_host, jam, "remove_attendee", text)

    void_attendees(jam=jam, host=host, attendees=[sam.pk])
    assert "Those who vote alike are off the jam, with all votes. Undo" in look(as_host, jam, text)
    undo(as_host, jam, "void", text)

    sam.refresh_from_db()
    assert sam.state == "active"


def test_nothing_is_offered_where_nothing_was_done_or_it_is_late_or_undone(as_host, as_other, host, other_host, jam):
    JamHost.objects.create(jam=jam, user=other_host, role="co_host")
    path = f"/jams/{jam.slug}/host"
    assert as_host.get(path).context["last"] is None

    jam_song = make_jam_song(jam=jam)
    queue_song(jam_song=jam_song, host=host)
    assert as_other.get(path).context["last"] is None  # who has not done it

    AuditEvent.objects.update(created_at=timezone.now() - timedelta(seconds=31))
    assert as_host.get(path).context["last"] is None

    AuditEvent.objects.update(created_at=timezone.now())
    as_host.post(f"{path}/undo", {"undo": f"queue {jam_song.pk}"})
    assert as_host.get(path).context["last"] is None


@pytest.mark.parametrize("deed", ["", "queue", "pin 1", "queue x", "queue 99999999999999999999", "\x00 1"])
def test_an_odd_button_does_no_harm(as_host, host, jam, deed):
    queue_song(jam_song=make_jam_song(jam=jam), host=host)

    answer = as_host.post(f"/jams/{jam.slug}/host/undo", {"undo": deed})

    assert answer.status_code in {303, 400}


def test_a_refusal_says_why(as_host, jam, text):
    assert "There is nothing of yours to undo here." in undo(as_host, jam, "queue 1", text)
