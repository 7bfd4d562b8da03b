"""What runs by the clock: the crontab names every command that has to, and the container's clock reads it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.management import get_commands

from deploy import clock

ROOT = Path(__file__).parent.parent
MIDNIGHT = datetime(2026, 11, 29, tzinfo=UTC)
PERIODIC = {
    "erase_attendees", "erase_imports", "erase_statistics", "erase_replies", "hold_nights", "check_chord_sheets",
    "rank_songs",
}  # fmt: skip


def day():
    return [command for n in range(24 * 60) for command in clock.due(MIDNIGHT + timedelta(minutes=n))]


def test_each_runs_as_often_as_it_should():
    ran = {name: day().count(f"python manage.py {name}") for name in PERIODIC}

    assert ran == {"erase_attendees": 1, "erase_imports": 1, "erase_statistics": 1, "erase_replies": 24,
                   "hold_nights": 1, "check_chord_sheets": 24, "rank_songs": 1}  # fmt: skip
    assert len(day()) == sum(ran.values())


def test_whatever_erases_or_says_that_it_runs_again_and_again_is_among_them():
    ours = {name for name, app in get_commands().items() if str(app).startswith("apps.")}
    again = {path.stem for path in ROOT.glob("apps/*/management/commands/*.py") if "Run it" in path.read_text()}

    assert {name for name in ours if name.startswith("erase_")} | again == PERIODIC


def test_the_docs_have_the_lines_for_those_without_docker():
    lines = (ROOT / "docs" / "installation.md").read_text()

    for line in clock.CRONTAB.read_text().splitlines()[1:]:
        when, _python, command = line.partition("python ")
        assert re.search(rf"^{re.escape(when)}.*python {re.escape(command)}$", lines, re.MULTILINE), line
