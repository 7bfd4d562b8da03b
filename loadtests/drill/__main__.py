"""`./dev cluster --drill`: people vote while instances and releases come and go, and a replica, Redis and processes are
lost; prints what each cost, and exits with 1 when a vote failed, nginx answered 5xx, or a promise of ./dev chaos broke.
"""

import argparse
import math
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from loadtests.bench import Row, table
from loadtests.bench_live import allow_files
from loadtests.chaos.__main__ import KINDS, OF_TIME, tell
from loadtests.chaos.house import keep_logs
from loadtests.chaos.ledger import Violation
from loadtests.chaos.room import Crowd
from loadtests.drill import scaling
from loadtests.drill.drills import DRILLS, SHORT, broken_release
from loadtests.drill.night import STEP_SECONDS, Drill, Tally
from loadtests.drill.stage import UNTIMED, Stage
from loadtests.machine import about

VOTERS, VOTERS_IF_SHORT, PORT = 200, 10, 8100
SOCKETS_BACK = 10.0  # seconds
SHOWN = 3  # answers 5xx of a drill
KINDS_HERE = KINDS | {"release": "releases of which the wrong thing became"}


def main(args: list[str]) -> int:
    options = parsed(args)
    allow_files()
    begun, stage = time.monotonic(), Stage(options.port, short=options.short, timed=options.timed)
    set_up()
    print(f"{about()}; {options.voters} voters, fsync and synchronous_commit on, --seed {options.seed}", flush=True)
    drill = Drill(stage, Crowd(), 1, options.voters, str(options.seed), step=options.step_seconds)  # type: ignore[arg-type]
    if not options.timed:
        drill.room.patience = UNTIMED
    result = drill.hold(math.inf, iter(options.drills))
    judged = [one for one in result.violations if options.timed or one.kind not in OF_TIME]
    if options.logs:
        keep_logs(options.logs)
    tell(1, result._replace(violations=judged))
    found = [*rows(drill, judged, timed=options.timed), *(scaling.rows(drill) if options.scaling else ())]
    print()
    print("\n".join(table(found)))
    missed = [row for row in found if row.met is False]
    print(f"\n{len(missed)} targets missed, {time.monotonic() - begun:.0f} s")
    return bool(missed)


def parsed(args: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev cluster --drill", description=__doc__)
    names = ", ".join(drill.name for drill in DRILLS)
    parser.add_argument("--voters", type=int, help=f"{VOTERS} by default")
    parser.add_argument("--only", default="", metavar="WORDS,…", help=f"those that have some of the words: {names}")
    parser.add_argument("--short", action="store_true", help="no background work, untimed; a rolling restart alone")
    parser.add_argument("--scaling", action="store_true", help="then one web process beside two: half a minute")
    parser.add_argument(
        "--untimed", action="store_false", dest="timed", help="no times are judged: beside other programs"
    )
    parser.add_argument("--step-seconds", type=float, default=STEP_SECONDS, metavar="N", help="of a rollout's steps")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000), metavar="N")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keeps what the processes logged there")
    parser.add_argument("--port", type=int, default=PORT, help=f"of nginx; {PORT} by default, 0: any")
    options = parser.parse_args(args)
    options.voters = options.voters or (VOTERS_IF_SHORT if options.short else VOTERS)
    options.timed = options.timed and not options.short
    words = options.only.split(",")
    options.drills = [drill for drill in DRILLS if any(word in drill.name for word in words)
                      and (drill.happens in SHORT or options.only or not options.short)]  # fmt: skip
    if not options.drills:
        parser.error(f"--only: none of {names}")
    return options


def set_up() -> None:
    """Django in this process too, on the same stores."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "jamvote.settings"
    import django

    django.setup()


def rows(drill: Drill, violations: Iterable[Violation], *, timed: bool) -> Iterator[Row]:
    for tally in drill.tallies:
        yield from of_one(tally, timed=timed)
        if tally.drill.happens is broken_release:
            new = drill.outcome.new
            note = (
                f"of {new.requests} that it answered, until {drill.outcome.percent} %, in {drill.outcome.seconds:.1f} s"
            )
            yield Row("broken release: requests that failed before it was taken back", new.faults, "", note=note)
    found = Counter(violation.kind for violation in violations)
    for kind, text in KINDS_HERE.items():
        yield Row(text, found[kind], "", most=0)


def of_one(tally: Tally, *, timed: bool) -> Iterator[Row]:
    name, broken = tally.drill.name, tally.drill.happens is broken_release
    note = f"in {tally.took:.0f} s; {tally.asked:,} requests at nginx, {tally.again} said again on another connection"
    yield Row(f"{name}: votes acknowledged", tally.acknowledged, "votes", least=1, note=note)
    yield Row(f"{name}: votes that failed", tally.failed, "", most=0)
    which = "; ".join(tally.faults[:SHOWN])
    yield Row(f"{name}: answers 5xx", len(tally.faults), "", most=None if broken else 0, note=which)
    yield Row(f"{name}: sockets back after, at most", tally.gap, "s", most=SOCKETS_BACK if timed else None)
    yield Row(f"{name}: reads that a replica has answered", tally.replica[0], "", note=f"{tally.replica[1]} away")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what stands still goes on, or it would stay
    sys.exit(main(sys.argv[1:]))
