"""One's own phone page: the browser asks, and hears 304 while it would say the same."""

import gzip
import json

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.jams.identity import cookie_name
from apps.voting.operations import cast_vote
from tests.factories import make_attendee, make_attendee_with_token, make_jam, make_jam_song, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def jam():
    jam = make_jam(host=make_user())
    make_jam_song(jam=jam)
    return jam


@pytest.fixture
def phone(jam):
    _attendee, token = make_attendee_with_token(jam=jam)
    client = Client()
    client.cookies[cookie_name(jam)] = token
    client.get(f"/jams/{jam.slug}")  # has a token for forms from now on
    return client


def test_what_says_the_same_is_not_sent_again(phone, jam):
    first = phone.get(f"/jams/{jam.slug}")

    again = phone.get(f"/jams/{jam.slug}", headers={"if-none-match": first["ETag"]})

    assert (first.status_code, first["Cache-Control"], first["Vary"]) == (
        200,
        "private, no-cache",
        "Cookie, Accept-Encoding",
    )
    assert (again.status_code, again.content) == (304, b"")
    assert "Content-Security-Policy" not in again  # it would take the place of the page's


def test_what_has_changed_is(phone, jam):
    etag = phone.get(f"/jams/{jam.slug}")["ETag"]
    cast_vote(jam_song=jam.songs.get(), attendee=make_attendee(jam=jam))

    assert phone.get(f"/jams/{jam.slug}", headers={"if-none-match": etag}).status_code == 200


def test_tokens_of_another_secret_are_another_page(phone, jam):
    etag = phone.get(f"/jams/{jam.slug}")["ETag"]
    phone.cookies["csrf"] = "x" * 32

    assert phone.get(f"/jams/{jam.slug}", headers={"if-none-match": etag}).status_code == 200


@pytest.fixture
def host(jam):
    client = Client()
    client.force_login(jam.hosts.get())
    return client


def test_a_console_that_says_the_same_is_not_sent_again(host, jam):
    path = f"/jams/{jam.slug}/host"
    host.get(path)
    first = host.get(path)

    assert (first.status_code, first["Cache-Control"]) == (200, "private, no-cache")
    assert host.get(path, headers={"if-none-match": first["ETag"]}).status_code == 304
    cast_vote(jam_song=jam.songs.get(), attendee=make_attendee(jam=jam))
    assert host.get(path, headers={"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize(("path", "role"), [("/logout", "host"), ("/admin/logout/", "staff")])
def test_the_console_of_one_host_is_nobody_elses_and_goes_at_log_out(host, jam, path, role):
    console = f"/jams/{jam.slug}/host"
    User.objects.update(role=role)
    host.get(console)
    etag = host.get(console)["ETag"]
    stranger = Client()
    stranger.force_login(make_user())

    assert stranger.get(console, headers={"if-none-match": etag}).status_code in {403, 404}
    assert host.post(path)["Clear-Site-Data"] == '"cache"'
    assert host.get(console, headers={"if-none-match": etag})["Location"].startswith("/login")


def test_nobody_keeps_what_else_is_of_hosts(host, jam):
    draft = make_jam(host=jam.hosts.get(), status="draft")

    for path in (f"/jams/{jam.slug}", f"/jams/{draft.slug}", "/account", "/host"):
        assert host.get(path)["Cache-Control"] == "private, no-store"


def test_pages_and_long_answers_are_compressed(phone, jam):
    coded = {"accept-encoding": "gzip"}
    page = phone.get(f"/jams/{jam.slug}", headers=coded)
    short = phone.get(f"/api/v1/jams/{jam.slug}/me", headers=coded)
    host = Client()
    host.force_login(jam.hosts.get())
    for n in range(40):
        make_jam_song(jam=jam, title=f"Of the evening, {n}")
    long = host.get(f"/api/v1/jams/{jam.slug}/songs?page_size=100", headers=coded | {"accept": "application/json"})

    assert page["Content-Encoding"] == "gzip"
    assert gzip.decompress(page.content).startswith(b"<!doctype html>")
    assert "Content-Encoding" not in short
    assert len(json.loads(gzip.decompress(long.content))["results"]) == 41
