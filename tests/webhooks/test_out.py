"""Events go out: signed, in order, again and again until they arrive, and to public addresses only."""

import socket
import threading
from base64 import b64decode
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, override
from standardwebhooks.webhooks import WebhookVerificationError

from apps.core.addresses import is_public
from apps.core.errors import Invalid
from apps.jams.lineup import finish_song, play_song, queue_song, skip_song
from apps.jams.operations import end_jam, last_call, open_jam, start_jam
from apps.reports.operations import order_report
from apps.reports.subjects import OfJam
from apps.stage.events import slots_changed
from apps.stage.operations import sign_up
from apps.tasks.models import Task
from apps.webhooks import deliveries, sending
from apps.webhooks.endpoints import change_endpoint, delete_endpoint, ping, rotate_secret, send_again
from apps.webhooks.errors import TooManyWebhooks, WebhookOff
from apps.webhooks.models import Attempt, Delivery, Endpoint, Event, Lane
from apps.webhooks.receivers import tell_status
from apps.webhooks.upkeep import erase_webhooks
from tests.factories import (
    make_attendee,
    make_jam,
    make_jam_song,
    make_slot,
    make_staff,
    make_user,
    make_venue,
    make_webhook,
)
from tests.tasks.running import run_tasks
from tests.webhooks.receiver import next_attempt, verified

pytestmark = pytest.mark.django_db


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    return make_jam(host=host)


def queue(jam, host, *titles):
    return [queue_song(jam_song=make_jam_song(jam=jam, title=title), host=host) for title in titles]


def states(endpoint):
    return list(endpoint.deliveries.order_by("revision", "pk").values_list("state", flat=True))


def errors():
    return list(Attempt.objects.order_by("pk").values_list("status", "error"))


# What is told -------------------------------------------------------------------------------------------


def test_a_night_is_told_in_its_order(receiver, host):
    jam = make_jam(host=host, status="draft")
    _endpoint, secret = make_webhook(venue=jam.venue, url=receiver.url)

    open_jam(jam=jam, host=host)
    start_jam(jam=jam, host=host)
    first, second = queue(jam, host, "One", "Two")
    play_song(jam_song=first, host=host)
    play_song(jam_song=second, host=host)
    skip_song(jam_song=second, host=host)
    last_call(jam=jam, host=host)
    end_jam(jam=jam, host=host)
    run_tasks()

    assert receiver.types() == [
        "jam.status", "jam.status", "song.queued", "song.queued", "song.playing", "song.played", "song.playing",
        "song.skipped", "jam.status", "jam.status",
    ]  # fmt: skip
    told = [verified(secret, got) for got in receiver.got]
    assert [event["data"]["revision"] for event in told] == list(range(1, 11))
    assert told[0]["data"] == {
        "jam": jam.slug, "venue": jam.venue.slug, "revision": 1, "status": "open", "before": "draft",
    }  # fmt: skip
    assert told[2]["data"]["song"] == {"id": first.pk, "title": "One", "artist": "The Testers", "place": 1}
    assert len(set(receiver.ids())) == 10


def test_slots_are_told_without_names(receiver, jam):
    make_webhook(jam=jam, url=receiver.url)
    slot = make_slot(jam_song=make_jam_song(jam=jam), instrument="bass")

    sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Unmistakable Ines"))
    sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Unmistakable Otto"))
    run_tasks()

    assert [event["data"]["slots"] for event in receiver.events()] == [
        [{"id": slot.pk, "jam_song": slot.jam_song_id, "instrument": "bass", "number": 1, "state": "claimed",
          "waiting": waiting}]
        for waiting in (0, 1)
    ]  # fmt: skip
    assert b"Unmistakable" not in b"".join(body for _headers, body in receiver.got)


def test_what_the_room_may_not_see_is_not_told(receiver, host):
    draft = make_jam(host=host, status="draft")
    make_webhook(venue=draft.venue, url=receiver.url)
    hidden = make_jam(host=host, venue=draft.venue, counts="hidden")
    make_slot(jam_song=make_jam_song(jam=hidden, status="pending"))

    queue(draft, host, "Rehearsed")
    queue(hidden, host, "Wanted")
    pending = make_slot(jam_song=make_jam_song(jam=hidden, title="Secret wish", status="pending"))
    slots_changed.send(None, jam=hidden, slots={pending.pk})
    run_tasks()

    assert [event["data"]["song"]["title"] for event in receiver.events()] == ["Wanted"]
    assert not {"votes", "counts"} & set(receiver.events()[0]["data"]["song"])


def test_only_what_was_asked_for_goes_to_whoever_asked(receiver, jam, host):
    make_webhook(jam=jam, url=receiver.url, types=["song.playing"])
    make_webhook(jam=make_jam(), url=receiver.url)
    make_webhook(url=receiver.url)
    make_webhook(venue=jam.venue, url=receiver.url, enabled=False)

    [song] = queue(jam, host, "One")
    play_song(jam_song=song, host=host)
    run_tasks()

    assert receiver.types() == ["song.playing"]
    assert Event.objects.count() == 1


def test_a_report_that_is_made_is_told_of(receiver, jam, host):
    make_webhook(jam=jam, url=receiver.url)

    report = order_report(subject=OfJam(jam), by=host)
    run_tasks()

    assert receiver.types() == ["report.ready"]
    assert receiver.events()[0]["data"]["report"] == report.pk


def test_what_is_rolled_back_is_told_to_nobody(receiver, jam, host):
    make_webhook(jam=jam, url=receiver.url)

    with transaction.atomic():
        queue(jam, host, "One")
        assert Event.objects.exists()
        transaction.set_rollback(True)
    run_tasks()

    assert receiver.got == []
    assert not Task.objects.exists()


def test_without_webhooks_an_action_costs_one_query_more(jam, host, django_assert_num_queries):
    with django_assert_num_queries(1):
        tell_status(jam=jam, before="open")


# Secrets ------------------------------------------------------------------------------------------------


def test_while_a_secret_is_rotated_both_sign(receiver, jam, host):
    endpoint, old = make_webhook(jam=jam, url=receiver.url)
    new = rotate_secret(endpoint=endpoint, by=make_staff(), hours=1)

    queue(jam, host, "One")
    run_tasks()

    assert verified(old, receiver.got[0]) == verified(new, receiver.got[0])
    Endpoint.objects.update(old_secret_until=timezone.now())
    queue(jam, host, "Two")
    run_tasks()
    verified(new, receiver.got[1])
    with pytest.raises(WebhookVerificationError):
        verified(old, receiver.got[1])


def test_a_secret_that_leaked_can_be_rotated_at_once(receiver, jam, host):
    endpoint, old = make_webhook(jam=jam, url=receiver.url)
    rotate_secret(endpoint=endpoint, by=make_staff(), hours=0)

    queue(jam, host, "One")
    run_tasks()

    with pytest.raises(WebhookVerificationError):
        verified(old, receiver.got[0])


def test_the_database_does_not_tell_a_secret(jam):
    endpoint, secret = make_webhook(jam=jam)

    endpoint.refresh_from_db()
    raw = b64decode(secret.removeprefix("whsec_"))
    assert len(raw) == 32
    assert raw not in bytes(endpoint.secret)
    assert endpoint.keys() == [raw]


def test_an_earlier_key_of_the_server_still_opens_it_and_a_lost_one_says_so(settings, receiver, jam, host):
    _endpoint, secret = make_webhook(jam=jam, url=receiver.url)
    first = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [first]
    queue(jam, host, "One")
    run_tasks()
    verified(secret, receiver.got[0])

    settings.SECRET_KEY_FALLBACKS = []
    queue(jam, host, "Two")
    run_tasks()

    assert errors() == [(200, ""), (None, "secret")]
    assert len(receiver.got) == 1


# Failures -----------------------------------------------------------------------------------------------


def test_what_fails_holds_back_what_is_behind_it_and_then_all_arrives_in_order(receiver, jam, host):
    endpoint, _secret = make_webhook(jam=jam, url=receiver.url)
    receiver.answers += [500, 500]

    queue(jam, host, "One", "Two", "Three")
    run_tasks()
    assert (len(receiver.got), states(endpoint)) == (1, ["waiting"] * 3)
    next_attempt()
    assert len(receiver.got) == 2
    next_attempt()

    assert [event["data"]["revision"] for event in receiver.events()] == [1, 1, 1, 2, 3]
    assert receiver.ids()[0] == receiver.ids()[2]
    assert states(endpoint) == ["done"] * 3
    assert errors() == [(500, "status"), (500, "status"), (200, ""), (200, ""), (200, "")]


def test_another_jam_is_not_held_back(receiver, host):
    jam = make_jam(host=host)
    other = make_jam(host=host, venue=jam.venue)
    make_webhook(venue=jam.venue, url=receiver.url)
    receiver.answers += [500]

    queue(jam, host, "One")
    queue(other, host, "Other")
    run_tasks()

    assert [event["data"]["jam"] for event in receiver.events()] == [jam.slug, other.slug]
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["waiting", "done"]


def test_pauses_grow_over_a_day_and_then_it_is_given_up(settings, receiver, jam, host):
    endpoint, _secret = make_webhook(jam=jam, url=receiver.url)
    receiver.answers += [500] * 8
    queue(jam, host, "One", "Two")
    pauses = []

    run_tasks()
    while (lane := Lane.objects.get()).due_at:
        pauses.append((lane.due_at - timezone.now()).total_seconds())
        next_attempt()

    least = settings.WEBHOOK_RETRIES
    assert all(low * 0.9 <= pause <= low * 1.2 for low, pause in zip(least, pauses, strict=True))
    assert 20 * 3600 <= sum(least) <= 30 * 3600
    assert states(endpoint) == ["failed", "done"]
    assert len(receiver.got) == len(least) + 2


def test_a_receiver_that_hangs_is_left_after_its_time(settings, receiver, jam, host):
    settings.WEBHOOK_SECONDS = 0.3
    released = threading.Event()
    receiver.answers.append(lambda handler: released.wait(20))
    make_webhook(jam=jam, url=receiver.url)

    queue(jam, host, "One")
    run_tasks()
    released.set()

    assert errors() == [(None, "slow")]
    assert Attempt.objects.get().ms < 10_000


def test_nobody_there_is_a_failure(receiver, jam, host):
    make_webhook(jam=jam, url=receiver.url)
    receiver.stop()

    queue(jam, host, "One")
    run_tasks()

    assert errors() == [(None, "unreachable")]


def test_gone_switches_it_off_and_its_owner_is_told(receiver, jam, host):
    endpoint, _secret = make_webhook(jam=jam, url=receiver.url, by=host)
    receiver.answers += [410]

    queue(jam, host, "One", "Two")
    run_tasks()
    queue(jam, host, "Three")
    run_tasks()

    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.disabled_reason, len(receiver.got)) == (False, "gone", 1)
    assert states(endpoint) == ["failed", "failed"]
    [message] = mail.outbox
    assert message.to == [host.email]
    assert "410" in message.body


def test_the_owner_is_told_in_the_language_in_which_it_was_made(receiver, jam, host):
    with override("ar"):
        make_webhook(jam=jam, url=receiver.url, by=host)
    receiver.answers += [410]

    queue(jam, host, "One")
    run_tasks()

    with override("ar"):
        assert mail.outbox[0].subject.startswith(gettext("A webhook was switched off: %(name)s")[:10])


def test_days_of_failures_alone_switch_it_off(settings, receiver, jam, host):
    endpoint, _secret = make_webhook(jam=jam, url=receiver.url, by=host)
    receiver.answers += [500, 500, 500]
    queue(jam, host, "One")
    run_tasks()
    Endpoint.objects.update(failing_since=timezone.now() - timedelta(days=settings.WEBHOOK_DISABLE_DAYS - 1))
    next_attempt()
    endpoint.refresh_from_db()
    assert endpoint.enabled

    Endpoint.objects.update(failing_since=timezone.now() - timedelta(days=settings.WEBHOOK_DISABLE_DAYS, minutes=1))
    next_attempt()

    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.disabled_reason) == (False, "failing")
    assert [message.to for message in mail.outbox] == [[host.email]]


def test_one_that_arrives_ends_the_days_of_failures(receiver, jam, host):
    endpoint, _secret = make_webhook(jam=jam, url=receiver.url)
    receiver.answers += [500]
    queue(jam, host, "One")
    run_tasks()
    endpoint.refresh_from_db()
    assert endpoint.failing_since

    next_attempt()

    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


@pytest.mark.parametrize(
    ("status", "said", "least", "most"),
    [(503, "900", 900, 900), (429, "99999999", 3600, 3600), (503, "soon", 5, 6), (500, "900", 5, 6), (429, "1", 5, 6),
     (503, f"Mon, 01 Jan {10**20} 00:00:00 GMT", 5, 6)],
)  # fmt: skip
def test_a_receiver_may_ask_for_time_within_limits(receiver, jam, host, status, said, least, most):
    receiver.answers.append(lambda handler: handler.say(status, Retry_After=said))
    make_webhook(jam=jam, url=receiver.url)

    queue(jam, host, "One")
    before = timezone.now()
    run_tasks()

    pause = Lane.objects.get().due_at - before
    assert timedelta(seconds=least) <= pause <= timedelta(seconds=most + 20)


# Where it may go ----------------------------------------------------------------------------------------


def test_a_redirect_is_not_followed(receiver, jam, host):
    for to in (receiver.url, "http://127.0.0.2/inside", "http://169.254.169.254/latest"):
        receiver.answers.append(lambda handler, to=to: handler.say(302, Location=to))
    make_webhook(jam=jam, url=receiver.url)

    queue(jam, host, "One")
    run_tasks()
    next_attempt()
    next_attempt()

    assert errors() == [(302, "redirect")] * 3
    assert len(receiver.got) == 3


def test_a_name_that_leads_inside_is_not_called(monkeypatch, receiver, jam, host):
    """Whatever it said when it was set up: it is looked up for each attempt, and is public then."""
    make_webhook(jam=jam, url=f"http://receiver.example:{receiver.server.server_port}/hook")
    monkeypatch.setattr(sending, "PUBLIC", is_public)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *given, **options: [(2, 1, 6, "", ("127.0.0.1", receiver.server.server_port))]
    )

    queue(jam, host, "One")
    run_tasks()

    assert errors() == [(None, "refused")]
    assert receiver.got == []


@pytest.mark.parametrize(
    "url",
    ["http://example.com/hook", "ftp://example.com", "https://example.com:8443/", "https://a:b@example.com/", "x",
     "https://", "https://xn--/", "https://example.com:0/", "https://example.com/" + "a" * 500],
)  # fmt: skip
def test_only_https_without_port_and_user_is_an_address(jam, url):
    with pytest.raises(Invalid) as refused:
        make_webhook(jam=jam, url=url)

    assert set(refused.value.fields) == {"url"}


# By hand ------------------------------------------------------------------------------------------------


def test_a_ping_shows_the_answer_and_is_in_the_log(receiver, jam):
    endpoint, secret = make_webhook(jam=jam, url=receiver.url, enabled=False)
    receiver.answers += [lambda handler: handler.say(500, b"No\x00 thanks")]

    failed = ping(endpoint=endpoint, by=make_staff())
    fine = ping(endpoint=endpoint, by=make_staff())

    assert (failed.status, failed.answer, failed.error) == (500, "No  thanks", "status")
    assert (fine.status, fine.answer, fine.error) == (200, "Thank you.", "")
    assert verified(secret, receiver.got[0])["type"] == "ping"
    assert states(endpoint) == ["failed", "done"]
    assert not run_tasks()


def test_a_ping_that_arrives_ends_the_days_of_failures(receiver, jam, host):
    endpoint, _secret = make_webhook(jam=jam, url=receiver.url)
    receiver.answers += [500, 500]
    queue(jam, host, "One")
    run_tasks()

    failed = ping(endpoint=endpoint, by=host)
    endpoint.refresh_from_db()
    still = endpoint.failing_since
    ping(endpoint=endpoint, by=host)

    endpoint.refresh_from_db()
    assert (failed.status, bool(still), endpoint.failing_since) == (500, True, None)


def test_what_was_given_up_is_sent_again_with_the_same_id(settings, receiver, jam, host):
    settings.WEBHOOK_RETRIES = [5]
    endpoint, _secret = make_webhook(jam=jam, url=receiver.url)
    receiver.answers += [500, 500]
    queue(jam, host, "One")
    run_tasks()
    next_attempt()
    assert states(endpoint) == ["failed"]

    send_again(delivery=endpoint.deliveries.get(), by=make_staff())
    run_tasks()

    assert states(endpoint) == ["done"]
    assert len(set(receiver.ids())) == 1
    assert len(receiver.got) == 3


def test_what_waits_for_its_pause_can_be_sent_at_once(receiver, jam, host):
    endpoint, _secret = make_webhook(jam=jam, url=receiver.url)
    receiver.answers += [500]
    queue(jam, host, "One", "Two")
    run_tasks()

    send_again(delivery=endpoint.deliveries.order_by("pk")[0], by=make_staff())
    run_tasks()

    assert states(endpoint) == ["done", "done"]


def test_what_is_off_sends_nothing_again(receiver, jam, host):
    endpoint, _secret = make_webhook(jam=jam, url=receiver.url)
    receiver.answers += [500]
    queue(jam, host, "One")
    run_tasks()

    change_endpoint(endpoint=endpoint, by=make_staff(), enabled=False)
    next_attempt()

    assert (len(receiver.got), states(endpoint)) == (1, ["failed"])
    with pytest.raises(WebhookOff):
        send_again(delivery=endpoint.deliveries.get(), by=make_staff())


def test_one_that_is_deleted_while_it_answers_ends_there(receiver, jam, host):
    endpoint, _secret = make_webhook(jam=jam, url=receiver.url)
    queue(jam, host, "One", "Two")
    job = deliveries.take(Lane.objects.get().pk)
    outcome = sending.send(endpoint=endpoint, event=job.delivery.event, seconds=5)

    delete_endpoint(endpoint=endpoint, by=make_staff())

    assert deliveries.note(job, job.delivery.lane_id, outcome) is False
    run_tasks()
    assert not Delivery.objects.exists()
    assert len(receiver.got) == 1


def test_there_are_so_many_and_no_more(settings, jam):
    settings.MAX_WEBHOOKS = 2
    make_webhook(jam=jam)
    make_webhook(jam=jam)

    with pytest.raises(TooManyWebhooks):
        make_webhook(jam=jam)
    make_webhook(venue=jam.venue)


# Workers ------------------------------------------------------------------------------------------------


def test_while_one_is_at_it_nobody_else_is(receiver, jam, host):
    make_webhook(jam=jam, url=receiver.url)
    queue(jam, host, "One", "Two")
    lane = Lane.objects.get().pk
    assert deliveries.take(lane)

    assert deliveries.drain(lane=lane) == 0
    assert receiver.got == []
    assert Task.objects.unfinished().filter(due_at__gt=timezone.now()).count() == 1  # somebody comes when time is over


def test_whoever_died_with_it_has_sent_it_perhaps_and_it_is_sent_again(receiver, jam, host):
    make_webhook(jam=jam, url=receiver.url)
    queue(jam, host, "One", "Two")
    lane = Lane.objects.get().pk
    job = deliveries.take(lane)
    sending.send(endpoint=job.delivery.endpoint, event=job.delivery.event, seconds=5)
    Lane.objects.update(busy_until=timezone.now() - timedelta(seconds=1))

    run_tasks()

    assert [event["data"]["revision"] for event in receiver.events()] == [1, 1, 2]
    assert len(set(receiver.ids())) == 2


def test_a_lane_whose_task_is_lost_is_found(receiver, jam, host, capsys):
    make_webhook(jam=jam, url=receiver.url)
    queue(jam, host, "One")
    Task.objects.all().delete()
    Lane.objects.update(due_at=timezone.now() - timedelta(minutes=10))
    queue(jam, host, "Two")
    assert not Task.objects.exists()

    call_command("deliver_webhooks")
    run_tasks()

    assert capsys.readouterr().out == "Queues that are sent now: 1.\n"
    assert [event["data"]["revision"] for event in receiver.events()] == [1, 2]
    assert deliveries.sweep() == 0


def test_old_events_are_erased_with_their_log(settings, receiver, jam, host):
    endpoint, _secret = make_webhook(jam=jam, url=receiver.url)
    queue(jam, host, "Old", "New")
    run_tasks()
    old = Event.objects.order_by("pk")[0]
    Event.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=settings.WEBHOOK_DAYS, hours=1))

    assert erase_webhooks()["sent"] == 1

    assert [delivery.event_id for delivery in endpoint.deliveries.all()] == [Event.objects.get().pk]
    assert Attempt.objects.count() == 1


def test_a_venue_goes_with_its_webhooks():
    venue = make_venue()
    make_webhook(venue=venue)

    venue.delete()

    assert not Endpoint.objects.exists()


def test_finishing_says_played(receiver, jam, host):
    make_webhook(jam=jam, url=receiver.url, types=["song.played"])
    [song] = queue(jam, host, "One")
    play_song(jam_song=song, host=host)

    finish_song(jam_song=song, host=host)
    run_tasks()

    assert receiver.types() == ["song.played"]
