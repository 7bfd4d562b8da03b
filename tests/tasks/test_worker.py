"""A real worker, a real beat, PostgreSQL and Redis, and what becomes of tasks when any of them is gone."""

import json
import random
from datetime import timedelta
from unittest.mock import patch

import httpx
import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.catalog.models import Song
from apps.catalog.run_models import ImportRun
from apps.catalog.uploads import begin_import
from apps.tasks.enqueue import enqueue
from apps.tasks.models import Task
from apps.tasks.sending import send
from tests.factories import make_import, make_user
from tests.processes import wait_until
from tests.tasks.conftest import TOKEN, children_of, kill
from tests.tasks.made import (
    break_down,
    hear_nothing,
    last_too_long,
    wait_and_write,
    write_down,
    write_now,
    write_sometime,
    written,
)  # fmt: skip

pytestmark = pytest.mark.services
OURS = {"tasks.write_down", "tasks.break_down", "tasks.hear_nothing"}  # the clock has others done


def is_ended(*tasks):
    return not Task.objects.filter(pk__in=[task.pk for task in tasks]).unfinished().exists()


def now(task):
    return Task.objects.get(pk=task.pk)


def test_what_is_committed_runs_once_and_what_is_not_never(celery):
    with transaction.atomic():
        kept = enqueue(write_down, text="kept")
    with transaction.atomic():
        enqueue(write_down, text="rolled back")
        transaction.set_rollback(True)
    last = enqueue(write_down, text="last")

    wait_until(lambda: is_ended(kept, last))

    assert (written("kept"), written("rolled back"), written("last")) == (1, 0, 1)
    assert (now(kept).state, now(kept).attempts, now(kept).result) == ("done", 1, {"written": "kept"})


def test_a_broker_that_is_away_at_the_commit_is_made_up_for(celery, monkeypatch):
    with override_settings(TASK_BROKER_URL="redis://127.0.0.1:1"):
        monkeypatch.setattr("apps.tasks.broker.app.connection_for_write", nowhere)
        task = enqueue(write_down, text="late")  # and the caller hears nothing of it
    monkeypatch.undo()
    unsent = now(task).sent_at

    wait_until(lambda: is_ended(task))

    assert unsent is None
    assert written("late") == 1


def test_an_error_of_a_task_is_logged_and_told_with_its_ids_and_no_secret(celery):
    task = enqueue(break_down, text="broken")

    wait_until(lambda: is_ended(task))
    wait_until(lambda: any(event["tags"].get("task") == str(task.pk) for event in celery.told.events()))

    lines = [json.loads(line) for line in celery.log.read_text().splitlines() if f"task-{task.pk}" in line]
    assert {(line["logger"], line["level"], line["task"]) for line in lines} == {
        ("apps.tasks.running", "ERROR", str(task.pk))
    }
    assert all("password=*** of broken" in line["exception"] for line in lines)
    assert "hunter2" not in "".join(celery.told.envelopes) + celery.log.read_text()


def test_a_message_that_comes_twice_runs_once(celery, tmp_path):
    tasks = [enqueue(write_down, text=f"twice {n}") for n in range(20)]
    for _ in range(2):
        send(tasks)
    held = enqueue(wait_and_write, text="held", gate=str(tmp_path / "gate"))
    wait_until(lambda: written("begin held"))
    send([held])
    wait_until(lambda: is_ended(*tasks))

    (tmp_path / "gate").touch()
    wait_until(lambda: is_ended(held))

    assert [written(f"twice {n}") for n in range(20)] == [1] * 20
    assert (written("begin held"), written("held")) == (1, 1)


def test_what_a_killed_process_had_is_run_again(celery, tmp_path):
    task = enqueue(wait_and_write, text="killed", gate=str(tmp_path / "gate"))
    wait_until(lambda: written("begin killed"))

    for child in children_of(celery.worker):
        kill(child)
    wait_until(lambda: written("begin killed") == 2)
    (tmp_path / "gate").touch()
    wait_until(lambda: is_ended(task))

    assert (now(task).state, written("killed")) == ("done", 1)


def test_what_a_killed_worker_had_is_run_again_when_it_must_be_gone(celery, tmp_path):
    task = enqueue(wait_and_write, text="orphan", gate=str(tmp_path / "gate"))
    wait_until(lambda: written("begin orphan"))
    celery.kill_worker()
    held = now(task)
    (tmp_path / "gate").touch()
    early = written("orphan")
    Task.objects.update(due_at=timezone.now())  # the time has passed

    wait_until(lambda: is_ended(task))

    assert held.due_at - held.started_at > timedelta(seconds=240)
    assert (early, written("orphan")) == (0, 1)


def test_a_worker_that_is_told_to_end_ends_its_tasks_and_gives_back_what_needs_long(celery, tmp_path):
    short = enqueue(wait_and_write, text="short", gate=str(tmp_path / "short"))
    long = enqueue(wait_and_write, text="long", gate=str(tmp_path / "long"))
    wait_until(lambda: written("begin short") and written("begin long"))

    celery.worker.terminate()
    (tmp_path / "short").touch()
    wait_until(lambda: now(long).state == "waiting")
    left = now(long)
    (tmp_path / "long").touch()
    celery.ended_worker()
    wait_until(lambda: is_ended(short, long))

    assert (now(short).state, now(short).attempts, written("short")) == ("done", 1, 1)
    assert left.error == ""  # it has not failed
    assert (now(long).state, now(long).attempts, written("long")) == ("done", 2, 1)


def test_an_import_goes_on_whichever_process_is_killed(celery):
    run = make_import(*(f"Song {n},Artist {n % 97}" for n in range(40_000)), by=make_user())
    run = begin_import(run=run, by=run.owner, columns=run.columns)
    killed = []
    for share in (10, 50):
        wait_until(lambda share=share: ImportRun.objects.get(pk=run.pk).percent >= share)
        killed.append(ImportRun.objects.get(pk=run.pk).state)
        for child in children_of(celery.worker):
            kill(child)

    wait_until(lambda: is_ended(run.task))

    run.refresh_from_db()
    assert killed == ["running", "running"]
    assert (run.state, now(run.task).state, now(run.task).done) == ("done", "done", run.size)
    assert (run.counts["added"], run.counts["repeated"], Song.objects.count()) == (40_000, 0, 40_000)


def test_limits_of_time_are_failures_that_say_so(celery):
    told = enqueue(last_too_long, text="told")
    killed = enqueue(hear_nothing, text="killed")

    wait_until(lambda: is_ended(told, killed))

    assert (now(told).state, now(told).error, written("told")) == ("failed", "It took longer than 1 seconds.", 2)
    assert (now(killed).state, now(killed).error, written("killed")) == ("failed", "It took longer than 2 seconds.", 2)


def test_its_metrics_have_what_all_its_processes_ran(celery):
    def ran():
        headers = {"Authorization": f"Bearer {TOKEN}"}
        text = httpx.get(f"http://127.0.0.1:{celery.port}/metrics", headers=headers).raise_for_status().text
        return {
            (sample.labels["task_name"], sample.labels["status"]): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples
            if sample.name == "celery_task_duration_seconds_count" and sample.labels["task_name"] in OURS
        }  # fmt: skip

    def more():
        return {key: count - before.get(key, 0) for key, count in ran().items() if count > before.get(key, 0)}

    before = ran()
    tasks = [enqueue(write_down, text="measured") for _ in range(20)]
    broken, killed = enqueue(break_down, text="measured"), enqueue(hear_nothing, text="measured")
    wait_until(lambda: is_ended(*tasks, broken, killed))

    wait_until(lambda: sum(more().values()) == 24)
    assert more() == {
        ("tasks.write_down", "done"): 20,
        ("tasks.break_down", "retried"): 1, ("tasks.break_down", "failed"): 1,
        ("tasks.hear_nothing", "retried"): 1, ("tasks.hear_nothing", "failed"): 1,
    }  # fmt: skip
    assert httpx.get(f"http://127.0.0.1:{celery.port}/metrics").status_code == 403


def test_its_metrics_have_each_of_its_processes_and_none_that_is_gone(celery):
    def processes():
        headers = {"Authorization": f"Bearer {TOKEN}"}
        text = httpx.get(f"http://127.0.0.1:{celery.port}/metrics", headers=headers).raise_for_status().text
        found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        assert sum(sample.name == "process_cpu_seconds_total" and sample.value > 0 for sample in found) == 1
        return {
            int(sample.labels["pid"]): sample.labels["kind"]
            for sample in found if sample.name == "process_resident_memory_bytes" and sample.value > 10_000_000
        }  # fmt: skip

    def expected():
        return dict.fromkeys([celery.worker.pid, *children_of(celery.worker)], "worker")

    wait_until(lambda: len(expected()) == 5 and processes() == expected())
    gone = children_of(celery.worker)[0]
    kill(gone)

    wait_until(lambda: gone not in children_of(celery.worker) and len(expected()) == 5 and processes() == expected())


def test_what_fails_is_tried_again_and_then_has_failed(celery):
    task = enqueue(break_down, text="broken")

    wait_until(lambda: is_ended(task))

    assert (now(task).state, now(task).attempts, written("broken")) == ("failed", 2, 2)
    assert now(task).error.startswith("ValueError (made.py:")


def test_the_clock_is_kept_once_by_two_beats(celery):
    """An hourly task has had its time within the last hour, whenever this is."""
    second = celery.start_beat()

    wait_until(lambda: Task.objects.filter(name="tasks.erase_replies", state="done").exists())
    celery.stop(second)

    slots = list(Task.objects.exclude(slot="").values_list("slot", "attempts"))
    assert len(dict(slots)) == len(slots)
    assert {attempts for _slot, attempts in slots} <= {0, 1}


def test_random_kills_lose_nothing_and_do_nothing_twice(celery, tmp_path):
    (tmp_path / "gate").touch()
    die, tasks = random.Random(7), []
    for n in range(40):
        tasks.append(enqueue(wait_and_write, text=f"task {n}", gate=str(tmp_path / "gate")))
        if n % 8 == 7:
            wait_until(lambda n=n: sum(written(f"task {m}") for m in range(n)) >= n // 2)
            if children := children_of(celery.worker):
                kill(die.choice(children))

    wait_until(lambda: is_ended(*tasks))

    assert {now(task).state for task in tasks} == {"done"}
    assert [written(f"task {n}") for n in range(40)] == [1] * 40


def test_what_somebody_waits_for_goes_before_what_has_time(celery, tmp_path):
    gate = str(tmp_path / "gate")
    held = [enqueue(wait_and_write, text=f"held {n}", gate=gate) for n in range(4)]
    wait_until(lambda: all(written(f"begin held {n}") for n in range(4)))
    later = [enqueue(write_sometime, text=f"later {n}") for n in range(16)]
    urgent = enqueue(write_now, text="urgent")

    (tmp_path / "gate").touch()
    wait_until(lambda: is_ended(*held, *later, urgent))

    begun = sorted([urgent, *later], key=lambda task: now(task).started_at)
    assert begun.index(urgent) < 8


def test_what_nobody_took_is_sent_again(celery):
    with override_settings(TASK_BROKER_URL=""), patch("apps.tasks.embedded.run"):  # as if the message were lost
        task = enqueue(write_down, text="lost")
    early = now(task).state

    Task.objects.update(sent_at=timezone.now() - timedelta(minutes=2))
    wait_until(lambda: is_ended(task))

    assert (early, written("lost")) == ("waiting", 1)


def nowhere(**options):
    from kombu import Connection

    return Connection("redis://127.0.0.1:1", transport_options=options.get("transport_options"))
