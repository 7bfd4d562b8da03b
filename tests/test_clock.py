"""What runs by the clock: TASK_SCHEDULE names every task that has to, and each has its command beside it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from apps.tasks.clock import matches, queue_slots
from apps.tasks.declared import TASKS
from apps.tasks.models import Task

ROOT = Path(__file__).parent.parent
MIDNIGHT = datetime(2026, 11, 29, tzinfo=UTC)
PERIODIC = {
    "erase_attendees", "erase_imports", "erase_statistics", "erase_replies", "erase_tasks", "hold_nights",
    "check_chord_sheets", "rank_songs", "erase_reports", "erase_webhooks", "watch",
    "prepare_partitions",
}  # fmt: skip
MINUTES = [MIDNIGHT + timedelta(minutes=n) for n in range(24 * 60)]


def test_each_runs_as_often_as_it_should():
    ran = Counter(name for name, line in settings.TASK_SCHEDULE.items() for at in MINUTES if matches(line, at))

    assert ran == {
        "jams.warm_cache": 144,
        "jams.erase_attendees": 1, "catalog.erase_imports": 1, "jams.erase_statistics": 1, "tasks.erase_replies": 24,
        "tasks.erase_tasks": 1, "jams.hold_nights": 1, "catalog.check_chord_sheets": 24, "catalog.rank_songs": 1,
        "catalog.sync_sources": 144,
        "reports.erase_reports": 1, "insight.roll_up": 24, "insight.watch": 1440,
        "insight.performance_report": 1,
        "webhooks.sweep": 288, "webhooks.erase_webhooks": 1, "voting.prepare_partitions": 1,
    }  # fmt: skip


def test_what_is_scheduled_is_declared_and_asks_for_nothing():
    for name in settings.TASK_SCHEDULE:
        assert TASKS[name].function.__kwdefaults__ is None
        assert TASKS[name].queue == "later"


def test_a_weekday_is_as_cron_counts_it():
    sunday, monday = MIDNIGHT, MIDNIGHT + timedelta(days=1)

    assert (matches("0 0 * * 0", sunday), matches("0 0 * * 1", sunday)) == (True, False)
    assert (matches("0 0 * * 0", monday), matches("0 0 * * 1", monday)) == (False, True)


def test_whatever_erases_or_says_that_it_runs_again_and_again_is_among_them():
    ours = {name for name, app in get_commands().items() if str(app).startswith("apps.")}
    again = {path.stem for path in ROOT.glob("apps/*/management/commands/*.py") if "Run it" in path.read_text()}

    assert {name for name in ours if name.startswith("erase_")} | again == PERIODIC
    assert {name.partition(".")[2] for name in settings.TASK_SCHEDULE} >= PERIODIC


def test_each_has_its_command():
    """By its own name, or by the one that docs/installation.md says beside it."""
    named = {"sync_sources": "sync_songs", "sweep": "deliver_webhooks"}

    wanted = {name.partition(".")[2] for name in settings.TASK_SCHEDULE}

    assert {named.get(name, name) for name in wanted} <= set(get_commands())


def test_the_docs_have_each():
    lines = (ROOT / "docs" / "installation.md").read_text()

    assert [name for name in settings.TASK_SCHEDULE if f"| `{name}` |" not in lines] == []


@pytest.mark.django_db
def test_each_slot_is_queued_once_and_one_that_was_missed_within_the_hour():
    at = MIDNIGHT + timedelta(hours=4, minutes=29)

    first, again = queue_slots(at), queue_slots(at + timedelta(seconds=30))

    slots = set(Task.objects.values_list("slot", flat=True))
    assert (first, again) == (9, 0)
    assert slots == {
        "jams.warm_cache@2026-11-29T04:20", "webhooks.sweep@2026-11-29T04:25",
        "tasks.erase_replies@2026-11-29T04:05", "catalog.check_chord_sheets@2026-11-29T04:15",
        "tasks.erase_tasks@2026-11-29T04:20", "jams.erase_attendees@2026-11-29T04:25",
        "catalog.sync_sources@2026-11-29T04:20", "insight.roll_up@2026-11-29T04:03",
        "insight.watch@2026-11-29T04:29",
    }  # fmt: skip


@pytest.mark.django_db
def test_what_was_missed_for_longer_is_not_made_up_for():
    queue_slots(MIDNIGHT + timedelta(hours=6))

    names = set(Task.objects.values_list("name", flat=True))
    assert names == {
        "jams.warm_cache",
        "tasks.erase_replies",
        "catalog.check_chord_sheets",
        "catalog.sync_sources",
        "webhooks.sweep",
        "insight.roll_up",
        "insight.watch",
    }
