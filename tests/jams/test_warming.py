"""Warming by a server that starts: once for all of them, and never in its way. See tests/test_start_and_stop.py."""

import pytest
from django.core.cache import cache

from apps.core.store import store
from apps.jams.warming import warm_at_start, warm_once
from tests.factories import make_jam

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def site(settings):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "http://testserver", ["testserver"]


def test_of_servers_that_start_together_one_computes():
    jam = make_jam()
    make_jam(status="ended")

    warm_once()
    warm = store.groups()
    store.retire(*warm)
    warm_once()

    assert warm == sorted(["jams", "songs", "venues", f"info.{jam.slug}", jam.stream])
    assert store.groups() == []


def test_an_address_that_is_not_ours_is_logged_and_nothing_more(settings, caplog):
    settings.ALLOWED_HOSTS = ["another.example"]

    warm_once()

    assert "not warm at start: /api/v1/jams: HTTP 400" in caplog.text


def test_without_cached_reads_nothing_is_begun(settings):
    settings.CACHED_READS = False

    warm_at_start()

    assert cache.get("warming") is None
