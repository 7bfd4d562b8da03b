"""Webhooks on pages and in the admin."""

import re

import pytest
from django.test import Client

from apps.jams.lineup import queue_song
from apps.webhooks.kinds import Told
from apps.webhooks.models import Endpoint, Inbox
from tests.admin_pages import act
from tests.factories import make_inbox, make_jam, make_jam_song, make_staff, make_user, make_venue, make_webhook
from tests.tasks.running import run_tasks
from tests.webhooks.receiver import tell_in, verified

pytestmark = pytest.mark.django_db
FORM = {"url": "https://example.com/hook", "types": ["song.playing"], "name": "Lights"}


@pytest.fixture
def manager():
    return make_user(name="Mona Manager")


@pytest.fixture
def venue(manager):
    return make_venue(manager=manager)


@pytest.fixture
def page(manager):
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(manager)
    return client


def secret_on(answer):
    return re.search(r"whsec_[A-Za-z0-9+/=]+", answer.content.decode())[0]


def test_a_secret_is_on_the_answer_to_the_form_and_on_no_other_page(page, venue):
    made = page.post(f"/venues/{venue.slug}/webhooks", FORM)

    assert secret_on(made)
    listed = page.get(f"/venues/{venue.slug}/webhooks").content.decode()
    assert "Lights" in listed
    assert "whsec_" not in listed
    assert "no-store" in made["Cache-Control"]


def test_what_is_wrong_is_said_beside_the_field(page, venue):
    answer = page.post(f"/venues/{venue.slug}/webhooks", FORM | {"url": "http://127.0.0.1/"})

    assert answer.status_code == 400
    assert "begins with https://" in answer.content.decode()
    assert not Endpoint.objects.exists()


def test_the_page_of_an_inbox_says_what_it_takes_and_as_whom(page, venue, manager):
    inbox, _secret = make_inbox(venue=venue, by=manager)
    path = f"/webhooks/inboxes/{inbox.pk}"

    said = page.get(path).content.decode()
    assert [kind for kind in Told.values if kind not in said] == []
    assert "Mona Manager" in said
    venue.managers.set([other := make_user()])
    page.force_login(other)
    said = page.get(path).content.decode()
    assert ("Mona Manager" in said, "nothing is done" in said) == (False, True)


def test_a_jam_has_its_own(page, manager, venue):
    jam = make_jam(host=manager, venue=venue)

    page.post(f"/jams/{jam.slug}/webhooks", FORM)

    assert Endpoint.objects.get().jam == jam
    assert "Lights" not in page.get(f"/venues/{venue.slug}/webhooks").content.decode()
    assert "Lights" in page.get(f"/jams/{jam.slug}/webhooks").content.decode()


def test_a_test_says_what_came_back(receiver, page, venue):
    endpoint, _secret = make_webhook(venue=venue, url=receiver.url)
    receiver.answers += [lambda handler: handler.say(418, b"<b>Teapot</b>")]

    text = page.post(f"/webhooks/{endpoint.pk}/test", follow=True).content.decode()

    assert "It answered 418" in text
    assert "&lt;b&gt;Teapot" in text
    assert "<b>Teapot" not in text


def test_the_log_is_there_and_sends_again(receiver, page, manager, venue):
    jam = make_jam(host=manager, venue=venue, name="Tuesday Jam")
    endpoint, _secret = make_webhook(venue=venue, url=receiver.url)
    queue_song(jam_song=make_jam_song(jam=jam), host=manager)
    run_tasks()

    text = page.get(f"/webhooks/{endpoint.pk}").content.decode()
    assert "song.queued" in text
    assert "Tuesday Jam" in text
    page.post(f"/webhooks/{endpoint.pk}", {"do": "again", "delivery": endpoint.deliveries.get().pk})
    run_tasks()

    assert len(receiver.got) == 2


def test_it_is_changed_switched_rotated_and_deleted(receiver, page, venue):
    endpoint, _secret = make_webhook(venue=venue, url=receiver.url)
    path = f"/webhooks/{endpoint.pk}"

    page.post(path, {"do": "save", "url": receiver.url, "name": "New name", "types": ["song.played"]})
    page.post(path, {"do": "off"})
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.types, endpoint.enabled) == ("New name", ["song.played"], False)
    assert "switched off by hand" in page.get(path).content.decode()
    page.post(path, {"do": "on"})
    new = secret_on(page.post(path, {"do": "rotate", "hours": "1"}))
    page.post(f"{path}/test")
    assert verified(new, receiver.got[0])["type"] == "ping"
    assert page.post(path, {"do": "nonsense"}).status_code == 404
    assert page.get(f"{path}/delete").status_code == 200
    assert page.post(f"{path}/delete")["Location"] == f"/venues/{venue.slug}/webhooks"
    assert not Endpoint.objects.exists()


def test_an_inbox_is_made_looked_at_and_deleted(page, venue):
    made = page.post(f"/venues/{venue.slug}/webhooks", {"do": "add_inbox", "inbox": "Stage"})
    inbox = Inbox.objects.get()
    path = f"/webhooks/inboxes/{inbox.pk}"
    tell_in(inbox, secret_on(made), "play.started", {"jam": "none"})
    run_tasks()

    text = page.get(path).content.decode()

    assert "Mona Manager" in text
    assert "There is no such jam at this venue." in text
    page.post(path, {"do": "off"})
    assert not Inbox.objects.get().enabled
    assert secret_on(page.post(path, {"do": "rotate", "hours": "0"}))
    assert page.post(path, {"do": "nonsense"}).status_code == 404
    page.post(f"{path}/delete")
    assert not Inbox.objects.exists()


def test_whoever_manages_it_no_more_is_shut_out(page, venue):
    endpoint, inbox = make_webhook(venue=venue)[0], make_inbox(venue=venue)[0]
    venue.managers.clear()

    statuses = {page.get(path).status_code for path in (
        f"/webhooks/{endpoint.pk}", f"/webhooks/{endpoint.pk}/delete", f"/webhooks/inboxes/{inbox.pk}",
        f"/webhooks/inboxes/{inbox.pk}/delete", f"/venues/{venue.slug}/webhooks",
    )}  # fmt: skip

    assert statuses == {403}


def test_staff_look_and_switch_off(client, venue):
    client.force_login(make_staff())
    endpoint, inbox = make_webhook(venue=venue)[0], make_inbox(venue=venue)[0]

    act(client, Endpoint, "switch_off", endpoint)
    act(client, Inbox, "switch_off", inbox)

    endpoint.refresh_from_db()
    inbox.refresh_from_db()
    assert (endpoint.enabled, endpoint.disabled_reason, inbox.enabled) == (False, "host", False)
