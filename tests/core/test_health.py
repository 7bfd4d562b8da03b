"""What balancers and Docker ask of a process."""

import threading

import pytest
from django.db import InterfaceError, connection
from django.test import Client

from apps.core import health
from apps.core.health import NO_DATABASE, NO_TABLES, Readiness
from apps.core.metrics import durations
from tests.databases import asking

pytestmark = [pytest.mark.services, pytest.mark.django_db]
BY_ADDRESS = {"headers": {"Host": "10.0.0.11:8001"}}  # which ALLOWED_HOSTS does not have


@pytest.fixture(autouse=True)
def each_time(monkeypatch):
    """Nothing that was found holds."""
    monkeypatch.setattr(health, "KEPT", -1.0)


def ask(path):
    answer = Client().get(path, **BY_ADDRESS)
    assert answer.headers["Cache-Control"] == "private, no-store"
    return answer.status_code, answer.text


def test_a_process_that_lives_says_so_without_the_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert ask("/healthz") == (200, "ok\n")
    assert Client().head("/healthz", **BY_ADDRESS).status_code == 200
    assert Client().post("/healthz").status_code == 404


def test_one_is_ready_when_the_database_answers():
    assert ask("/readyz") == (200, "ready\n")
    with asking("postgresql://postgres@/postgres?host=/nowhere"):
        assert ask("/readyz") == (503, f"not ready: {NO_DATABASE}\n")
    assert ask("/readyz") == (200, "ready\n")


def test_a_connection_that_is_no_more_is_no_fault_of_ours(monkeypatch):
    def away():
        raise InterfaceError("the connection is closed")

    monkeypatch.setattr(health, "is_migrated", away)
    assert Readiness().why_not() == NO_DATABASE


def test_one_is_ready_when_the_database_has_the_tables_of_this_release():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'voting'")
    assert ask("/readyz") == (503, f"not ready: {NO_TABLES}\n")

    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET name = name || ' of a later release' WHERE app = 'jams'")
    assert NO_TABLES in ask("/readyz")[1]


def test_who_asks_often_costs_one_statement_a_second(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(health, "KEPT", 60.0)
    readiness = Readiness()
    assert readiness.why_not() == ""
    with django_assert_num_queries(0):
        assert [readiness.why_not() for _ in range(5)] == [""] * 5

    readiness.until = 0.0
    with django_assert_num_queries(1):  # migrations are read once
        assert readiness.why_not() == ""


def test_nobody_waits_for_long_for_a_database_that_hangs(monkeypatch):
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    readiness, asked, goes_on = Readiness(), threading.Event(), threading.Event()

    def look():
        asked.set()
        goes_on.wait(30)
        return ""

    monkeypatch.setattr(readiness, "look", look)
    first = threading.Thread(target=readiness.why_not)
    first.start()
    asked.wait(30)
    assert readiness.why_not() == NO_DATABASE
    goes_on.set()
    first.join()
    assert readiness.why_not() == ""


def test_they_are_not_among_the_requests_of_people():
    before = [sample.value for metric in durations.collect() for sample in metric.samples]
    ask("/healthz")
    ask("/readyz")
    assert [sample.value for metric in durations.collect() for sample in metric.samples] == before
