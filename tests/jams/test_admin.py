"""Jams and their songs in the admin: by the operations, so that the room follows."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from apps.accounts.models import AuditEvent
from apps.accounts.roles import Right
from apps.jams.models import Jam, JamSong
from apps.live.streams import revision_of
from tests.admin_pages import act, page_of, said, save
from tests.factories import (
    make_attendee,
    make_jam,
    make_jam_song,
    make_song,
    make_staff,
    make_user,
    make_venue,
    make_vote,
)

pytestmark = pytest.mark.django_db

NO_HOSTS = {"jamhost_set-TOTAL_FORMS": 0, "jamhost_set-INITIAL_FORMS": 0}


@pytest.fixture
def staff(client):
    client.user = make_staff(name="Alex")
    client.force_login(client.user)
    return client


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def form(starts_at=None, **fields):
    starts_at = starts_at or timezone.now() + timedelta(days=1)
    ends_at = fields.pop("ends_at", starts_at + timedelta(hours=4))
    return {
        "name": "Open Stage", "description": "", "starts_at_0": f"{starts_at:%Y-%m-%d}",
        "starts_at_1": f"{starts_at:%H:%M:%S}", "ends_at_0": f"{ends_at:%Y-%m-%d}", "ends_at_1": f"{ends_at:%H:%M:%S}",
        "voting_closes_at_0": "", "voting_closes_at_1": "", "max_votes": "", "counts": "live", "counts_top": 3,
        "max_suggestions": 3, "sign_ups": "on", "max_sign_ups": 3, "door": "automatic",
    } | NO_HOSTS | fields  # fmt: skip


def test_a_jam_is_added_with_slug_code_and_owner(staff):
    venue = make_venue(name="The Anchor")

    assert save(staff, page_of(Jam, "add"), **form(venue=venue.pk)) == {}

    jam = Jam.objects.get()
    assert jam.slug.startswith("open-stage-the-anchor-")
    assert (jam.status, jam.hosts.get(), len(jam.code)) == ("draft", staff.user, 6)


def test_a_jam_that_ends_before_it_starts_is_refused_in_words(staff):
    starts_at = timezone.now()
    wrong = form(starts_at, ends_at=starts_at - timedelta(hours=1), venue=make_venue().pk)

    errors = save(staff, page_of(Jam, "add"), **wrong)

    assert errors["ends_at"] == ["The end must be after the start."]
    assert not Jam.objects.exists()


def test_a_change_is_audited_and_the_room_hears_of_it(staff, commits):
    jam = make_jam(name="Old", starts_at=timezone.now().replace(microsecond=0))
    before = revision_of(jam.stream)

    with commits():
        errors = save(staff, page_of(jam, "change"), **form(jam.starts_at, name="New", voting_paused="on"))

    jam.refresh_from_db()
    assert errors == {}
    assert (jam.name, jam.voting_paused) == ("New", True)
    change, pause = AuditEvent.objects.order_by("pk")
    assert (change.verb, change.after, pause.verb) == ("change", {"jam": {"name": "New"}}, "pause")
    assert revision_of(jam.stream) > before


def test_saving_what_is_there_changes_nothing(staff):
    jam = make_jam(name="Open Stage", starts_at=timezone.now().replace(microsecond=0))

    assert save(staff, page_of(jam, "change"), **form(jam.starts_at)) == {}

    assert not AuditEvent.objects.exists()


def test_what_an_operation_refuses_is_said_and_nothing_is_saved(staff, settings):
    settings.MAX_IMAGE_BYTES = 10
    jam = make_jam(name="Open Stage", starts_at=timezone.now().replace(microsecond=0))
    picture = io.BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "PNG")
    upload = SimpleUploadedFile("a.png", picture.getvalue())

    response = staff.post(page_of(jam, "change"), form(jam.starts_at, background=upload))

    assert "too large" in said(response)[0]
    jam.refresh_from_db()
    assert not jam.background


def test_a_background_is_cleared(staff):
    jam = make_jam(name="Open Stage", starts_at=timezone.now().replace(microsecond=0), background="jams/old.webp")

    assert save(staff, page_of(jam, "change"), **form(jam.starts_at, **{"background-clear": "on"})) == {}

    jam.refresh_from_db()
    assert not jam.background


def test_co_hosts_are_added_on_the_page_of_a_jam(staff):
    jam, user = make_jam(), make_user()
    hosts = {"jamhost_set-TOTAL_FORMS": 1, "jamhost_set-0-user": user.pk, "jamhost_set-0-role": "co_host"}

    assert save(staff, page_of(jam, "change"), **form(jam.starts_at, **hosts)) == {}

    assert jam.lets(user, Right.RUN)


def test_hosts_are_taken_off_on_the_page_of_a_jam(staff):
    user = make_user()
    jam = make_jam(host=user)
    hosts = {"jamhost_set-TOTAL_FORMS": 1, "jamhost_set-INITIAL_FORMS": 1, "jamhost_set-0-DELETE": "on",
             "jamhost_set-0-id": jam.jamhost_set.get().pk}  # fmt: skip

    assert save(staff, page_of(jam, "change"), **form(jam.starts_at, **hosts)) == {}

    assert not jam.lets(user, Right.RUN)


def test_jams_are_moved_on_and_what_cannot_is_said(staff, commits):
    draft, ended = make_jam(status="draft", name="Draft"), make_jam(status="ended", name="Over")

    with commits():
        told = act(staff, Jam, "open_jam", draft, ended)

    draft.refresh_from_db()
    assert draft.status == "open"
    assert told[-1] == "Done: 1."
    assert told[0].startswith("Over: ")


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [("start_jam", "open", "live"), ("last_call", "live", "last_call"), ("end_jam", "live", "ended")],
)
def test_each_action_on_a_jam(staff, action, before, after):
    jam = make_jam(status=before)

    act(staff, Jam, action, jam)

    jam.refresh_from_db()
    assert jam.status == after


def test_a_jam_without_votes_is_deleted_one_with_votes_is_not(staff):
    quiet, voted = make_attendee().jam, make_vote(jam_song=make_jam_song()).jam_song.jam
    make_jam_song(jam=quiet)

    assert staff.post(page_of(quiet, "delete"), {"post": "yes"}).status_code == 302
    assert staff.post(page_of(voted, "delete"), {"post": "yes"}).status_code == 403

    assert list(Jam.objects.all()) == [voted]
    assert "delete_selected" not in staff.get(page_of(Jam)).content.decode()


def test_a_song_is_added_to_a_jam(staff, commits):
    jam, song = make_jam(), make_song()

    with commits():
        assert save(staff, page_of(JamSong, "add"), jam=jam.pk, song=song.pk) == {}

    jam_song = jam.songs.get()
    assert (jam_song.song, jam_song.status, jam_song.votable) == (song, "open", True)
    assert AuditEvent.objects.get().verb == "add"


def test_a_song_twice_is_refused(staff):
    jam_song = make_jam_song()

    errors = save(staff, page_of(JamSong, "add"), jam=jam_song.jam_id, song=jam_song.song_id)

    assert "already exists" in errors["__all__"][0]


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("approve_song", "pending", "open"),
        ("queue_song", "open", "queued"),
        ("unqueue_song", "queued", "open"),
        ("remove_song", "open", "removed"),
    ],
)
def test_each_action_on_a_song(staff, commits, action, before, after):
    jam_song = make_jam_song(status=before)
    revision = revision_of(jam_song.jam.stream)

    with commits():
        act(staff, JamSong, action, jam_song)

    jam_song.refresh_from_db()
    assert jam_song.status == after
    assert revision_of(jam_song.jam.stream) > revision


def test_a_song_is_pinned_from_list_and_page(staff):
    jam_song = make_jam_song()

    for pinned in (True, False):
        act(staff, JamSong, f"pin_song_{pinned}".lower(), jam_song)
        jam_song.refresh_from_db()
        assert jam_song.pinned is pinned

    save(staff, page_of(jam_song, "change"), pinned="on")

    jam_song.refresh_from_db()
    assert jam_song.pinned
    assert AuditEvent.objects.filter(verb="pin").count() == 2


def test_a_song_that_cannot_be_pinned_says_why(staff):
    jam_song = make_jam_song(status="played", title="Creep")

    response = staff.post(page_of(jam_song, "change"), {"pinned": "on"})

    assert "“Creep” is played" in said(response)[0]


def test_a_song_is_removed_not_deleted(staff):
    assert staff.post(page_of(make_jam_song(), "delete"), {"post": "yes"}).status_code == 403
