"""Events come in: signed, each once, and done in the background by what hosts do, too."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from apps.accounts.models import AuditEvent
from apps.catalog.models import LibrarySong, Song
from apps.jams.models import Attendee, JamSong
from apps.stage.models import SignUp
from apps.tasks.models import Task
from apps.webhooks import handling
from apps.webhooks.errors import UnknownType
from apps.webhooks.inboxes import change_inbox, delete_inbox, rotate_inbox
from apps.webhooks.models import Feed, Inbox, Received
from apps.webhooks.upkeep import erase_webhooks
from tests.catalog.callers import refused
from tests.factories import (
    make_inbox,
    make_jam,
    make_jam_song,
    make_slot,
    make_song,
    make_staff,
    make_user,
    make_venue,
)
from tests.races import in_threads
from tests.tasks.running import run_tasks
from tests.webhooks.receiver import send_in, signed, tell_in, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return make_user(name="Mona Manager")


@pytest.fixture
def venue():
    return make_venue()


@pytest.fixture
def inbox(venue, manager):
    inbox, inbox.text = make_inbox(venue=venue, by=manager)
    return inbox


@pytest.fixture
def jam(venue):
    return make_jam(venue=venue)


@pytest.fixture
def say(inbox):
    """Says it, has it done, and answers the event as it was left."""
    count = iter(range(1, 1000))

    def say(kind, data, *, at=None):
        event = f"evt_{next(count)}"
        answer = tell_in(inbox, inbox.text, kind, data, event=event, at=at)
        assert (answer.status_code, answer.json()) == (202, {"id": event})
        run_tasks()
        return Received.objects.get(event=event)

    return say


def queued(jam, position, **fields):
    return make_jam_song(jam=jam, status="queued", position=position, **fields)


def status_of(song):
    return JamSong.objects.get(pk=song.pk).status


# What is let in -----------------------------------------------------------------------------------------


def test_an_event_is_taken_at_once_and_done_later(inbox, jam, manager):
    song = queued(jam, 1)

    answer = tell_in(inbox, inbox.text, "play.started", {"jam": jam.slug, "song": song.pk})

    assert answer.status_code == 202
    assert status_of(song) == "queued"
    run_tasks()
    assert status_of(song) == "playing"
    assert [event.actor for event in AuditEvent.objects.filter(verb__in=["play", "inbox_event"])] == [manager] * 2


def test_taking_one_costs_few_queries(inbox, jam, django_assert_num_queries):
    body = told("play.started", {"jam": jam.slug})
    headers = signed(inbox.text, body)
    client = Client()
    client.get("/api/v1")

    with django_assert_num_queries(5):  # the inbox; savepoint, event, task, release
        assert send_in(inbox, body, headers, client).status_code == 202


def test_the_same_event_again_is_answered_the_same_and_done_once(inbox, jam):
    queued(jam, 1)
    queued(jam, 2)
    body = told("play.started", {"jam": jam.slug})

    answers = []
    for _again in range(3):
        answers.append(send_in(inbox, body, signed(inbox.text, body)))
        run_tasks()

    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b'{"id":"evt_1"}')}
    assert jam.songs.filter(status="playing").count() == 1
    assert jam.songs.filter(status="played").count() == 0
    assert Received.objects.count() == 1


def test_another_event_under_the_same_id_is_refused(inbox, jam):
    tell_in(inbox, inbox.text, "play.started", {"jam": jam.slug})
    run_tasks()

    answer = tell_in(inbox, inbox.text, "play.finished", {"jam": jam.slug})

    refused(answer, 409, "event_id_reused")
    assert Received.objects.get().type == "play.started"


def test_two_inboxes_may_use_the_same_ids(inbox, jam, venue, manager):
    other, secret = make_inbox(venue=venue, by=manager)

    first = tell_in(inbox, inbox.text, "play.started", {"jam": jam.slug})
    second = tell_in(other, secret, "play.finished", {"jam": jam.slug})

    assert (first.status_code, second.status_code) == (202, 202)


@pytest.mark.parametrize("seconds", [-301, 301, -86400])
def test_what_was_signed_long_ago_is_refused(inbox, jam, seconds):
    body = told("play.started", {"jam": jam.slug})
    at = datetime.now(UTC) + timedelta(seconds=seconds)

    answer = send_in(inbox, body, signed(inbox.text, body, at=at))

    refused(answer, 401, "timestamp_outside")
    assert not Received.objects.exists()


@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_clock_that_is_a_little_wrong_will_do(inbox, jam, seconds):
    body = told("play.started", {"jam": jam.slug})
    at = datetime.now(UTC) + timedelta(seconds=seconds)

    assert send_in(inbox, body, signed(inbox.text, body, at=at)).status_code == 202


def test_what_is_not_signed_as_it_stands_is_refused(inbox, jam, manager):
    body = told("play.started", {"jam": jam.slug})
    right = signed(inbox.text, body)
    _other, foreign = make_inbox(venue=make_venue(), by=manager)
    wrong = [
        {},
        {name: value for name, value in right.items() if name != "webhook-signature"},
        right | {"webhook-signature": "v1,AAAA"},
        right | {"webhook-signature": right["webhook-signature"].replace("v1,", "v1a,")},
        right | {"webhook-signature": "é " * 30},
        right | {"webhook-id": "evt_2"},
        right | {"webhook-id": ""},
        right | {"webhook-timestamp": "soon"},
        right | {"webhook-timestamp": "9" * 40},
        right | {"webhook-timestamp": "٣"},
        signed(foreign, body),
        signed(inbox.text, body + " "),
    ]

    for headers in wrong:
        refused(send_in(inbox, body, {k: v.encode().decode("latin-1") for k, v in headers.items()}), 401,
                "signature_invalid")  # fmt: skip
    assert not Received.objects.exists()
    among_others = right | {"webhook-signature": f"v1,AAAA {right['webhook-signature']}"}
    assert send_in(inbox, body, among_others).status_code == 202


def test_while_a_secret_is_rotated_both_are_taken(inbox, jam, manager):
    old, new = inbox.text, rotate_inbox(inbox=inbox, by=manager, hours=1)

    assert tell_in(inbox, old, "play.started", {"jam": jam.slug}, event="evt_1").status_code == 202
    assert tell_in(inbox, new, "play.started", {"jam": jam.slug}, event="evt_2").status_code == 202
    Inbox.objects.update(old_secret_until=timezone.now())
    refused(tell_in(inbox, old, "play.started", {"jam": jam.slug}, event="evt_3"), 401, "signature_invalid")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("[]", "parse_error"),
        ("{", "parse_error"),
        ('{"type": "play.started", "timestamp": "2026-11-30T20:00:00Z"}', "invalid"),
        ('{"type": "play.started", "timestamp": "soon", "data": {}}', "invalid"),
        ('{"type": "play.started", "timestamp": "1066-10-14T09:00:00Z", "data": {}}', "invalid"),
        ('{"type": "x\\u0000", "timestamp": "2026-11-30T20:00:00Z", "data": {}}', "parse_error"),
    ],
)
def test_what_is_no_event_is_refused(inbox, body, code):
    refused(send_in(inbox, body, signed(inbox.text, body)), 400, code)
    assert not Received.objects.exists()


def test_a_body_that_is_too_large_is_refused(settings, inbox, jam):
    body = told("play.started", {"jam": jam.slug, "more": "x" * settings.WEBHOOK_IN_BYTES})

    refused(send_in(inbox, body, signed(inbox.text, body)), 413, "too_large")


def test_an_inbox_that_is_off_or_unknown_takes_nothing(inbox, jam, manager):
    change_inbox(inbox=inbox, by=manager, enabled=False)
    body = told("play.started", {"jam": jam.slug})

    refused(send_in(inbox, body, {}), 401, "signature_invalid")  # nobody else is told that it is there
    refused(send_in(inbox, body, signed(inbox.text, body)), 403, "inbox_off")
    inbox.key = "0" * 24
    refused(send_in(inbox, body, signed(inbox.text, body)), 404, "not_found")


def test_an_inbox_takes_so_many_in_a_minute(settings, inbox, jam):
    assert settings.LIMITS["inbox"][1][0] >= 500
    settings.LIMITS = settings.LIMITS | {"inbox": ("inbox", (3, 60))}

    statuses = [
        tell_in(inbox, inbox.text, "play.started", {"jam": jam.slug}, event=f"evt_{n}").status_code for n in range(5)
    ]

    assert statuses == [202, 202, 202, 429, 429]


# Play ---------------------------------------------------------------------------------------------------


def test_a_controller_plays_a_night(say, jam):
    first, second, third = (queued(jam, place) for place in (1, 2, 3))

    assert say("play.started", {"jam": jam.slug}).result == {"song": first.pk}
    assert say("play.finished", {"jam": jam.slug, "song": first.pk}).state == "done"
    assert say("play.started", {"jam": jam.slug, "place": 2}).result == {"song": third.pk}
    assert say("play.skipped", {"jam": jam.slug}).state == "done"
    assert say("play.started", {"jam": jam.slug, "song": second.pk}).state == "done"

    assert [status_of(song) for song in (first, second, third)] == ["played", "playing", "open"]


def test_said_once_more_under_another_id_it_changes_nothing(say, jam):
    song = queued(jam, 1)
    for kind, status in (("play.started", "playing"), ("play.finished", "played")):
        for _again in range(2):
            assert say(kind, {"jam": jam.slug, "song": song.pk}).state == "done"
            assert status_of(song) == status


def test_what_is_late_does_not_rewind_what_is_newer(say, jam):
    first, second = queued(jam, 1), queued(jam, 2)
    now = timezone.now()
    say("play.started", {"jam": jam.slug, "song": first.pk}, at=now - timedelta(seconds=20))
    say("play.started", {"jam": jam.slug, "song": second.pk}, at=now)

    late = say("play.skipped", {"jam": jam.slug, "song": second.pk}, at=now - timedelta(seconds=10))

    assert (late.state, late.code) == ("refused", "overtaken")
    assert status_of(second) == "playing"


def test_a_clock_that_was_years_ahead_holds_up_nothing(say, jam):
    first, second = queued(jam, 1), queued(jam, 2)
    say("play.started", {"jam": jam.slug, "song": first.pk}, at=timezone.now() + timedelta(days=9999))

    mended = say("play.started", {"jam": jam.slug, "song": second.pk}, at=timezone.now() + timedelta(seconds=2))

    assert (mended.state, status_of(second)) == ("done", "playing")


def test_a_sequence_counts_more_than_clocks(say, jam):
    song, now = queued(jam, 1), timezone.now()
    say("play.started", {"jam": jam.slug, "song": song.pk, "sequence": 8}, at=now)

    late = say("play.skipped", {"jam": jam.slug, "song": song.pk, "sequence": 7}, at=now + timedelta(seconds=5))
    newer = say("play.finished", {"jam": jam.slug, "song": song.pk, "sequence": 9}, at=now - timedelta(hours=1))

    assert (late.code, newer.state) == ("overtaken", "done")
    assert status_of(song) == "played"


def test_events_are_done_in_the_order_in_which_they_came(inbox, jam):
    first, second = queued(jam, 1), queued(jam, 2)
    for number, (kind, song) in enumerate(
        [("play.started", first), ("play.finished", first), ("play.started", second)], start=1
    ):
        tell_in(inbox, inbox.text, kind, {"jam": jam.slug, "song": song.pk}, event=f"evt_{number}")

    handling.handle_until(received=Received.objects.latest("pk").pk)  # whichever task comes first

    assert [received.state for received in Received.objects.order_by("pk")] == ["done"] * 3
    run_tasks()
    assert [status_of(song) for song in (first, second)] == ["played", "playing"]
    assert AuditEvent.objects.filter(verb="inbox_event").count() == 3


def test_the_jam_of_another_venue_is_none(say):
    jam = make_jam()
    song = queued(jam, 1)

    event = say("play.started", {"jam": jam.slug, "song": song.pk})

    assert (event.state, event.code, event.reason) == (
        "refused", "not_found", "There is no such jam at this venue.",
    )  # fmt: skip
    assert status_of(song) == "queued"


def test_a_song_of_another_jam_or_one_that_waits_for_the_host_is_none(say, jam, venue):
    elsewhere, pending = queued(make_jam(venue=venue), 1), make_jam_song(jam=jam, status="pending")

    events = [say("play.started", {"jam": jam.slug, "song": song.pk}) for song in (elsewhere, pending)]
    events.append(say("play.finished", {"jam": jam.slug}))

    assert {event.code for event in events} == {"no_such_song"}


def test_what_cannot_be_done_says_why(say, jam):
    ended = make_jam(venue=jam.venue, status="ended")
    song = queued(ended, 1)

    assert say("play.started", {"jam": ended.slug, "song": song.pk}).code == "wrong_status"
    assert say("play.started", {"jam": jam.slug}).reason == "The set list is empty. Queue a song first."
    assert say("play.paused", {"jam": jam.slug}).code == "unknown_type"
    assert say("play.started", {"jam": jam.slug, "place": "first"}).reason.startswith("place: ")


def test_whoever_manages_the_venue_no_more_does_nothing_there(say, jam, venue, manager):
    song = queued(jam, 1)
    venue.managers.remove(manager)

    event = say("play.started", {"jam": jam.slug, "song": song.pk})

    assert (event.code, status_of(song)) == ("nobody_acts", "queued")


def test_nor_does_an_inbox_add_songs_for_them(say, venue, manager):
    venue.managers.clear()

    event = say("song.upserted", {"title": "Valerie", "artist": "Amy Winehouse"})

    assert (event.state, event.code, Song.objects.count()) == ("refused", "nobody_acts", 0)


def test_whoever_is_gone_is_followed_by_who_makes_a_new_secret(say, inbox, jam, manager):
    song, staff = queued(jam, 1), make_staff()
    manager.delete()
    assert say("play.started", {"jam": jam.slug, "song": song.pk}).code == "nobody_acts"

    inbox.refresh_from_db()
    inbox.text = rotate_inbox(inbox=inbox, by=staff)

    assert say("play.started", {"jam": jam.slug, "song": song.pk}).state == "done"
    assert AuditEvent.objects.get(verb="play").actor == staff


# Songs --------------------------------------------------------------------------------------------------


def test_a_song_comes_into_the_library_by_the_rules_of_imports(say, inbox):
    facts = {"title": " Superstition ", "artist": "Stevie Wonder", "year": 1972, "key": "Ebm", "tempo": "100",
             "duration": "4:26", "tags": ["Soul", "70s"], "parts": "vocals;guitar:2", "note": "Capo 2"}  # fmt: skip

    event = say("song.upserted", facts)

    song = Song.objects.get(title="Superstition")
    assert (event.state, event.result) == ("done", {"song": song.pk, "added": True})
    assert (song.year, song.tempo, song.duration, song.tags) == (1972, 100, 266, ["soul", "70s"])
    assert LibrarySong.objects.get().note == "Capo 2"
    assert LibrarySong.objects.get().venue == inbox.venue


def test_a_song_that_is_known_keeps_its_facts_and_the_venue_has_its_own(say):
    song = make_song(title="Superstition", artist="Stevie Wonder", year=1972)

    event = say("song.upserted", {"title": "superstition", "artist": "stevie wonder", "year": 1999, "venue_key": "Dm"})

    song.refresh_from_db()
    assert event.result == {"song": song.pk, "added": False}
    assert (song.year, song.title) == (1972, "Superstition")
    assert LibrarySong.objects.get().key == "Dm"


def test_staff_may_change_its_facts(say, inbox):
    song = make_song(title="Superstition", artist="Stevie Wonder", year=1971)
    inbox.text = rotate_inbox(inbox=inbox, by=make_staff())

    say("song.upserted", {"title": "Superstition", "artist": "Stevie Wonder", "year": 1972})

    song.refresh_from_db()
    assert song.year == 1972


@pytest.mark.parametrize(
    "facts",
    [{}, {"title": "One"}, {"title": "One", "artist": "U2", "year": "long ago"},
     {"title": "x" * 300, "artist": "U2"}, {"title": "One", "artist": "U2", "parts": [1, 1]}],
)  # fmt: skip
def test_what_an_import_rejects_is_refused(say, facts):
    event = say("song.upserted", facts)

    assert (event.state, event.code) == ("refused", "not_taken")
    assert event.reason
    assert not Song.objects.exists()


# Sign-ups -----------------------------------------------------------------------------------------------


@pytest.fixture
def slot(jam):
    return make_slot(jam_song=queued(jam, 1), instrument="bass")


def sign_up_of(jam, slot, signup="s-1", performer="p-1", name="Ines", **more):
    person = {"id": performer, "name": name}
    return {"jam": jam.slug, "signup": signup, "performer": person, "slot": slot.pk} | more


def test_somebody_signs_up_from_elsewhere_and_withdraws(say, jam, slot):
    created = say("signup.created", sign_up_of(jam, slot))

    sign_up = SignUp.objects.get()
    assert created.result == {"signup": sign_up.pk, "slot": slot.pk, "state": "claimed"}
    assert (sign_up.attendee.display_name, sign_up.attendee.has_phone) == ("Ines", False)
    withdrawn = say("signup.withdrawn", {"jam": jam.slug, "signup": "s-1"})
    sign_up.refresh_from_db()
    assert (withdrawn.state, sign_up.state) == ("done", "withdrawn")
    assert say("signup.withdrawn", {"jam": jam.slug, "signup": "s-1"}).state == "done"
    assert say("signup.withdrawn", {"jam": jam.slug, "signup": "s-2"}).code == "no_such_signup"


def test_the_same_person_is_in_the_room_once(say, jam, slot):
    other = make_slot(jam_song=slot.jam_song, instrument="guitar")
    say("signup.created", sign_up_of(jam, slot, "s-1"))
    by_instrument = {"song": slot.jam_song_id, "instrument": "guitar"}
    data = sign_up_of(jam, other, "s-2") | by_instrument
    del data["slot"]

    assert say("signup.created", data).result["slot"] == other.pk
    say("signup.created", data)

    assert Attendee.objects.filter(jam=jam).count() == 1
    assert SignUp.objects.count() == 2


def test_the_next_waits_in_line(say, jam, slot):
    say("signup.created", sign_up_of(jam, slot))

    second = say("signup.created", sign_up_of(jam, slot, "s-2", "p-2", "Otto"))

    assert second.result["state"] == "waiting"


def test_a_name_is_kept_nowhere_but_in_the_room(say, jam, slot):
    say("signup.created", sign_up_of(jam, slot, name="Unmistakable"))

    rows = [*Received.objects.values(), *Task.objects.values(), *AuditEvent.objects.values()]
    assert "Unmistakable" not in str(rows)
    assert "Unmistakable" in str(list(Attendee.objects.values()))


def test_where_there_is_no_slot_nobody_comes_in(say, jam, venue):
    elsewhere = make_slot(jam_song=queued(make_jam(venue=venue), 1))

    event = say("signup.created", sign_up_of(jam, elsewhere))

    assert event.code == "no_such_slot"
    assert not Attendee.objects.exists()


def test_where_signing_up_is_refused_nobody_comes_in(say, venue):
    closed = make_jam(venue=venue, sign_ups=False)
    slot = make_slot(jam_song=queued(closed, 1))

    event = say("signup.created", sign_up_of(closed, slot))

    assert event.state == "refused"
    assert not Attendee.objects.exists()


# Workers ------------------------------------------------------------------------------------------------


def test_reasons_are_in_the_language_of_whoever_set_it_up(venue, manager):
    with override("ar"):
        inbox, secret = make_inbox(venue=venue, by=manager)

    tell_in(inbox, secret, "nobody.knows", {})
    run_tasks()

    reason = Received.objects.get().reason
    with override("ar"):
        assert reason == str(UnknownType.message)
    assert reason != str(UnknownType.message)


def test_a_fault_is_one_events_and_says_nothing_of_itself(monkeypatch, say, jam):
    song = queued(jam, 1)

    def break_down(*given):
        raise RuntimeError("password=hunter2")

    monkeypatch.setitem(handling.HANDLERS, "play.finished", break_down)

    broken = say("play.finished", {"jam": jam.slug})

    assert (broken.state, broken.code) == ("refused", "fault")
    assert "hunter2" not in broken.reason
    assert say("play.started", {"jam": jam.slug, "song": song.pk}).state == "done"


def test_what_the_database_never_takes_holds_up_nothing_behind_it(monkeypatch, say, jam):
    def broken(received, actor):
        Feed.objects.bulk_create([Feed(jam=jam), Feed(jam=jam)])

    monkeypatch.setitem(handling.HANDLERS, "song.upserted", broken)
    queued(jam, 1)

    poison, next_one = say("song.upserted", {}), say("play.started", {"jam": jam.slug})

    assert (poison.state, poison.code, next_one.state) == ("refused", "fault", "done")


def test_one_whose_inbox_is_deleted_ends_there(inbox, jam, manager):
    song = queued(jam, 1)
    tell_in(inbox, inbox.text, "play.started", {"jam": jam.slug, "song": song.pk})

    delete_inbox(inbox=inbox, by=manager)
    run_tasks()

    assert status_of(song) == "queued"
    assert Task.objects.get(name="webhooks.handle").result == {"handled": 0}


def test_what_is_old_is_erased(settings, say, jam):
    say("play.started", {"jam": jam.slug})
    say("play.started", {"jam": jam.slug})
    old = Received.objects.order_by("pk")[:1].values("pk")
    long_ago = timezone.now() - timedelta(days=settings.WEBHOOK_DAYS, hours=1)
    Received.objects.filter(pk__in=old).update(received_at=long_ago)

    assert erase_webhooks()["received"] == 1

    assert [event.event for event in Received.objects.all()] == ["evt_2"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.services
def test_the_same_event_many_times_at_once_is_one():
    inbox, secret = make_inbox()
    jam = make_jam(venue=inbox.venue)
    queued(jam, 1)
    queued(jam, 2)
    body = told("play.started", {"jam": jam.slug})
    headers = signed(secret, body)

    answers = []
    raised = in_threads([lambda: answers.append(send_in(inbox, body, headers).status_code)] * 8)
    run_tasks()

    assert (raised, answers) == ([], [202] * 8)
    assert Received.objects.count() == 1
    assert sorted(jam.songs.values_list("status", flat=True)) == ["playing", "queued"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.services
def test_many_workers_at_once_do_each_event_once():
    inbox, secret = make_inbox()
    jam = make_jam(venue=inbox.venue)
    for place in range(1, 7):
        queued(jam, place)
    for number in range(6):
        tell_in(inbox, secret, "play.started", {"jam": jam.slug}, event=f"evt_{number}")
    last = Received.objects.latest("pk").pk

    counts = []
    raised = in_threads([lambda: counts.append(handling.handle_until(received=last))] * 4)

    assert (raised, sum(counts)) == ([], 6)
    assert sorted(jam.songs.values_list("status", flat=True)) == ["played"] * 5 + ["playing"]
