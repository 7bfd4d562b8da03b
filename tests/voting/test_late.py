"""Requests that nobody waits for any longer are not done (apps/core/lateness.py)."""

import time

import pytest
from django.test import RequestFactory

from apps.jams.models import JamSong
from apps.voting.api import VoteView
from deploy.local import for_client
from tests.callers import Caller
from tests.factories import make_attendee_with_token, make_jam_song, make_vote

pytestmark = pytest.mark.django_db


def vote_path(jam_song):
    return f"/api/v1/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/vote"


def started(seconds_ago):
    """As nginx says it."""
    return f"t={time.time() - seconds_ago:.3f}"


@pytest.fixture
def jam_song():
    return make_jam_song()


@pytest.fixture
def voter(jam_song):
    attendee, token = make_attendee_with_token(jam=jam_song.jam)
    return attendee, token


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_late_vote_is_refused_and_nothing_changes(jam_song, voter, method, settings):
    attendee, token = voter
    if method == "DELETE":
        make_vote(jam_song=jam_song, attendee=attendee)
    before = JamSong.objects.values_list("votes", "revision").get(pk=jam_song.pk)

    answer = Caller(token=token)(method, vote_path(jam_song), **{"X-Request-Start": started(settings.LATE_SECONDS + 1)})

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert 1 <= int(answer["Retry-After"]) <= 5
    assert JamSong.objects.values_list("votes", "revision").get(pk=jam_song.pk) == before


@pytest.mark.parametrize("at_once", [True, False])
def test_a_vote_that_became_late_on_its_way_through_us_is_refused(jam_song, voter, settings, at_once):
    settings.VOTES_AT_ONCE = at_once
    headers = {"Authorization": f"Bearer {voter[1]}", "X-Request-Start": started(settings.LATE_SECONDS + 1)}
    request = RequestFactory().put(vote_path(jam_song), headers=headers)  # past the middleware

    answer = VoteView.as_view()(request, slug=jam_song.jam.slug, pk=jam_song.pk)

    assert answer.status_code == 503
    assert not JamSong.objects.get(pk=jam_song.pk).votes


@pytest.mark.parametrize("said", [None, "", "t=", "t=soon", "t=nan", "t=inf", "-", "t=99999999999999"])
def test_what_says_nothing_of_it_counts(jam_song, voter, said):
    answer = Caller(token=voter[1])("PUT", vote_path(jam_song), **{"X-Request-Start": said})

    assert answer.json()["votes"] == 1


def test_what_is_in_time_counts_and_the_last_proxy_says_so(jam_song, voter, settings):
    settings.LATE_SECONDS = 60
    said = f"{started(99)}, {started(1)}"

    answer = Caller(token=voter[1])("PUT", vote_path(jam_song), **{"X-Request-Start": said})

    assert answer.json()["votes"] == 1


def test_it_is_told_in_the_language_of_who_asks(jam_song, voter, settings):
    headers = {"X-Request-Start": started(settings.LATE_SECONDS + 1), "Accept-Language": "ar"}

    assert "تأخّر" in Caller(token=voter[1])("PUT", vote_path(jam_song), **headers).json()["detail"]


def test_a_late_form_gets_the_page_that_says_so(client, jam_song, settings):
    address = f"/jams/{jam_song.jam.slug}/join"

    answer = client.post(
        address, {"display_name": "Sam"}, headers={"X-Request-Start": started(settings.LATE_SECONDS + 1)}
    )

    assert answer.status_code == 503
    assert not jam_song.jam.attendees.exists()


def test_the_front_of_dev_serve_says_when_it_took_a_request_whatever_the_client_says():
    head = for_client(b"PUT / HTTP/1.1\r\nX-Request-Start: t=1\r\n\r\n", "192.0.2.1").decode()
    said = [line.partition("=")[2] for line in head.splitlines() if line.startswith("X-Request-Start")]

    assert said[0] == "1"
    assert abs(float(said[-1]) - time.time()) < 60
    assert head.endswith("\r\n\r\n")
