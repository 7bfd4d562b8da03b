"""A jam's life: made, changed, opened, started, ended, done again, deleted; and what is noted of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.accounts.roles import Right
from apps.catalog.models import Song
from apps.core.errors import DomainError, Invalid, NotAllowed
from apps.core.text import CODE_LETTERS
from apps.jams import lineup, operations
from apps.jams.errors import NotAHost, NotAnOwner, WrongStatus
from apps.jams.models import Jam, JamHost
from apps.jams.operations import (
    change_jam,
    create_jam,
    delete_jam,
    duplicate_jam,
    end_jam,
    last_call,
    open_jam,
    set_paused,
    start_jam,
)
from tests.factories import (
    make_attendee,
    make_jam,
    make_jam_song,
    make_staff,
    make_user,
    make_venue,
    make_vote,
)
from tests.races import in_threads

pytestmark = pytest.mark.django_db

EVENING = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
OPERATIONS = {"open": open_jam, "start": start_jam, "last_call": last_call, "end": end_jam}
MOVES = {
    ("draft", "open"): "open",
    ("open", "start"): "live",
    ("open", "end"): "ended",
    ("live", "last_call"): "last_call",
    ("live", "end"): "ended",
    ("last_call", "start"): "live",
    ("last_call", "end"): "ended",
}
STAYS = {("open", "open"), ("live", "start"), ("last_call", "last_call"), ("ended", "end")}


def create(*, name="Late Jam", venue=None, host=None, starts_at=EVENING, **fields):
    host = host or make_user()
    fields.setdefault("ends_at", starts_at + timedelta(hours=3))
    venue = venue or make_venue(manager=host)
    return create_jam(venue=venue, host=host, name=name, starts_at=starts_at, **fields)


def fresh(jam):
    return Jam.objects.get(pk=jam.pk)


# Made -------------------------------------------------------------------------------------------------


def test_a_new_jam_is_a_draft_of_its_owner():
    host = make_user()

    jam = create(host=host, max_votes=5, counts="top")

    assert (jam.status, jam.max_votes, jam.counts, jam.max_suggestions) == ("draft", 5, "top", 3)
    assert list(JamHost.objects.filter(jam=jam).values_list("user", "role")) == [(host.pk, "owner")]
    event = AuditEvent.objects.about(jam).get()
    assert (event.actor, event.verb, event.after) == (host, "create", {"jam": {"name": "Late Jam"}})


def test_only_managers_of_the_venue_and_staff_make_jams_there():
    venue = make_venue(manager=make_user())

    with pytest.raises(NotAllowed):
        create(venue=venue, host=make_user())

    assert not Jam.objects.exists()
    assert create(venue=venue, host=make_staff()).pk


def test_the_slug_is_name_venue_and_date_and_counts_on_when_taken():
    host = make_user()
    venue = make_venue(name="The Copper Room", manager=host)

    slugs = [create(venue=venue, host=host).slug for _ in range(3)]

    first = "late-jam-the-copper-room-2026-11-20"
    assert slugs == [first, f"{first}-2", f"{first}-3"]


def test_the_date_in_the_slug_is_the_venues():
    host = make_user()
    tokyo = make_venue(name="Tokyo", time_zone="Asia/Tokyo", manager=host)

    assert create(venue=tokyo, host=host).slug.endswith("tokyo-2026-11-21")  # five in the morning there


@pytest.mark.parametrize(
    ("name", "venue", "slug"),
    [
        ("ليلة الجام", "مقهى", "jam-venue-2026-11-20"),
        ("🎸🎸🎸", "🍺", "jam-venue-2026-11-20"),
        ("Ça va, Zoë?", "Café", "ca-va-zoe-cafe-2026-11-20"),
        ("x" * 80, "y" * 100, f"{'x' * 40}-{'y' * 30}-2026-11-20"),
        ("a" * 39 + " b", "V", f"{'a' * 39}-v-2026-11-20"),
    ],
)
def test_any_name_gets_a_slug(name, venue, slug):
    host = make_user()
    place = make_venue(name=venue, manager=host)

    jams = [create(name=name, venue=place, host=host) for _ in range(2)]

    assert [jam.slug for jam in jams] == [slug, f"{slug}-2"]
    assert fresh(jams[0]).name == name


def test_a_deleted_jams_slug_does_not_block_a_number():
    host = make_user()
    venue = make_venue(manager=host)
    first, second = create(venue=venue, host=host), create(venue=venue, host=host)
    delete_jam(jam=first, host=host)

    third = create(venue=venue, host=host)

    assert third.slug == first.slug
    assert create(venue=venue, host=host).slug == second.slug.removesuffix("-2") + "-3"


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_jams_made_at_once_get_slugs_of_their_own():
    host = make_user()
    venue = make_venue(manager=host)

    raised = in_threads([lambda: create(venue=venue, host=host)] * 4)

    assert raised == []
    assert len(set(Jam.objects.values_list("slug", flat=True))) == 4


def test_the_join_code_has_six_letters_that_nobody_confuses():
    codes = [create().code for _ in range(20)]

    assert len(set(codes)) == 20
    assert all(len(code) == 6 and set(code) <= set(CODE_LETTERS) for code in codes)
    assert not set("0O1IL") & set(CODE_LETTERS)


def test_a_taken_join_code_is_replaced(monkeypatch):
    taken = create().code
    monkeypatch.setattr(Jam._meta.get_field("code"), "_get_default", lambda: taken)

    assert create().code != taken


def test_after_many_collisions_somebody_is_told_to_try_again(monkeypatch):
    taken = create().code
    monkeypatch.setattr(Jam._meta.get_field("code"), "_get_default", lambda: taken)
    monkeypatch.setattr("apps.jams.operations.new_code", lambda: taken)

    with pytest.raises(DomainError, match="Try again"):
        create()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": " \u200b\u2060 "}, "name"),
        ({"name": "\u3164\u200d"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"ends_at": EVENING}, "ends_at"),
        ({"ends_at": EVENING - timedelta(hours=1)}, "ends_at"),
        ({"max_votes": 0}, "max_votes"),
        ({"max_votes": -1}, "max_votes"),
        ({"max_suggestions": -1}, "max_suggestions"),
        ({"counts": "sometimes"}, "counts"),
        ({"status": "live"}, "status"),
        ({"slug": "mine"}, "slug"),
        ({"code": "AAAAAA"}, "code"),
        ({"revision": 7}, "revision"),
        ({"starts_at": datetime.min.replace(tzinfo=UTC)}, "starts_at"),
        ({"starts_at": EVENING.replace(year=9999), "ends_at": datetime.max.replace(tzinfo=UTC)}, "starts_at"),
        ({"voting_closes_at": datetime.max.replace(tzinfo=UTC)}, "voting_closes_at"),
    ],
)
def test_what_is_not_right_is_refused_by_field(fields, wrong):
    with pytest.raises(Invalid) as refused:
        create(**fields)

    assert wrong in refused.value.fields
    assert not Jam.objects.exists()


def test_the_database_holds_the_rules_too():
    jam = create()

    for wrong in ({"ends_at": jam.starts_at}, {"max_votes": 0}, {"name": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Jam.objects.filter(pk=jam.pk).update(**wrong)


# Its status -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", OPERATIONS)
@pytest.mark.parametrize("status", Jam.Status.values)
def test_a_jam_moves_on_in_order_only(status, action):
    host = make_user()
    jam = make_jam(host=host, status=status)
    operation = OPERATIONS[action]

    if (status, action) in {*MOVES, *STAYS}:
        operation(jam=jam, host=host)
    else:
        with pytest.raises(WrongStatus):
            operation(jam=jam, host=host)

    assert jam.status == fresh(jam).status == MOVES.get((status, action), status)


@pytest.mark.parametrize(("status", "action"), sorted(STAYS))
def test_saying_it_twice_changes_and_notes_nothing(status, action):
    host = make_user()
    jam = make_jam(host=host, status=status)

    OPERATIONS[action](jam=jam, host=host)

    assert not AuditEvent.objects.exists()
    assert fresh(jam).revision == 0


def test_a_refused_action_is_not_noted():
    host = make_user()
    jam = make_jam(host=host, status="ended")

    with pytest.raises(WrongStatus):
        start_jam(jam=jam, host=host)

    assert not AuditEvent.objects.exists()


def test_every_step_is_noted_with_before_and_after():
    host = make_user()
    jam = make_jam(host=host, status="draft")

    for operation in OPERATIONS.values():
        operation(jam=jam, host=host)

    events = AuditEvent.objects.about(jam).order_by("pk")
    assert [(e.verb, e.before["jam"]["status"], e.after["jam"]["status"]) for e in events] == [
        ("open", "draft", "open"),
        ("start", "open", "live"),
        ("last_call", "live", "last_call"),
        ("end", "last_call", "ended"),
    ]
    assert {event.actor for event in events} == {host}
    assert fresh(jam).revision == 4


def test_ending_closes_everything_and_what_plays_is_played():
    host = make_user()
    jam = make_jam(host=host)
    playing = make_jam_song(jam=jam, status="playing", started_at=timezone.now())

    end_jam(jam=jam, host=host)

    playing.refresh_from_db()
    song = Song.objects.get(pk=playing.song_id)
    assert (playing.status, song.times_played, song.last_played) == ("played", 1, playing.ended_at)
    assert jam.ended_at is not None
    assert (jam.voting, jam.suggestions) == ("closed", "closed")


@pytest.mark.parametrize("operation", [*OPERATIONS.values(), set_paused, change_jam, delete_jam])
def test_only_hosts_of_this_jam_act(operation):
    jam = make_jam(host=make_user(), status="draft")
    stranger = make_user()
    make_jam(host=stranger)

    with pytest.raises(NotAHost):
        operation(jam=jam, host=stranger)

    assert fresh(jam).status == "draft"
    assert not AuditEvent.objects.exists()


def test_co_hosts_and_staff_act_too():
    jam = make_jam(host=make_user(), status="draft")
    co_host = make_user()
    JamHost.objects.create(jam=jam, user=co_host, role="co_host")

    open_jam(jam=jam, host=co_host)
    start_jam(jam=jam, host=make_staff())

    assert fresh(jam).status == "live"


def test_a_staff_member_who_may_not_log_in_any_more_may_nothing():
    jam = make_jam(status="draft")

    with pytest.raises(NotAHost):
        open_jam(jam=jam, host=make_staff(is_active=False))


# Pauses and settings ----------------------------------------------------------------------------------


def test_voting_and_suggestions_pause_each_by_themselves():
    host = make_user()
    jam = make_jam(host=host)

    set_paused(jam=jam, host=host, voting=True)
    assert (jam.voting, jam.suggestions) == ("paused", "open")
    set_paused(jam=jam, host=host, suggestions=True)
    assert (jam.voting, jam.suggestions) == ("paused", "paused")
    set_paused(jam=jam, host=host, voting=False, suggestions=None)
    assert (jam.voting, jam.suggestions) == ("open", "paused")

    assert AuditEvent.objects.count() == 3


def test_a_pause_said_twice_is_noted_once():
    host = make_user()
    jam = make_jam(host=host)

    for _ in range(2):
        set_paused(jam=jam, host=host, voting=True)
    set_paused(jam=jam, host=host)

    assert AuditEvent.objects.count() == fresh(jam).revision == 1


@pytest.mark.parametrize(
    ("status", "closes_in", "voting", "suggestions"),
    [
        ("draft", None, "closed", "closed"),
        ("open", None, "open", "open"),
        ("live", 60, "open", "open"),
        ("live", -1, "closed", "closed"),
        ("last_call", None, "open", "closed"),
        ("ended", None, "closed", "closed"),
    ],
)
def test_what_is_open_follows_from_status_and_clock(status, closes_in, voting, suggestions):
    closes_at = closes_in and timezone.now() + timedelta(seconds=closes_in)

    jam = make_jam(status=status, voting_closes_at=closes_at)

    assert (jam.voting, jam.suggestions) == (voting, suggestions)


def test_the_slug_and_the_code_stay_when_the_name_changes():
    host = make_user()
    jam = create(host=host)
    slug, code = jam.slug, jam.code

    change_jam(jam=jam, host=host, name="  Another\u200b   Name ", max_votes=2)

    assert (jam.name, jam.slug, jam.code) == ("Another Name", slug, code)
    event = AuditEvent.objects.get(verb="change")
    assert event.before == {"jam": {"name": "Late Jam", "max_votes": None}}
    assert event.after == {"jam": {"name": "Another Name", "max_votes": 2}}


def test_a_change_is_checked_against_what_stays():
    host = make_user()
    jam = create(host=host)

    with pytest.raises(Invalid) as refused:
        change_jam(jam=jam, host=host, ends_at=jam.starts_at - timedelta(minutes=1))

    assert list(refused.value.fields) == ["ends_at"]
    assert fresh(jam).ends_at > jam.starts_at


@pytest.mark.parametrize("field", ["status", "slug", "code", "votes", "revision", "venue", "hosts", "pk", "ended_at"])
def test_what_cannot_be_set_is_told(field):
    host = make_user()
    jam = create(host=host)

    with pytest.raises(Invalid) as refused:
        change_jam(jam=jam, host=host, **{field: 1})

    assert list(refused.value.fields) == [field]


def test_a_change_of_nothing_is_not_noted():
    host = make_user()
    jam = create(host=host)

    change_jam(jam=jam, host=host, name=jam.name, counts=jam.counts)

    assert not AuditEvent.objects.filter(verb="change").exists()


def test_two_hosts_who_change_different_things_lose_neither():
    host = make_user()
    jam = create(host=host)
    one, two = fresh(jam), fresh(jam)

    change_jam(jam=one, host=host, name="One")
    change_jam(jam=two, host=host, max_votes=9)

    assert (fresh(jam).name, fresh(jam).max_votes) == ("One", 9)


# Again ------------------------------------------------------------------------------------------------


def test_a_duplicate_has_the_settings_and_the_hosts_songs_but_no_people():
    host = make_user()
    jam = make_jam(host=host, name="Late Jam", max_votes=4, counts="hidden", approve_suggestions=True)
    jam.voting_closes_at = jam.starts_at + timedelta(hours=2)
    jam.save()
    kept = make_jam_song(jam=jam, status="played")
    make_vote(jam_song=kept)
    make_jam_song(jam=jam, status="removed")
    make_jam_song(jam=jam, origin="suggestion", suggested_by=make_attendee(jam=jam))

    new = duplicate_jam(jam=jam, host=host, starts_at=jam.starts_at + timedelta(days=7))

    assert (new.status, new.max_votes, new.counts, new.approve_suggestions) == ("draft", 4, "hidden", True)
    assert new.code != jam.code
    assert new.slug != jam.slug
    assert new.ends_at - new.starts_at == jam.ends_at - jam.starts_at
    assert new.voting_closes_at == jam.voting_closes_at + timedelta(days=7)
    assert list(new.songs.values_list("song", "status", "votes")) == [(kept.song_id, "open", 0)]
    assert new.attendees.count() == 0
    assert new.lets(host, Right.RUN)


def test_only_a_host_duplicates():
    jam = make_jam(host=make_user())

    with pytest.raises(NotAHost):
        duplicate_jam(jam=jam, host=make_user(), starts_at=timezone.now())


@pytest.mark.parametrize("year", [1, 9999])
def test_a_duplicate_beyond_the_calendar_is_refused(year):
    host = make_user()
    jam = make_jam(host=host)

    with pytest.raises(Invalid) as refused:
        duplicate_jam(jam=jam, host=host, starts_at=datetime(year, 12, 31, 23, 59, tzinfo=UTC))

    assert list(refused.value.fields) == ["starts_at"]


# Deleted ----------------------------------------------------------------------------------------------


def test_a_jam_without_votes_can_be_deleted_with_all_it_has():
    host = make_user()
    jam = make_jam(host=host)
    song = make_jam_song(jam=jam, suggested_by=make_attendee(jam=jam)).song

    delete_jam(jam=jam, host=host)

    assert not Jam.objects.exists()
    assert Song.objects.filter(pk=song.pk).exists()


def test_a_jam_that_people_voted_in_stays():
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host))
    make_vote(jam_song=jam_song)

    with pytest.raises(DomainError, match="voted"):
        delete_jam(jam=jam_song.jam, host=host)

    assert Jam.objects.exists()


# Told -------------------------------------------------------------------------------------------------


@pytest.fixture
def told(monkeypatch):
    """What the room is told after the commit: (stream, changes)."""
    said = []
    for module in ("board", "actions", "receivers"):
        monkeypatch.setattr(f"apps.jams.{module}.announce", lambda stream, *changes: said.append((stream, changes)))
    return said


def test_the_room_hears_of_it_after_the_commit_only(told, django_capture_on_commit_callbacks):
    host = make_user()
    jam = make_jam(host=host, status="draft")

    with django_capture_on_commit_callbacks() as callbacks:
        open_jam(jam=jam, host=host)
    assert told == []
    for callback in callbacks:
        callback()

    [(stream, [change])] = told
    assert stream == jam.stream
    assert (change.state["status"], change.state["voting"], change.state["jam_revision"]) == ("open", "open", 1)


@pytest.mark.parametrize(("counts", "again"), [("live", 0), ("hidden", 1), ("top", 1)])
def test_at_the_end_of_hidden_counts_all_look_again(told, django_capture_on_commit_callbacks, counts, again):
    host = make_user()
    jam = make_jam(host=host, counts=counts)

    with django_capture_on_commit_callbacks(execute=True):
        end_jam(jam=jam, host=host)

    assert [changes for _stream, changes in told].count(()) == again


def test_when_counts_are_shown_otherwise_all_look_again(told, django_capture_on_commit_callbacks):
    host = make_user()
    jam = make_jam(host=host)
    make_jam_song(jam=jam)

    with django_capture_on_commit_callbacks(execute=True):
        change_jam(jam=jam, host=host, counts="top")

    assert () in [changes for _stream, changes in told]


def test_everything_of_an_action_is_undone_when_it_fails(monkeypatch):
    host = make_user()
    jam = make_jam(host=host)
    make_jam_song(jam=jam, status="playing")
    monkeypatch.setattr("apps.jams.actions.record", lambda **fields: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        end_jam(jam=jam, host=host)

    assert fresh(jam).status == "live"
    assert jam.songs.get().status == "playing"
    assert connection.in_atomic_block


def test_a_co_host_runs_the_night_and_leaves_its_settings_alone():
    jam, helper = make_jam(host=make_user()), make_user()
    JamHost.objects.create(jam=jam, user=helper, role=JamHost.Role.CO_HOST)

    operations.last_call(jam=jam, host=helper)

    assert jam.status == Jam.Status.LAST_CALL
    with pytest.raises(NotAnOwner):
        operations.change_jam(jam=jam, host=helper, name="Mine now")
    with pytest.raises(NotAnOwner):
        operations.delete_jam(jam=jam, host=helper)


def test_a_manager_of_the_venue_may_run_and_change_its_jams():
    manager = make_user()
    jam = make_jam(host=make_user(), venue=make_venue(manager=manager), status="draft")

    operations.change_jam(jam=jam, host=manager, name="House Jam")
    operations.open_jam(jam=jam, host=manager)

    assert (jam.name, jam.status) == ("House Jam", Jam.Status.OPEN)
    assert jam in Jam.objects.visible_to(manager)


def test_an_ended_jam_is_left_as_it_was():
    host = make_user()
    jam = make_jam(host=host)
    jam_song = make_jam_song(jam=jam)
    operations.end_jam(jam=jam, host=host)

    with pytest.raises(WrongStatus):
        lineup.queue_song(jam_song=jam_song, host=host)
    with pytest.raises(WrongStatus):
        operations.set_paused(jam=jam, host=host, voting=True)


def test_a_background_goes_with_its_last_jam(django_capture_on_commit_callbacks, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    host = make_user()
    jam = make_jam(host=host, background=ContentFile(b"x", name="a.webp"))
    twin = operations.duplicate_jam(jam=jam, host=host, starts_at=jam.starts_at + timedelta(days=7))
    kept = tmp_path / jam.background.name

    with django_capture_on_commit_callbacks(execute=True):
        operations.change_jam(jam=jam, host=host, background="")
    assert kept.exists()
    with django_capture_on_commit_callbacks(execute=True):
        operations.delete_jam(jam=twin, host=host)
    assert not kept.exists()
