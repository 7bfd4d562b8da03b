"""Attendees and votes in the admin, and what holds for all of it."""

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.accounts.models import AuditEvent, User
from apps.jams.models import Attendee, Jam, JamSong
from apps.live.streams import revision_of
from apps.voting.models import Vote
from apps.voting.operations import cast_vote
from tests.admin_pages import act, page_of, said, save
from tests.factories import make_attendee, make_jam, make_jam_song, make_staff, make_user, make_venue, make_vote

pytestmark = pytest.mark.django_db

MODELS = [User, Jam, JamSong, Attendee, AuditEvent, Vote]


@pytest.fixture
def staff(client):
    client.force_login(make_staff())
    return client


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.mark.parametrize("model", MODELS)
def test_hosts_stay_outside(client, model):
    client.force_login(make_user())

    assert client.get(page_of(model)).status_code == 302


@pytest.mark.parametrize("model", [Attendee, AuditEvent, Vote])
def test_what_only_people_can_make_is_not_added_here(staff, model):
    assert staff.get(page_of(model, "add")).status_code == 403


def test_every_model_of_ours_has_its_page():
    known = {model._meta.label for model in admin.site._registry}
    assert known == {
        "accounts.ApiToken", "accounts.AuditEvent", "accounts.User", "axes.AccessAttempt", "catalog.LibrarySong",
        "catalog.Song", "catalog.SongSearch", "catalog.SongView", "catalog.Venue", "jams.Jam", "jams.JamSong",
        "jams.JamView", "jams.Attendee", "voting.Vote", "jams.Recurrence", "stage.Slot", "stage.SignUp",
        "stage.Performance", "jams.Performer", "catalog.ImportRun", "catalog.SongList",
        "insight.Alert", "insight.Finding", "tasks.Task", "reports.NightSummary", "reports.Report",
        "webhooks.Endpoint", "webhooks.Delivery", "webhooks.Inbox", "webhooks.Received",
    }  # fmt: skip


def test_a_relation_is_found_by_typing(staff):
    venue = make_venue(name="The Anchor")

    found = staff.get(reverse("admin:autocomplete"), {"term": "anch", "app_label": "jams", "model_name": "jam",
                                                      "field_name": "venue"})  # fmt: skip

    assert [row["id"] for row in found.json()["results"]] == [str(venue.pk)]


# Attendees --------------------------------------------------------------------------------------------


def test_somebody_is_taken_off_with_all_votes(staff, commits):
    jam_song = make_jam_song()
    attendee = make_attendee(jam=jam_song.jam, name="Sam")
    cast_vote(jam_song=jam_song, attendee=attendee)
    before = revision_of(jam_song.jam.stream)

    with commits():
        told = act(staff, Attendee, "remove_attendee", attendee)

    attendee.refresh_from_db()
    jam_song.refresh_from_db()
    assert (attendee.state, jam_song.votes, told) == ("removed", 0, ["Done: 1."])
    assert revision_of(jam_song.jam.stream) > before
    assert AuditEvent.objects.get().actor.is_staff


def test_somebody_is_erased(staff, commits):
    attendee = make_attendee(name="Sam")
    make_vote(jam_song=make_jam_song(jam=attendee.jam), attendee=attendee)

    with commits():
        act(staff, Attendee, "erase", attendee)

    attendee.refresh_from_db()
    assert (attendee.display_name, attendee.secret_hash, Vote.objects.count()) == ("", None, 0)


def test_a_rude_name_is_changed_as_everywhere(staff):
    jam = make_jam()
    make_attendee(jam=jam, name="Alex")
    attendee = make_attendee(jam=jam, name="Rude")

    assert save(staff, page_of(attendee, "change"), display_name="  alex ") == {}

    attendee.refresh_from_db()
    assert attendee.display_name == "alex 2"


def test_a_name_that_shows_nothing_is_refused_in_words(staff):
    attendee = make_attendee(name="Sam")

    response = staff.post(page_of(attendee, "change"), {"display_name": "\u200e"})

    assert "Write a name." in said(response)[0]
    assert Attendee.objects.get().display_name == "Sam"


def test_nobody_is_deleted_without_a_trace(staff):
    attendee = make_attendee()

    assert staff.post(page_of(attendee, "delete"), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in staff.get(page_of(Attendee)).content.decode()


# Votes ------------------------------------------------------------------------------------------------


def test_a_vote_is_deleted_and_the_board_follows(staff, commits):
    vote = make_vote(jam_song=make_jam_song())
    jam_song = vote.jam_song
    before = revision_of(jam_song.jam.stream)

    with commits():
        staff.post(page_of(vote, "delete"), {"post": "yes"})

    jam_song.refresh_from_db()
    assert (Vote.objects.count(), jam_song.votes) == (0, 0)
    assert revision_of(jam_song.jam.stream) > before


def test_votes_of_several_jams_are_deleted_at_once(staff, commits):
    votes = [make_vote(jam_song=make_jam_song()) for _number in range(3)]
    kept = make_vote(jam_song=votes[0].jam_song)
    ids = [vote.pk for vote in votes]

    with commits():
        staff.post(page_of(Vote), {"action": "delete_selected", "post": "yes", "_selected_action": ids})

    assert list(Vote.objects.all()) == [kept]
    assert sorted(JamSong.objects.values_list("votes", flat=True)) == [0, 0, 1]
    assert AuditEvent.objects.filter(verb="delete_votes").count() == 3


def test_votes_are_found_by_person_and_song(staff):
    jam_song = make_jam_song(title="Zombie")
    vote = make_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam, name="Ailsa"))
    make_vote(jam_song=make_jam_song(title="Creep"))

    for text in ("ailsa", "zombie", jam_song.jam.slug):
        shown = staff.get(page_of(Vote), {"q": text}).context["cl"].result_list
        assert list(shown) == [vote], text


def test_a_vote_is_not_changed(staff):
    vote = make_vote(jam_song=make_jam_song())

    assert staff.post(page_of(vote, "change"), {"attendee": make_attendee().pk}).status_code == 403
    assert said(staff.get(page_of(vote, "change"))) == []
