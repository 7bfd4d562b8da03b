"""Runs deploy/crontab in a container that has no cron: `python -m deploy.clock`.

It knows what that file needs of cron's syntax: numbers and `*` for minute and hour. A run that fails is told by its
own log and comes again in its time; one that lasts keeps the others waiting, and what was missed meanwhile is made up.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

CRONTAB = Path(__file__).parent / "crontab"


def main() -> None:
    done = now()
    while True:
        time.sleep(61 - time.time() % 60)
        minutes = [done + timedelta(minutes=n) for n in range(1, int((now() - done).total_seconds() // 60) + 1)]
        done += timedelta(minutes=len(minutes))
        for command in dict.fromkeys(command for minute in minutes for command in due(minute)):
            subprocess.run([sys.executable, *command.split()[1:]], check=False)


def now() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


def due(moment: datetime) -> Iterator[str]:
    """The commands of that minute, in UTC."""
    for line in CRONTAB.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            minute, hour, _day, _month, _weekday, command = line.split(maxsplit=5)
            if minute in {"*", str(moment.minute)} and hour in {"*", str(moment.hour)}:
                yield command


if __name__ == "__main__":
    main()
