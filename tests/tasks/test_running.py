"""What becomes of a task that is queued, claimed, run, and ends in whatever way."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.accounts.models import AuditEvent
from apps.tasks.clock import tick
from apps.tasks.declared import TASKS, task
from apps.tasks.embedded import run_next
from apps.tasks.enqueue import enqueue
from apps.tasks.errors import NotFailed, NotQueuedAgain
from apps.tasks.metrics import count_tasks, durations
from apps.tasks.models import Task
from apps.tasks.operations import erase_tasks, run_again
from apps.tasks.running import attempt, claim, run
from tests.factories import make_task, make_user
from tests.tasks import made
from tests.tasks.made import written
from tests.tasks.running import run_tasks

pytestmark = pytest.mark.django_db
SOON = timedelta(hours=2)


def test_a_task_is_done_and_says_what_came_of_it():
    user = make_user()
    enqueue(made.write_down, text="this", by=user, about="jam:12")

    (done,) = run_tasks()

    assert written("this") == 1
    assert (done.name, done.state, done.by, done.about) == ("tasks.write_down", "done", user, "jam:12")
    assert (done.result, done.error, done.attempts) == ({"written": "this"}, "", 1)


def test_what_is_not_due_waits():
    enqueue(made.write_down, text="tomorrow", due_at=timezone.now() + timedelta(days=1))

    now, tomorrow = run_tasks(), run_tasks(timezone.now() + timedelta(days=2))

    assert (len(now), len(tomorrow), written("tomorrow")) == (0, 1, 1)


def test_one_key_is_queued_once_until_it_has_ended():
    first = enqueue(made.write_down, text="keyed", key="k")
    second = enqueue(made.write_down, text="keyed", key="k")
    other = enqueue(made.write_down, text="other", key="l")
    run_tasks()
    third = enqueue(made.write_down, text="keyed", key="k")

    assert (second.pk, second.is_new) == (first.pk, False)
    assert len({first.pk, other.pk, third.pk}) == 3


def test_nobody_else_takes_what_is_held():
    queued = enqueue(made.write_down, text="held")
    held = claim(queued.pk, "a message", timezone.now())

    assert run(queued.pk) is None
    assert run_next() is None
    assert held.due_at > timezone.now() + timedelta(seconds=300)


def test_who_comes_late_overwrites_nothing():
    queued = enqueue(made.write_down, text="late")
    late = claim(queued.pk, "", timezone.now())
    Task.objects.update(due_at=timezone.now())  # its worker must be gone
    run(queued.pk)

    late.arguments = {"text": 12, "nothing": "of this"}
    attempt(late, TASKS[late.name])

    queued.refresh_from_db()
    assert (queued.state, queued.attempts, queued.error) == ("done", 2, "")


def test_what_fails_waits_longer_each_time_and_has_failed_in_the_end():
    queued = enqueue(made.break_down, text="broken")

    first, second = run_tasks(timezone.now() + SOON)

    assert first.state == "waiting"
    assert (second.state, second.attempts, written("broken")) == ("failed", 2, 2)
    assert run(queued.pk) is None


def test_the_pause_is_a_die_up_to_twice_as_high_each_time():
    slow = TASKS["tasks.write_down"]

    highest = [max(slow.pause(n) for _ in range(300)) for n in (1, 2, 3, 50)]

    assert [0.8 * most < high <= most for high, most in zip(highest, (10, 20, 40, 3600), strict=True)] == [True] * 4


def test_an_error_says_where_and_nothing_private(caplog):
    enqueue(made.break_down, text="broken")

    *_first, failed = run_tasks(timezone.now() + SOON)

    assert failed.error.startswith("ValueError (made.py:")
    assert "hunter2" in caplog.text  # the log strikes it out where its lines are made
    assert "hunter2" not in str(Task.objects.values().get())


def test_what_an_operation_refuses_is_not_tried_again():
    enqueue(made.refuse, text="no")

    (failed,) = run_tasks(timezone.now() + SOON)

    assert (failed.state, failed.error, failed.attempts) == ("failed", "Not tonight.", 1)


def test_a_task_says_itself_when_it_makes_sense_again():
    enqueue(made.put_off, seconds=600)

    (first,) = run_tasks()
    (second,) = run_tasks(timezone.now() + timedelta(seconds=601))

    assert (first.state, first.error) == ("waiting", "The receiver is busy.")
    assert abs(first.due_at - timezone.now() - timedelta(seconds=600)) < timedelta(seconds=30)
    assert second.state == "failed"


def test_a_task_that_kills_its_worker_again_and_again_has_failed():
    queued = enqueue(made.break_down, text="deadly")
    for _ in range(2):
        claim(queued.pk, "", timezone.now())
        Task.objects.update(due_at=timezone.now())

    (failed,) = run_tasks()

    assert (failed.state, written("deadly")) == ("failed", 0)
    assert failed.error == "The worker ended in the middle of it, again and again."


def test_what_this_version_does_not_know_has_failed():
    make_task(name="gone.away", state="waiting")

    (failed,) = run_tasks()

    assert (failed.state, failed.error) == ("failed", "This version does not know the task.")


def test_progress_is_told_once_a_second(django_assert_num_queries, tmp_path):
    (tmp_path / "gate").touch()
    enqueue(made.wait_and_write, text="all", gate=str(tmp_path / "gate"))

    (done,) = run_tasks()

    done.refresh_from_db()
    assert (done.done, done.of) == (2, 2)


def test_a_task_costs_five_statements(django_assert_num_queries):
    with django_assert_num_queries(1):
        queued = enqueue(made.refuse, text="few")
    with django_assert_num_queries(5):  # name, claim, row, what it does, end
        run(queued.pk)


def test_what_is_unfinished_goes_on_and_uses_up_no_attempts():
    enqueue(made.write_in_parts, text="part", parts=9)

    ran = run_tasks()

    assert [task.state for task in ran] == ["waiting"] * 8 + ["done"]
    assert written("part") == 9


@pytest.mark.django_db(transaction=True)
@override_settings(TASK_BROKER_URL="")
def test_its_next_part_is_sent_at_once():
    queued = enqueue(made.write_in_parts, text="inline", parts=3)

    queued.refresh_from_db()
    assert (queued.state, queued.attempts, written("inline")) == ("done", 3, 3)


def test_how_long_it_took_is_measured_by_what_became_of_it():
    def ran():
        [family] = durations.collect()
        return {
            (sample.labels["task_name"], sample.labels["status"]): sample.value
            for sample in family.samples if sample.name.endswith("_count")
        }  # fmt: skip

    before = ran()
    enqueue(made.write_in_parts, text="part", parts=3)
    enqueue(made.break_down, text="broken")
    enqueue(made.refuse, text="no")
    make_task(name="gone.away", state="waiting")

    run_tasks(timezone.now() + SOON)

    new = {key: count - before.get(key, 0) for key, count in ran().items()}
    assert {key: count for key, count in new.items() if count} == {
        ("tasks.write_in_parts", "unfinished"): 2, ("tasks.write_in_parts", "done"): 1,
        ("tasks.break_down", "retried"): 1, ("tasks.break_down", "failed"): 1,
        ("tasks.refuse", "failed"): 1, ("unknown", "failed"): 1,
    }  # fmt: skip


def test_a_failed_one_is_run_again_by_a_click():
    user = make_user()
    failed = make_task(name="tasks.write_down", arguments={"text": "again"}, state="failed", attempts=5, allowed=5)

    run_again(task=failed, by=user)
    (done,) = run_tasks()

    assert (done.state, done.attempts, written("again")) == ("done", 6, 1)
    event = AuditEvent.objects.get(verb="run_again")
    assert (event.actor, event.about) == (user, f"task:{failed.pk}")


def test_one_that_is_run_again_has_all_its_attempts():
    failed = make_task(name="tasks.break_down", arguments={"text": "b"}, state="failed", attempts=2, allowed=2)

    run_again(task=failed, by=make_user())
    ran = run_tasks(timezone.now() + SOON)

    assert [task.state for task in ran] == ["waiting", "failed"]


@pytest.mark.parametrize("state", ["waiting", "running", "done"])
def test_nothing_else_is_run_again(state):
    with pytest.raises(NotFailed):
        run_again(task=make_task(state=state), by=make_user())


def test_what_is_queued_anew_is_not_run_again_beside_it():
    failed = make_task(state="failed", key="k")
    make_task(state="waiting", key="k")

    with pytest.raises(NotQueuedAgain):
        run_again(task=failed, by=make_user())


def test_old_ones_are_erased_and_failed_ones_later():
    def ended(days, state, **fields):
        return make_task(state=state, ended_at=timezone.now() - timedelta(days=days), **fields)

    kept = {ended(13, "done"), ended(89, "failed"), make_task(state="waiting"), ended(1, "done", slot="1")}
    kept.add(ended(3, "failed", slot="2"))
    ended(15, "done")
    ended(91, "failed")
    ended(3, "done", slot="3")  # the clock asks for some of them each minute

    assert erase_tasks() == 3
    assert set(Task.objects.all()) == kept


@pytest.mark.parametrize("options", [{"queue": "never"}, {"soft": 30, "hard": 20}, {"hard": 301}])
def test_a_declaration_that_cannot_be_kept_is_refused(options):
    with pytest.raises(ValueError, match="tasks.wrong"):

        @task(**options)
        def wrong(): ...


def test_arguments_go_by_keyword():
    with pytest.raises(TypeError, match="keyword"):

        @task()
        def positional(song): ...

    with pytest.raises(TypeError, match="about"):

        @task()
        def taken(*, about): ...


def test_what_is_no_task_is_not_queued():
    with pytest.raises(LookupError, match="make_user"):
        enqueue(make_user)


@pytest.mark.django_db(transaction=True)
@override_settings(TASK_BROKER_URL="")
def test_without_a_broker_it_runs_right_after_the_commit():
    queued = enqueue(made.write_down, text="inline")

    queued.refresh_from_db()
    assert (queued.state, written("inline")) == ("done", 1)


@pytest.mark.django_db(transaction=True)
@override_settings(TASK_BROKER_URL="")
def test_and_what_fails_there_is_nothing_of_the_callers():
    queued = enqueue(made.break_down, text="inline")

    queued.refresh_from_db()
    assert (queued.state, queued.attempts) == ("waiting", 1)


def test_what_is_atomic_takes_back_what_another_attempt_has_overtaken():
    queued = enqueue(made.write_atomically, text="once")
    late = claim(queued.pk, "", timezone.now())
    Task.objects.update(due_at=timezone.now())  # its worker must be gone
    run(queued.pk)

    attempt(late, TASKS[late.name])

    assert written("once") == 1


def test_what_waits_and_what_runs_is_counted_by_queue(db):
    def count():
        count_tasks()
        return {
            (sample.name.removeprefix("tasks_"), sample.labels["queue"]): sample.value
            for family in REGISTRY.collect()
            if family.name in {"tasks_waiting", "tasks_running", "tasks_failed"}
            for sample in family.samples
            if sample.value
        }

    make_task(state="waiting", queue="now")
    for _ in range(2):
        make_task(state="waiting", queue="later")
    make_task(state="waiting", queue="later", due_at=timezone.now() + timedelta(minutes=1))  # is not due
    make_task(state="running", queue="soon", due_at=timezone.now() + timedelta(minutes=1))
    make_task(state="done", queue="soon")
    make_task(state="failed", queue="now", ended_at=timezone.now() - timedelta(minutes=59))
    make_task(state="failed", queue="now", ended_at=timezone.now() - timedelta(minutes=61))

    assert count() == {("waiting", "now"): 1, ("waiting", "later"): 2, ("running", "soon"): 1, ("failed", "now"): 1}
    Task.objects.all().delete()
    assert count() == {}


def test_a_clock_that_ticks_counts(db):
    for _ in range(3):
        make_task(state="running", queue="now", due_at=timezone.now() + timedelta(minutes=1))

    tick()

    assert REGISTRY.get_sample_value("tasks_running", {"queue": "now"}) == 3
