"""What hosts and staff did is written down, and stays."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from apps.accounts.audit import record
from apps.accounts.models import AuditEvent, User
from apps.catalog import errors, operations
from apps.catalog.models import Song, Venue
from apps.jams.operations import delete_jam
from tests.admin_pages import page_of, save
from tests.factories import PASSWORD, make_jam, make_song, make_staff, make_user, make_venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.user = make_staff(email="alex@example.com", name="Alex")
    client.force_login(client.user)
    return client


def written():
    return [(e.actor, e.verb, e.about, e.before, e.after) for e in AuditEvent.objects.order_by("pk")]


def test_events_about_something_come_newest_first():
    jam, other = make_jam(), make_jam()
    for verb in ("open", "start"):
        record(actor=None, verb=verb, about=jam)
    record(actor=None, verb="end", about=other)

    assert [event.verb for event in AuditEvent.objects.about(jam)] == ["start", "open"]


def test_things_of_the_same_number_are_kept_apart():
    venue = make_venue()
    song = make_song(pk=venue.pk)
    record(actor=None, verb="change", about=venue)

    assert AuditEvent.objects.about(venue).exists()
    assert not AuditEvent.objects.about(song).exists()


def test_an_event_outlives_what_it_is_about_and_who_did_it():
    host = make_user()
    jam = make_jam(host=host, name="Late Jam")
    name = f"jam:{jam.pk}"

    delete_jam(jam=jam, host=host)
    host.delete()

    event = AuditEvent.objects.get(about=name)
    assert (event.actor, event.verb, event.before["jam"]["name"]) == (None, "delete", "Late Jam")


def test_rows_and_times_are_written_as_json_can_hold_them():
    jam, people = make_jam(), [make_user()]

    event = record(actor=None, verb="x", after={"jam": jam, "people": people, "at": jam.starts_at, "share": 0.5})

    event.refresh_from_db()
    assert event.after == {
        "jam": f"jam:{jam.pk}", "people": [f"user:{people[0].pk}"], "at": str(jam.starts_at), "share": 0.5,
    }  # fmt: skip


# The library ------------------------------------------------------------------------------------------


def test_a_venue_is_written_down_from_its_beginning_to_its_end():
    host = make_user()

    venue = operations.add_venue(by=host, name="Old")
    name = f"venue:{venue.pk}"
    operations.change_venue(venue=venue, by=host, name="New", town="")  # the town stays as it was
    operations.change_venue(venue=venue, by=host, name="New")  # nothing changes
    operations.delete_venue(venue=venue, by=host)

    assert written() == [
        (host, "add", name, {}, {"name": "Old"}),
        (host, "change", name, {"name": "Old"}, {"name": "New"}),
        (host, "delete", name, {"name": "New"}, {}),
    ]


def test_a_song_is_written_down_from_its_beginning_to_its_end():
    host, admin = make_user(), make_staff()

    song = operations.add_song(by=host, title="Creep", artist="Radiohead")
    name = f"song:{song.pk}"
    operations.change_song(song=song, by=admin, tags=["90s"])
    operations.delete_song(song=song, by=admin)

    creep = {"title": "Creep", "artist": "Radiohead"}
    assert written() == [
        (host, "add", name, {}, creep),
        (admin, "change", name, {"tags": []}, {"tags": ["90s"]}),
        (admin, "delete", name, creep, {}),
    ]


def test_what_is_refused_is_not_written_down():
    host = make_user()
    venue = make_venue(manager=host)
    make_jam(venue=venue)
    make_venue(name="Taken")

    with pytest.raises(errors.VenueInUse):
        operations.delete_venue(venue=venue, by=host)
    with pytest.raises(errors.VenueNameTaken):
        operations.change_venue(venue=venue, by=host, name="TAKEN")
    with pytest.raises(errors.NotAVenueManager):
        operations.change_venue(venue=venue, by=make_user(), name="Mine")

    assert written() == []


# The admin --------------------------------------------------------------------------------------------


def test_what_staff_change_in_the_library_is_written_down(staff):
    manager = make_user()
    venue = make_venue(name="The Anchor")
    fields = {
        "name": venue.name,
        "slug": venue.slug,
        "time_zone": venue.time_zone,
        "accent": venue.accent,
        "capacity": venue.capacity,
        "town": "Leeds",
        "counts": venue.counts,
        "takes_suggestions": "on",
        "sign_ups": "on",
    }

    assert save(staff, page_of(venue, "change"), managers=[manager.pk], **fields) == {}
    staff.post(page_of(venue, "delete"), {"post": "yes"})

    assert written() == [
        (staff.user, "change", f"venue:{venue.pk}", {"town": "", "managers": []},
         {"town": "Leeds", "managers": [f"user:{manager.pk}"]}),
        (staff.user, "delete", f"venue:{venue.pk}", {"name": "The Anchor"}, {}),
    ]  # fmt: skip


def test_what_staff_delete_from_a_list_is_written_down(staff):
    songs = [make_song(), make_song()]

    staff.post(page_of(Song), {"action": "delete_selected", "_selected_action": [s.pk for s in songs], "post": "yes"})

    assert not Song.objects.exists()
    assert {event.about for event in AuditEvent.objects.filter(verb="delete")} == {f"song:{s.pk}" for s in songs}


def test_a_new_role_and_a_new_account_are_written_down_without_a_password(staff):
    new = {"name": "Robin", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD, "role": "staff"}
    save(staff, page_of(User, "add"), email="robin@example.com", **new)
    robin = User.objects.get(email="robin@example.com")

    save(staff, page_of(robin, "change"), email="robin@example.com", name="Robin", role="host", is_active="on")
    staff.post(reverse("admin:auth_user_password_change", args=[robin.pk]), new)

    name = f"user:{robin.pk}"
    assert written() == [
        (staff.user, "add", name, {}, {"email": "robin@example.com", "name": "Robin", "role": "staff"}),
        (staff.user, "change", name, {"role": "staff"}, {"role": "host"}),
        (staff.user, "set_password", name, {}, {}),
    ]


def test_events_are_found_by_verb_thing_and_person_and_by_what_they_are_about(staff):
    jam, venue = make_jam(), make_venue()
    event = record(actor=make_user(email="robin@example.com"), verb="queue", about=jam)
    record(actor=None, verb="add", about=venue)

    for query in ({"q": "queue"}, {"q": f"jam:{jam.pk}"}, {"q": "robin@"}, {"kind": "jam"}):
        assert list(staff.get(page_of(AuditEvent), query).context["cl"].result_list) == [event], query


def test_nobody_adds_changes_or_deletes_an_event(staff):
    event = record(actor=None, verb="open", about=make_jam())

    assert staff.post(page_of(event, "add"), {"verb": "x"}).status_code == 403
    assert staff.post(page_of(event, "change"), {"verb": "x"}).status_code == 403
    assert staff.post(page_of(event, "delete"), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"}
    staff.post(page_of(AuditEvent), chosen)
    assert AuditEvent.objects.get().verb == "open"


# From the table of jams -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_old_events_come_along_in_their_order():
    jam, host = make_jam(), make_user()
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()  # of other apps too: what builds on the jams goes with them
    old = executor.migrate([("jams", "0003_statistics")]).apps.get_model("jams", "AuditEvent")
    for verb in ("create", "open"):
        old.objects.create(jam_id=jam.pk, actor_id=host.pk, verb=verb, after={"jam": {"status": verb}})
    was = list(old.objects.order_by("pk").values_list("created_at", flat=True))

    MigrationExecutor(connection).migrate(newest)

    assert written() == [
        (host, verb, f"jam:{jam.pk}", {}, {"jam": {"status": verb}}) for verb in ("create", "open")
    ]  # fmt: skip
    assert list(AuditEvent.objects.order_by("pk").values_list("created_at", flat=True)) == was
    assert "jams_auditevent" not in connection.introspection.table_names()
    assert Venue.objects.exists()
