"""Webhooks over HTTP: what hosts set up, whose it is, and that no secret is ever read again."""

import logging

import pytest

from apps.accounts.models import AuditEvent
from apps.jams.lineup import queue_song
from apps.webhooks.models import Delivery, Endpoint, Inbox
from tests.callers import Caller
from tests.catalog.callers import refused
from tests.factories import (
    make_api_token,
    make_inbox,
    make_jam,
    make_jam_song,
    make_staff,
    make_user,
    make_venue,
    make_webhook,
)
from tests.tasks.running import run_tasks
from tests.webhooks.receiver import next_attempt, tell_in, verified

pytestmark = pytest.mark.django_db
AT = "/api/v1/webhooks"
HOOK = {"url": "https://example.com/hook", "types": ["song.playing", "song.played"]}


@pytest.fixture
def owner():
    return make_user()


@pytest.fixture
def venue(owner):
    return make_venue(manager=owner)


@pytest.fixture
def call(owner):
    return Caller(user=owner)


def test_a_manager_makes_one_reads_it_and_takes_it_away(call, venue):
    made = call("POST", AT, HOOK | {"venue": venue.slug, "name": "Lights"})

    body = made.json()
    assert (made.status_code, made["Location"]) == (201, f"{AT}/{body['id']}")
    assert body.pop("secret").startswith("whsec_")
    assert call("GET", f"{AT}/{body['id']}").json() == body
    assert call("GET", AT).json()["results"] == [body]
    assert (body["venue"], body["jam"], body["types"]) == (venue.slug, None, HOOK["types"])
    assert call("DELETE", f"{AT}/{body['id']}").status_code == 204
    assert not Endpoint.objects.exists()


def test_a_jams_is_its_owners_and_not_its_co_hosts(venue):
    owner, co_host = make_user(), make_user()
    jam = make_jam(host=owner, venue=venue)
    jam.jamhost_set.create(user=co_host, role="co_host")
    wanted = HOOK | {"jam": jam.slug}

    refused(Caller(user=co_host)("POST", AT, wanted), 403, "not_allowed")
    made = Caller(user=owner)("POST", AT, wanted)

    assert made.status_code == 201
    path = f"{AT}/{made.json()['id']}"
    statuses = [Caller(user=user)("GET", path).status_code for user in (owner, co_host, make_user(), make_staff())]
    assert statuses == [200, 404, 404, 200]
    assert Caller(user=co_host)("GET", AT).json()["count"] == 0


def test_a_draft_of_others_is_not_there(call):
    jam = make_jam(host=make_user(), status="draft")

    refused(call("POST", AT, HOOK | {"jam": jam.slug}), 404, "not_found")


@pytest.mark.parametrize(
    ("more", "field"),
    [({}, "venue"), ({"venue": "a", "jam": "b"}, "venue"), ({"types": []}, "types"),
     ({"types": ["song.sung"]}, "types.0"), ({"url": "http://example.com/"}, "url"),
     ({"url": "https://example.com:444/"}, "url"), ({"secret": "x"}, "secret")],
)  # fmt: skip
def test_what_is_wrong_is_named(call, venue, more, field):
    wanted = HOOK | ({} if field == "venue" else {"venue": venue.slug}) | more

    assert field in refused(call("POST", AT, wanted), 400, "invalid")["errors"]


def test_lists_are_narrowed_by_venue_and_jam(call, owner, venue):
    jam = make_jam(host=owner, venue=venue)
    make_webhook(venue=venue)
    make_webhook(jam=jam)
    make_webhook(venue=make_venue(manager=owner))

    counts = [call("GET", AT + query).json()["count"] for query in ("", f"?venue={venue.slug}", f"?jam={jam.slug}")]

    assert counts == [3, 1, 1]


def test_a_token_needs_the_scope(owner, venue):
    lights, jams = (make_api_token(user=owner, scopes=[scope])[1] for scope in ("webhooks", "jams"))

    refused(Caller(token=jams)("POST", AT, HOOK | {"venue": venue.slug}), 403, "scope_missing")
    assert Caller(token=lights)("POST", AT, HOOK | {"venue": venue.slug}).status_code == 201


def test_the_log_tells_every_attempt_and_an_event_is_sent_again(receiver, call, owner, venue):
    jam = make_jam(host=owner, venue=venue)
    endpoint, _secret = make_webhook(venue=venue, url=receiver.url)
    receiver.answers += [500]
    queue_song(jam_song=make_jam_song(jam=jam), host=owner)
    run_tasks()
    next_attempt()

    [row] = call("GET", f"{AT}/{endpoint.pk}/deliveries").json()["results"]

    assert (row["type"], row["jam"], row["state"], row["tries"]) == ("song.queued", jam.slug, "done", 2)
    assert [(one["status"], one["error"]) for one in row["attempts"]] == [(200, ""), (500, "status")]
    assert row["answer"] == "Thank you."
    again = call("POST", f"{AT}/{endpoint.pk}/deliveries/{row['id']}/send-again")
    assert (again.status_code, again.json()["event"]) == (202, row["event"])
    run_tasks()
    assert len(receiver.got) == 3


def test_a_delivery_of_another_webhook_is_not_found_in_this_one(receiver, call, owner, venue):
    mine, _secret = make_webhook(venue=venue, url=receiver.url)
    make_webhook(venue=make_venue(), url=receiver.url)
    jam = make_jam(host=make_user(), venue=Endpoint.objects.latest("pk").venue)
    host = jam.hosts.get()
    queue_song(jam_song=make_jam_song(jam=jam), host=host)

    path = f"{AT}/{mine.pk}/deliveries/{Delivery.objects.get().pk}/send-again"

    refused(call("POST", path), 404, "not_found")


def test_a_test_answers_what_came_back_and_ten_a_minute_are_enough(settings, receiver, call, venue):
    endpoint, _secret = make_webhook(venue=venue, url=receiver.url)
    settings.LIMITS = settings.LIMITS | {"webhook_test": ("account", (1, 60))}

    first, second = (call("POST", f"{AT}/{endpoint.pk}/test") for _time in range(2))

    assert (first.json()["status"], first.json()["answer"]) == (200, "Thank you.")
    refused(second, 429, "too_many_requests")


def test_a_secret_is_rotated_and_both_hold_for_a_time(receiver, call, venue):
    endpoint, old = make_webhook(venue=venue, url=receiver.url)

    rotated = call("POST", f"{AT}/{endpoint.pk}/rotate", {"hours": 2}).json()

    assert rotated["old_secret_until"]
    call("POST", f"{AT}/{endpoint.pk}/test")
    assert verified(rotated["secret"], receiver.got[0]) == verified(old, receiver.got[0])


def test_one_is_switched_off_and_on(call, venue):
    endpoint, _secret = make_webhook(venue=venue)

    off = call("PATCH", f"{AT}/{endpoint.pk}", {"enabled": False}).json()
    on = call("PATCH", f"{AT}/{endpoint.pk}", {"enabled": True}).json()

    assert (off["enabled"], off["disabled_reason"]) == (False, "host")
    assert (on["enabled"], on["disabled_reason"]) == (True, "")
    assert AuditEvent.objects.filter(verb="change_webhook").count() == 2


def test_an_inbox_is_made_read_rotated_and_taken_away(call, venue):
    made = call("POST", f"{AT}/inboxes", {"venue": venue.slug, "name": "Stage"})

    body = made.json()
    path = made["Location"]
    secret = body.pop("secret")
    assert call("GET", path).json() == body
    assert call("GET", f"{AT}/inboxes?venue={venue.slug}").json()["results"] == [body]
    inbox = Inbox.objects.get()
    assert body["url"].endswith(f"/api/v1/webhooks/in/{inbox.key}")
    assert tell_in(inbox, secret, "play.started", {"jam": "none"}).status_code == 202
    run_tasks()
    [event] = call("GET", f"{path}/events").json()["results"]
    assert (event["event"], event["state"], event["code"]) == ("evt_1", "refused", "not_found")
    assert "data" not in event
    assert call("POST", f"{path}/rotate", {}).json()["secret"] != secret
    assert call("PATCH", path, {"enabled": False}).json()["enabled"] is False
    assert call("DELETE", path).status_code == 204


def test_the_audit_log_has_of_an_address_the_host_alone(call, venue):
    """Whoever has the address of a chat's webhook writes into that chat."""
    body = {"venue": venue.slug, "url": "https://chat.example/hooks/T0/s3cret", "types": ["song.playing"]}
    made = call("POST", AT, body).json()

    call("PATCH", f"{AT}/{made['id']}", {"url": "https://chat.example/hooks/T0/s3cret-2"})

    assert made["name"] == "chat.example"
    said = [(event.verb, event.after["host"], "s3cret" in str([event.before, event.after])) for event in
            AuditEvent.objects.filter(verb__contains="webhook").order_by("pk")]  # fmt: skip
    assert said == [("add_webhook", "chat.example", False), ("change_webhook", "chat.example", False)]


def test_no_secret_is_read_again_anywhere(receiver, call, owner, venue, caplog):
    caplog.set_level(logging.DEBUG)
    endpoint, secret = make_webhook(venue=venue, url=receiver.url)
    inbox, other = make_inbox(venue=venue, by=owner)
    call("POST", f"{AT}/{endpoint.pk}/test")
    tell_in(inbox, other, "play.started", {"jam": "none"})
    run_tasks()
    staff = Caller(user=make_staff()).client

    texts = [call("GET", path).content.decode() for path in (
        AT, f"{AT}/{endpoint.pk}", f"{AT}/{endpoint.pk}/deliveries", f"{AT}/inboxes", f"{AT}/inboxes/{inbox.pk}",
        f"{AT}/inboxes/{inbox.pk}/events",
    )]  # fmt: skip
    texts += [staff.get(path).content.decode() for path in (
        f"/webhooks/{endpoint.pk}", f"/webhooks/inboxes/{inbox.pk}", f"/venues/{venue.slug}/webhooks",
        f"/admin/webhooks/endpoint/{endpoint.pk}/change/", f"/admin/webhooks/inbox/{inbox.pk}/change/",
        "/admin/webhooks/endpoint/", "/admin/webhooks/delivery/", "/admin/webhooks/received/",
    )]  # fmt: skip
    texts += [caplog.text, str(list(AuditEvent.objects.values()))]

    for text in texts:
        assert "whsec_" not in text
        assert not [half for one in (secret, other) for half in (one[6:20], one[20:40]) if half in text]
    assert all(len(text) > 100 for text in texts)
