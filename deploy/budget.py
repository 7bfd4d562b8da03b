"""Whether instances of a new release burn the error budget, by nginx's log.

    python3 -m deploy.budget /var/log/nginx/access.log 10.0.0.11:8002 10.0.0.11:8102 --seconds 300

ends with 1 as soon as they do, and with 0 when they have been well for so long and were asked often enough to say so.
The instances are named as nginx's upstreams name them; `./dev cluster` does the same in its rollouts.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from apps.insight.alerting.thresholds import TONIGHT, TONIGHT_LEAST

PATIENCE = 10  # times as long, for requests enough to say anything
LEAST_FAULTS = 3  # one alone is chance
TOO_FEW, BURNS = "too few have asked", "the error budget burns"
LINE = re.compile(
    r'"(?P<request>[^"]*)" (?P<status>\d{3}) \d+ [\d.]+ \S+ "(?P<addresses>[^"]*)" "(?P<statuses>[^"]*)"$'
)


class Answer(NamedTuple):
    """`tried`: each instance that was asked, and the status that it answered; 0: it was not waited for."""

    status: int
    tried: tuple[tuple[str, int], ...]
    request: str = ""


@dataclass
class Tally:
    requests: int = 0
    faults: int = 0

    @property
    def share(self) -> float:
        return self.faults / self.requests if self.requests else 0.0


class Log:
    """What nginx has answered since it was asked last."""

    def __init__(self, file: Path) -> None:
        self.file, self.rest = file.open(), ""
        self.file.seek(0, os.SEEK_END)

    def read(self) -> list[Answer]:
        *lines, self.rest = (self.rest + self.file.read()).split("\n")
        return [answer(found) for line in lines if (found := LINE.search(line))]


def answer(found: re.Match[str]) -> Answer:
    addresses, statuses = (re.split(r", | : ", found[name]) for name in ("addresses", "statuses"))
    told = [int(status) if status.isdigit() else 0 for status in statuses]
    return Answer(int(found["status"]), tuple(zip(addresses, told, strict=False)), found["request"])


def watch(log: Log, new: Collection[str], tally: Tally, seconds: float) -> str:
    """For so long, and until enough have asked. Why to take the `new` ones back, or nothing; `tally`: is added to."""
    begun, step, others = time.monotonic(), Tally(), Tally()
    while True:
        time.sleep(0.1)
        lasted = time.monotonic() - begun
        for address, status in (tried for answer in log.read() for tried in answer.tried):
            for one in (step, tally) if address in new else (others,):
                one.requests += 1
                one.faults += status >= 500
        enough = step.requests >= TONIGHT_LEAST
        if burns(step, others):
            return BURNS
        if lasted >= seconds and enough and not burns(others, Tally()):
            return ""
        if lasted > PATIENCE * seconds:
            return BURNS if enough else TOO_FEW


def burns(one: Tally, other: Tally) -> bool:
    """As the alert ErrorsTonight has it, and more than the other does."""
    enough = one.requests >= TONIGHT_LEAST and one.faults >= LEAST_FAULTS
    return enough and one.share > max(TONIGHT, other.share)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m deploy.budget", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", type=Path)
    parser.add_argument("instances", nargs="+")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args(words)
    tally = Tally()
    why = watch(Log(options.log), set(options.instances), tally, options.seconds)
    sys.stdout.write(f"{why or 'all is well'}: {tally.faults} of {tally.requests} failed\n")
    return bool(why)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
