"""Requests over their budget are named in the log, once a minute a route."""

import pytest

from apps.insight.profiling import overspent
from apps.insight.profiling.overspent import MEGABYTE, Process
from tests.factories import make_venue


@pytest.fixture(autouse=True)
def nothing_told():
    Process.told_at.clear()


@pytest.fixture
def told(caplog):
    return lambda: [
        record.getMessage() for record in caplog.records if record.name == "apps.insight.profiling.overspent"
    ]


@pytest.mark.django_db
def test_a_request_that_asks_too_often_is_named_once(client, settings, told):
    settings.REQUEST_QUERY_BUDGET = 1
    make_venue()

    client.get("/venues?page=1")
    client.get("/venues?page=1")

    [line] = told()
    assert line.startswith("GET pages:venues: ")
    assert line.endswith(" queries, of 1 that a request may ask")


@pytest.mark.django_db
def test_within_its_budget_none_is(client, told):
    client.get("/venues?page=1")

    assert told() == []


def test_a_request_that_lets_its_process_grow_is_named(settings, told):
    settings.REQUEST_MEMORY_BUDGET_MB = 50
    overspent.check("GET pages:home", 0)
    taken = bytearray(Process.most_memory + 80 * MEGABYTE)  # written, so it is really there

    overspent.check("GET pages:reports", 0)
    overspent.check("GET pages:home", 0)
    del taken

    [line] = told()
    assert line.startswith("GET pages:reports: its process grew by ")


def test_what_is_named_again_a_minute_later(settings, told, monkeypatch):
    overspent.check("GET pages:home", settings.REQUEST_QUERY_BUDGET + 1)
    monkeypatch.setattr(overspent, "EVERY", 0.0)
    overspent.check("GET pages:home", settings.REQUEST_QUERY_BUDGET + 1)

    assert len(told()) == 2
