"""Profiles of a request and of processes. What they measure is real; nothing here says how long it took."""

import re
import threading
import time
from contextlib import contextmanager

import httpx
import pytest

from apps.insight.profiling import profiles
from apps.insight.profiling.profiles import ProfileRuns, begin, collapsed, find, functions, keep, latest
from apps.insight.profiling.sampler import Sampler
from tests.factories import make_api_token, make_staff, make_user
from tests.processes import ASGI, WSGI, wait_until

LINE = re.compile(r"[^;\s]+:[^;]+(;[^;]+)* \d+")


def turn_round(ending):
    while not ending.is_set():
        sum(range(1000))


@contextmanager
def busy():
    ending = threading.Event()
    thread = threading.Thread(target=turn_round, args=[ending])
    thread.start()
    yield thread
    ending.set()
    thread.join()


@pytest.fixture
def staff(client, db):
    user = make_staff(email="staff@example.com")
    client.force_login(user)
    return user


def test_what_computes_is_seen_and_what_waits_for_work_is_not():
    with busy():
        waiting = threading.Thread(target=threading.Event().wait, args=[0.5])
        waiting.start()
        sampler = Sampler(200)
        sampler.start()
        wait_until(lambda: any("turn_round" in stack for stack in sampler.stacks))
        stacks = sampler.stop()
        waiting.join()

    assert all(LINE.fullmatch(f"{stack} 1") for stack in stacks)
    assert not any(stack.endswith("Event.wait") for stack in stacks)


def test_of_one_thread_nothing_else_is_seen():
    with busy() as thread:
        sampler = Sampler(200, thread.ident)
        sampler.start()
        wait_until(lambda: sampler.stacks)
        stacks = sampler.stop()

    assert {re.search("turn_round", stack)[0] for stack in stacks} == {"turn_round"}


def test_functions_by_themselves_and_in_all():
    pk = begin("web", 1)
    keep(pk, {"m:a;m:b": 2.0, "m:a;m:b;m:a": 1.0})
    keep(pk, {"m:a": 0.5})

    found = find(pk)

    rows = [(row.function, row.self_seconds, row.total_seconds) for row in functions(found)]
    assert rows == [("b", 2.0, 3.0), ("a", 1.5, 3.5)]
    assert collapsed(found) == "m:a 500000\nm:a;m:b 2000000\nm:a;m:b;m:a 1000000\n"
    assert found.parts == 2
    assert [one.pk for one in latest()] == [pk]


def test_one_is_taken_at_a_time():
    begin("web", 1)

    with pytest.raises(ProfileRuns):
        begin("live", 1)


def test_staff_have_a_request_profiled(client, staff):
    answer = client.get("/host", headers={"X-Profile": "1"})

    profile = client.get(answer["X-Profile"])
    stacks = client.get(answer["X-Profile"] + "/stacks")
    assert profile.status_code == 200
    assert "GET /host" in profile.content.decode()
    assert stacks["Content-Disposition"] == 'attachment; filename="profile-1.txt"'
    assert all(LINE.fullmatch(line) for line in stacks.content.decode().splitlines())
    assert "X-Profile" in client.get("/host", headers={"X-Profile": "1"})  # the next may be taken


def test_what_fails_lets_the_next_be_taken(client, staff, monkeypatch):
    monkeypatch.setattr("apps.pages.views.account.render", lambda *args, **kwargs: 1 / 0)
    client.raise_request_exception = False

    client.get("/host", headers={"X-Profile": "1"})

    assert profiles.wanted_now() is None


@pytest.mark.parametrize("who", ["nobody", "host"])
@pytest.mark.django_db
def test_nobody_else_has_one_taken(client, who):
    if who == "host":
        client.force_login(make_user())

    answer = client.get("/venues", headers={"X-Profile": "1"})

    assert "X-Profile" not in answer
    assert latest() == []


@pytest.mark.django_db
def test_a_program_of_staff_has_one_taken(client):
    _token, text = make_api_token(user=make_staff(email="staff@example.com"))

    answer = client.get("/api/v1/users", headers={"X-Profile": "1", "Authorization": f"Bearer {text}"})

    assert answer["X-Profile"] == "/insight/profile/1"


def test_a_profile_of_processes_is_waited_for(client, staff):
    answer = client.post("/insight/profile", {"kind": "worker", "seconds": "1"})

    page = client.get(answer["Location"])
    assert (answer.status_code, page.status_code, page["Refresh"]) == (303, 200, "2")
    assert client.post("/insight/profile", {"kind": "web", "seconds": "1"}).status_code == 400
    assert client.get("/insight/profile/99").status_code == 404


def test_one_longer_than_is_allowed_is_not_taken(client, staff, settings):
    settings.PROFILE_SECONDS = 5

    assert client.post("/insight/profile", {"kind": "web", "seconds": "6"}).status_code == 400
    assert latest() == []


@pytest.mark.parametrize(("command", "kind"), [(WSGI, "web"), (ASGI, "live")])
@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_the_processes_of_a_kind_answer(serve, command, kind):
    address = serve(command)
    pk = begin(kind, 1)

    while not find(pk).parts:  # what the profile is to show
        httpx.get(f"{address}/venues", headers={"Cookie": "session=x"}, timeout=30)
        time.sleep(0.01)

    assert any("WSGIHandler.__call__" in stack for stack in find(pk).stacks)
    assert not any(stack.endswith("_worker") for stack in find(pk).stacks)
