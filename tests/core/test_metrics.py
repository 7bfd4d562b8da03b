"""`/metrics`: who sees it, what is in it, and that several processes add up."""

import os
import signal
import time

import httpx
import pytest
import redis
from django.conf import settings as configured
from django.test import Client
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from apps.core import counts, metrics
from apps.core import store as module
from apps.core.metrics import METHODS
from apps.core.store import RedisStore
from tests.factories import make_attendee_with_token, make_jam, make_staff, make_user
from tests.processes import WSGI, servers

TOKEN = "t0ken-" * 8
OUTCOMES = ("local", "store", "miss", "refused")
ANSWERS = "api_request_duration_seconds_count"
PATIENCE = 60  # seconds: a busy machine
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def token(settings):
    settings.METRICS_TOKEN = TOKEN


def samples(text):
    """`{(name, frozenset of labels): value}`."""
    families = text_string_to_metric_families(text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def labels(**given):
    return frozenset(given.items())


def answered(method, endpoint, status):
    """How many requests this process has counted so."""
    found = REGISTRY.get_sample_value(ANSWERS, {"method": method, "endpoint": endpoint, "status_code": str(status)})
    return int(found or 0)


def scrape():
    answer = Client(headers=BEARER).get("/metrics")
    assert answer.status_code == 200
    return samples(answer.content.decode())


# Who sees it ------------------------------------------------------------------------------------------


def test_prometheus_sees_it_by_its_token_and_the_database_is_not_asked(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = Client(headers=BEARER).get("/metrics")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["Cache-Control"] == "private, no-store"


def test_staff_see_it(client, db):
    client.force_login(make_staff())

    assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize("role", ["anonymous", "host", "attendee", "wrong token", "other scheme", "token in the query"])
def test_others_do_not(client, db, role):
    path, headers = "/metrics", {}
    if role == "host":
        client.force_login(make_user())
    elif role == "attendee":
        headers = {"Authorization": f"Bearer {make_attendee_with_token(jam=make_jam())[1]}"}
    elif role == "wrong token":
        headers = {"Authorization": f"Bearer {TOKEN[:-1]}é"}
    elif role == "other scheme":
        headers = {"Authorization": f"Basic {TOKEN}"}
    elif role == "token in the query":
        path = f"/metrics?token={TOKEN}"

    answer = client.get(path, headers=headers)

    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert answer.json()["code"] == "not_allowed"
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}"])
def test_without_the_setting_no_token_is_right(client, db, settings, given):
    settings.METRICS_TOKEN = ""

    assert client.get("/metrics", headers={"Authorization": given}).status_code == 403


def test_it_is_for_reading(db):
    assert Client(headers=BEARER).post("/metrics").status_code == 405


# Requests ---------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_request_is_counted_by_its_route_whoever_answers():
    jam = make_jam()
    before = answered("GET", "api:jam", 200)

    for path in (f"/api/v1/jams/{jam.slug}", f"/api/jams/{jam.slug}/"):  # computed, and the cache's
        assert Client().get(path).status_code == 200
    Client(headers={"Authorization": "Bearer x"}).get(f"/api/v1/jams/{jam.slug}?unknown=1")  # goes past the cache

    assert answered("GET", "api:jam", 200) == before + 3


@pytest.mark.django_db(transaction=True)
def test_what_is_no_answer_to_share_is_counted_by_its_route_too():
    draft = make_jam(status="draft")
    before = answered("GET", "api:jam", 404)

    Client().get(f"/api/v1/jams/{draft.slug}")

    assert answered("GET", "api:jam", 404) == before + 1


@pytest.mark.django_db
def test_a_fault_is_counted(monkeypatch):
    monkeypatch.setattr("apps.pages.views.home.render", lambda *args, **kwargs: 1 / 0)
    before = answered("GET", "pages:home", 500)

    Client(raise_request_exception=False).get("/")

    assert answered("GET", "pages:home", 500) == before + 1


@pytest.mark.django_db
def test_nobody_can_make_new_labels():
    def seen(name):
        return {sample.labels[name] for family in metrics.durations.collect() for sample in family.samples}

    endpoints = seen("endpoint") | {"none"}
    for n in range(5):
        Client().generic(f"BREW{n}", f"/nothing/{n}")
        Client().get(f"/api/v1/{n}")
        Client().get(f"/static/{n}.js")

    assert seen("endpoint") == endpoints
    assert seen("method") <= METHODS | {"other"}
    assert answered("other", "none", 404) >= 5


# The cache, the pool, Redis ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_answers_of_the_cache_are_counted_by_kind_and_outcome():
    def told():
        found = scrape()
        by_outcome = {
            outcome: found.get(("cache_answers_total", labels(kind="songs", outcome=outcome)), 0)
            for outcome in OUTCOMES
        }
        return by_outcome | {"bytes": found.get(("cache_answer_bytes_total", labels(kind="songs")), 0)}

    before = told()
    for _ in range(5):
        body = Client().get("/api/v1/songs").content
    new = {name: count - before[name] for name, count in told().items()}

    hits = {"local": 4, "store": 0} if configured.LOCAL_COPY_SECONDS else {"local": 0, "store": 4}
    assert new == hits | {"miss": 1, "refused": 0, "bytes": 5 * len(body)}
    assert told() == {name: count + new[name] for name, count in before.items()}  # once


@pytest.mark.services
def test_statements_are_counted(db):
    def ran():
        return scrape()["django_db_execute_total", labels(alias="default", vendor="postgresql")]

    make_staff()
    before = ran()
    make_staff()

    assert ran() > before


@pytest.mark.services
def test_redis_says_how_full_it_is():
    found = scrape()

    assert found["redis_memory_used_bytes", labels()] > 100_000
    assert found["redis_evicted_keys_total", labels()] == 0


@pytest.mark.django_db
def test_without_redis_the_rest_is_there(monkeypatch):
    gone = RedisStore(redis.Redis.from_url("unix:///nowhere/redis.sock", socket_timeout=0.1))
    for place in (module, metrics, counts):
        monkeypatch.setattr(place, "store", gone)

    names = {name for name, _labels in scrape()}

    assert ANSWERS in names
    assert not [name for name in names if name.startswith("redis_")]


def test_without_a_pool_there_is_nothing_to_say_of_it():
    assert "db_pool" not in {name for name, _labels in scrape()}


# Processes --------------------------------------------------------------------------------------------


def test_one_process_has_its_own_numbers(asgi_server, settings):
    """As in `./dev run`."""
    settings.ALLOWED_HOSTS = ["*"]
    make_user()
    before = answered("GET", "api:venues", 200)
    for _ in range(3):
        httpx.get(f"{asgi_server}/api/v1/venues", timeout=PATIENCE).raise_for_status()

    found = samples(httpx.get(f"{asgi_server}/metrics", headers=BEARER, timeout=PATIENCE).text)

    assert found[ANSWERS, labels(method="GET", endpoint="api:venues", status_code="200")] == before + 3


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_the_numbers_of_all_workers_add_up(tmp_path):
    with servers(tmp_path) as start:
        address = start(WSGI, WEB_CONCURRENCY="2", DATABASE_POOL="4", METRICS_TOKEN=TOKEN)

        def look():
            return samples(httpx.get(f"{address}/metrics", headers=BEARER, timeout=PATIENCE).raise_for_status().text)

        def workers():
            return {dict(found)["pid"] for name, found in look() if name == "db_pool"}

        def counted():
            found = look()
            cached = [found.get(("cache_answers_total", labels(kind="songs", outcome=o)), 0) for o in OUTCOMES]
            return found.get((ANSWERS, labels(method="GET", endpoint="api:songs", status_code="200"))), sum(cached)

        pids = until(workers, lambda found: len(found) == 2)
        for pid in map(int, pids):  # while one is stopped, the other answers
            os.kill(pid, signal.SIGSTOP)
            for _ in range(5):
                httpx.get(f"{address}/api/v1/songs", timeout=PATIENCE).raise_for_status()
            os.kill(pid, signal.SIGCONT)

        # Whoever is asked. A server that starts may have warmed the songs.
        assert [until(counted, lambda found: found[1] in (10, 11))[0] for _ in range(5)] == [10] * 5
        assert look()["db_pool", labels(pid=min(pids), statistic="pool_max")] == 4
        assert all(look()["process_resident_memory_bytes", labels(pid=pid, kind="web")] > 10_000_000 for pid in pids)
        used = look()["process_cpu_seconds_total", labels(kind="web")]

        os.kill(int(min(pids)), signal.SIGKILL)
        until(workers, lambda found: len(found) == 2 and found != pids)

        assert min(pids) not in workers()  # its pool is gone, what it counted is not
        assert counted()[0] == 10
        assert look()["process_cpu_seconds_total", labels(kind="web")] >= used > 0.1


def until(look, fits, seconds=20):
    deadline = time.monotonic() + seconds
    while not fits(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found
