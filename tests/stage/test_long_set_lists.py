"""Set lists that are too long for a request: a worker makes them, by the same operations."""

import pytest

from apps.jams.models import JamHost
from apps.tasks.models import Task
from tests.callers import Caller
from tests.factories import make_jam, make_jam_song, make_user, make_vote
from tests.tasks.running import run_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(settings):
    settings.SET_LIST_AT_ONCE = 2
    return make_user()


@pytest.fixture
def jam(host):
    jam = make_jam(host=host)
    for position, votes in enumerate((1, 3, 2), start=1):
        song = make_jam_song(jam=jam, status="queued", position=position, title=f"{votes} votes")
        for _ in range(votes):
            make_vote(jam_song=song)
    make_jam_song(jam=jam, title="Open")
    return jam


def queue(jam):
    return list(jam.songs.queue().values_list("song__title", flat=True))


def post(host, jam, what="", **body):
    return Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/setlist{what}", body)


def test_a_long_one_is_arranged_by_a_worker(host, jam):
    answer = post(host, jam, "/arrange", algorithm="votes")
    before = queue(jam)
    run_tasks()

    done = Caller(user=host)("GET", answer.headers["Location"]).json()
    assert (answer.status_code, answer.json()["state"], before) == (202, "waiting", ["1 votes", "3 votes", "2 votes"])
    assert queue(jam) == ["3 votes", "2 votes", "1 votes"]
    assert (done["state"], done["about"], len(done["result"]["changed"])) == ("done", f"jam:{jam.pk}", 3)


def test_a_long_one_is_filled_by_a_worker(host, jam):
    answer = post(host, jam, algorithm="votes", count=1)
    run_tasks()

    assert answer.status_code == 202
    assert queue(jam)[-1] == "Open"


def test_who_asks_twice_has_it_once(host, jam):
    first, second = post(host, jam, "/arrange"), post(host, jam, "/arrange")

    assert first.json()["id"] == second.json()["id"]
    assert Task.objects.count() == 1


def test_who_is_no_host_any_more_changes_nothing(host, jam):
    post(host, jam, "/arrange", algorithm="votes")
    JamHost.objects.all().delete()
    jam.venue.managers.clear()

    (failed,) = run_tasks()

    assert (failed.state, failed.attempts) == ("failed", 1)
    assert queue(jam) == ["1 votes", "3 votes", "2 votes"]


def test_a_jam_that_is_gone_is_nobodys_failure(host, jam):
    post(host, jam, "/arrange")
    type(jam).objects.all().delete()

    (done,) = run_tasks()

    assert (done.state, done.result) == ("done", {"gone": True})


def test_a_short_one_is_made_at_once(host, jam, settings):
    settings.SET_LIST_AT_ONCE = 4

    answer = post(host, jam, "/arrange", algorithm="votes")

    assert (answer.status_code, Task.objects.count()) == (200, 0)
    assert len(answer.json()["changed"]) == 3


@pytest.mark.parametrize(("do", "last"), [("arrange", "1 votes"), ("plan", "Open")])
def test_the_console_says_that_it_comes_by_itself(client, host, jam, do, last):
    client.force_login(host)

    page = client.post(f"/jams/{jam.slug}/host/setlist", {"do": do, "algorithm": "votes"}, follow=True)
    run_tasks()

    assert "It is being made, and comes by itself." in page.content.decode()
    assert queue(jam)[-1] == last
