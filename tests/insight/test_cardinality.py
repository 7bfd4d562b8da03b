"""Labels are names of ours: whatever anybody sends, `/metrics` has no more series than there are routes and reasons."""

import uuid
from http import HTTPStatus

import pytest
from django.conf import settings
from django.test import Client
from prometheus_client import REGISTRY
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from apps.core.looking import look
from apps.core.metrics import METHODS
from apps.core.query_times import tables
from apps.live.streams import announce
from apps.tasks.declared import QUEUES, TASKS
from apps.tasks.metrics import count_tasks, measure
from tests.callers import Caller
from tests.factories import make_attendee_with_token, make_jam, make_jam_song, make_task, make_user
from tests.insight.test_slo import ROUTES
from tests.voting.test_outcomes import REASONS

pytestmark = pytest.mark.django_db(transaction=True)
STATUSES = {str(status.value) for status in HTTPStatus}
KINDS = {"web", "live", "worker", "beat"}
TASK_ENDS = {"done", "failed", "retried", "unfinished"}
# What each label of each metric may say; a metric of ours that is not here fails.
OPERATIONS = {"select", "insert", "update", "delete", "other"}
LABELS = {
    "api_request_duration_seconds": {"method": {*METHODS, "other"}, "endpoint": set(ROUTES), "status_code": STATUSES},
    "cache_answers": {"outcome": {"local", "store", "miss", "refused"}, "kind": set(settings.CACHED)},
    "cache_answer_bytes": {"kind": set(settings.CACHED)},
    "celery_task_duration_seconds": {"task_name": {*TASKS, "unknown"}, "status": TASK_ENDS},
    "db_query_duration_seconds": {"model": {*tables().values(), "other"}, "operation": OPERATIONS},
    "live_latency_seconds": {},
    "live_sockets": {},
    "process_cpu_seconds_total": {"kind": KINDS},
    "process_resident_memory_bytes": {"kind": KINDS},
    "replica_reads": {"outcome": {"replica", "behind", "away"}},
    "tasks_failed": {"queue": set(QUEUES)},
    "tasks_running": {"queue": set(QUEUES)},
    "tasks_waiting": {"queue": set(QUEUES)},
    "votes": {"outcome": {"counted", "unchanged"} | REASONS},
}
OF_LIBRARIES = ("python_", "django_")


def series():
    look()
    return {
        (family.name, *sorted((name, value) for name, value in one.labels.items() if name != "le"))
        for family in REGISTRY.collect()
        for one in family.samples
        if not family.name.startswith(OF_LIBRARIES)
    }


def abuse(server, *, times):
    """As somebody would who wants many series: names of their own in every place that takes one."""
    for _ in range(times):
        name = uuid.uuid4().hex
        song, user = make_jam_song(jam=make_jam()), make_user()
        _attendee, token = make_attendee_with_token(jam=song.jam)
        voter, jam = Caller(token=token), f"/api/v1/jams/{song.jam.slug}"
        for call in (("PUT", f"{jam}/songs/{song.pk}/vote"), ("PUT", f"/api/v1/jams/{name}/songs/{song.pk}/vote"),
                     (name.upper(), jam), ("GET", f"/{name}"), ("GET", f"/api/v1/songs?search={name}&{name}=1"),
                     ("GET", f"/api/v1/venues/{name}"), ("POST", "/api/v1/auth/token")):  # fmt: skip
            voter(*call, **{"User-Agent": name, "Accept-Language": name, "X-Request-Id": name})
        Client(headers={"Authorization": f"Bearer {name}"}).get("/metrics")
        Caller(user=user)("GET", "/")
        measure(make_task(name=f"tasks.{name}", started_at=song.created_at, ended_at=song.created_at))
        announce(f"jam.{name}")
        for path in (song.jam.slug, name):
            try:
                with connect(f"{server.replace('http', 'ws')}/ws/jams/{path}") as socket:
                    socket.recv(timeout=5)
            except ConnectionClosed:
                pass
    count_tasks()


def test_who_wants_more_series_gets_none(asgi_server):
    abuse(asgi_server, times=2)
    before = series()

    abuse(asgi_server, times=3)

    assert series() - before == set()


def test_each_label_has_names_of_ours_alone(asgi_server):
    before = series()  # by which other tests of this process called views and tasks of their own

    abuse(asgi_server, times=1)

    assert {name for name, *_labels in series()} <= set(LABELS)
    for name, *labels in series() - before:
        for label, value in labels:
            assert value in LABELS[name][label], (name, label)
