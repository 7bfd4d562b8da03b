"""Reads at a real replica of a real primary, as exact as at the primary (apps/core/replicas.py)."""

import time

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, connections, router, transaction

from apps.core import replicas
from apps.core.replicas import Router, from_replica, reads
from tests.databases import asking
from tests.servers import STARTED, start_postgres, start_replica

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture(scope="module")
def addresses():
    primary = start_postgres()
    yield primary, start_replica(primary)
    for process, _home in STARTED[-2:]:
        process.kill()


@pytest.fixture
def replica(addresses, settings, monkeypatch):
    """Its URL. What is asked within goes to the primary, and to it."""
    primary, url = addresses
    settings.REPLICAS = ["replica1"]
    monkeypatch.setattr(router, "routers", [Router()])
    monkeypatch.setattr(replicas, "away_until", {})
    with asking(primary), asking(url, "replica1"):
        with connections[DEFAULT_DB_ALIAS].schema_editor() as editor:
            editor.create_model(ContentType)
        yield url
        with connections[DEFAULT_DB_ALIAS].schema_editor() as editor:
            editor.delete_model(ContentType)


@pytest.fixture
def outcomes():
    """How many there have been meanwhile, by outcome."""

    def counted():
        return {name: reads.labels(name)._value.get() for name in ("replica", "behind", "away")}

    before = counted()
    return lambda: {name: int(count - before[name]) for name, count in counted().items() if count - before[name]}


def there():
    """What is there, and whether it was a replica that said so."""
    found = list(ContentType.objects.order_by("pk").values_list("model", flat=True))
    with connections[router.db_for_read(ContentType)].cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        return found, cursor.fetchone()[0]


def add(name):
    ContentType.objects.create(app_label="tests", model=name)


def paused(url, wanted):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SELECT pg_wal_replay_{'pause' if wanted else 'resume'}()")
        while (connection.execute("SELECT pg_get_wal_replay_pause_state()").fetchone()[0] == "paused") != wanted:
            time.sleep(0.01)


def test_whoever_has_just_written_reads_it_at_the_replica(replica, outcomes, settings):
    settings.REPLICA_WAIT_SECONDS = 60
    for number in range(20):
        add(f"song{number}")

        assert from_replica(there) == ([f"song{n}" for n in range(number + 1)], True)
    assert outcomes() == {"replica": 20}
    assert there()[1] is False


def test_what_is_behind_is_passed_over(replica, outcomes, settings):
    add("one")
    settings.REPLICA_WAIT_SECONDS = 60
    from_replica(there)
    paused(replica, True)
    add("two")
    settings.REPLICA_WAIT_SECONDS = 0.01
    try:
        assert from_replica(there) == (["one", "two"], False)
    finally:
        paused(replica, False)
    assert outcomes() == {"replica": 1, "behind": 1}


def test_what_is_written_within_is_written_to_the_primary(replica, settings):
    settings.REPLICA_WAIT_SECONDS = 60

    def write():
        found = there()
        add("one")
        return found

    assert from_replica(write) == ([], True)
    assert there() == (["one"], False)


def test_a_transaction_reads_what_it_has_not_committed(replica, outcomes):
    with transaction.atomic():
        add("one")
        assert from_replica(there) == (["one"], False)
    assert outcomes() == {}


def test_what_is_lost_is_not_asked_again_for_some_seconds(replica, outcomes, settings, monkeypatch):
    settings.REPLICA_WAIT_SECONDS = 60
    add("one")
    from_replica(there)
    with psycopg.connect(replica, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                           " AND backend_type = 'client backend'")  # fmt: skip

    assert from_replica(there) == (["one"], False)
    assert from_replica(there) == (["one"], False)
    assert outcomes() == {"replica": 1, "away": 1}

    connections["replica1"].close()
    monkeypatch.setattr(replicas, "away_until", {"replica1": time.monotonic()})
    assert from_replica(there) == (["one"], True)


def test_a_fault_of_the_read_itself_is_no_fault_of_the_replica(replica, outcomes, settings):
    settings.REPLICA_WAIT_SECONDS = 60

    with pytest.raises(LookupError):
        from_replica(lambda: {}["nothing"])

    assert outcomes() == {}
    assert from_replica(there) == ([], True)


def test_without_replicas_it_is_read_where_everything_is(settings):
    assert settings.REPLICAS == []
    assert from_replica(lambda: router.db_for_read(ContentType)) == DEFAULT_DB_ALIAS
