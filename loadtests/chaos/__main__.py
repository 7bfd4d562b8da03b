"""`./dev chaos`: people vote while stores and processes are killed, paused and emptied; exits with 1 at any violation.

After each fault all must be well again within a time, and at the end of a round what each phone was told is compared
with the database: what was acknowledged is there exactly once, what was refused is not, and counters are the rows.
"""

import argparse
import math
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

from loadtests.bench import Row, table
from loadtests.bench_live import allow_files
from loadtests.chaos.faults import FAULTS, SHORT, Fault
from loadtests.chaos.house import House, keep_logs
from loadtests.chaos.night import Night, Result, Window
from loadtests.chaos.room import Crowd
from loadtests.machine import about

ROUNDS, SECONDS, CLIENTS, PORT = 20, 300.0, 200, 9280
CLIENTS_IF_SHORT = 10
SHORTER = 0.2  # of what faults last, in the short form
OF_TIME = {"late", "votes stopped", "stale in silence"}  # no violations in the short form, which runs beside others
SHOWN = 20  # violations of a round
KINDS = {
    "lost": "acknowledged votes that are lost",
    "doubled": "votes that are there twice",
    "taken back, and there": "votes that were taken back and are there",
    "refused, and there": "votes that were refused and are there",
    "nobody's": "votes that nobody asked for",
    "drift": "counters that differ from the votes",
    "wrong at rest": "boards that are wrong at rest",
    "stale in silence": "boards that were old and seemed to be live",
    "answer": "kinds of answers that may not be",
    "votes stopped": "times that votes stopped",
    "late": "times that all was well too late",
    "task lost": "tasks that are lost",
    "task done twice": "tasks that are done twice",
    "ended": "processes that ended by themselves",
    "harness": "faults of the test itself",
}


def main(args: list[str]) -> int:
    options = parsed(args)
    allow_files()
    begun, results, house = time.monotonic(), [], House(options.port, tasks=not options.short)
    rounds = "each fault once" if options.once else f"{options.rounds} rounds of {options.seconds:.0f} s"
    print(f"{about()}; {rounds}, {options.clients} clients, "
          f"fsync and synchronous_commit on, --seed {options.seed}")  # fmt: skip
    crowd, dice = Crowd(), random.Random(options.seed)
    deck = iter(dice.sample(options.faults, len(options.faults))) if options.once else dealt(options.faults, dice)
    length = SHORTER if options.short else 1.0
    try:
        for number in range(1, options.rounds + 1):
            night = Night(house, crowd, number, options.clients, f"{options.seed} {number}", length)
            result = night.hold(options.seconds, deck)
            judged = [one for one in result.violations if not (options.short and one.kind in OF_TIME)]
            results.append(result._replace(violations=judged))
            tell(number, results[-1])
    finally:
        house.end()
        if options.logs:
            keep_logs(options.logs)
    print()
    print("\n".join(table(rows(results))))
    found = sum(len(result.violations) for result in results)
    print(f"\n{found} violations, {time.monotonic() - begun:.0f} s")
    return bool(found)


def parsed(args: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, help=f"{ROUNDS} by default")
    parser.add_argument("--seconds", type=float, help=f"of a round, in which faults begin; {SECONDS:.0f} by default")
    parser.add_argument("--clients", type=int, help=f"{CLIENTS} by default")
    parser.add_argument("--once", action="store_true", help="one round, however long, with each fault once")
    parser.add_argument("--short", action="store_true", help="the same with two that end soon; no times are judged")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000), metavar="N",
                        help="the same faults in the same order")  # fmt: skip
    parser.add_argument("--faults", default="", metavar="WORDS,…", help="only those whose names have some of the words")
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"of web, the next one is live's; {PORT} by default, 0: any"
    )
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keeps what the processes logged there")
    options = parser.parse_args(args)
    usual = {"rounds": ROUNDS, "seconds": SECONDS, "clients": CLIENTS_IF_SHORT if options.short else CLIENTS}
    if options.short or options.once:
        options.once, options.rounds, options.seconds = True, 1, math.inf
    words = options.faults.split(",")
    options.faults = [fault for fault in FAULTS if any(some in fault.name for some in words)
                      and (fault.happens in SHORT or not options.short)]  # fmt: skip
    if not options.faults:
        parser.error("--faults: none of " + ", ".join(fault.name for fault in FAULTS))
    for name, value in usual.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
        if getattr(options, name) <= 0:
            parser.error(f"--{name} takes a number above 0")
    return options


def dealt(faults: list[Fault], dice: random.Random) -> Iterator[Fault]:
    """Each as often as the others, in an order of its own each time."""
    while True:
        yield from dice.sample(faults, len(faults))


def tell(number: int, result: Result) -> None:
    told = ", ".join(f"{result.told[said]:,} {said}" for said in ("ok", "refused", "unknown"))
    print(f"round {number}: {told}; {len(result.windows)} faults, {len(result.violations)} violations", flush=True)
    for violation in result.violations[:SHOWN]:
        print(f"  {violation}", flush=True)
    if (more := len(result.violations) - SHOWN) > 0:
        print(f"  and {more} more", flush=True)


def rows(results: Iterable[Result]) -> Iterator[Row]:
    results = list(results)
    told = sum((result.told for result in results), Counter())
    yield Row("votes that were acknowledged", told["ok"], "votes",
              note=f"{told['refused']:,} refused, {told['unknown']:,} unknown, of {len(results)} rounds")  # fmt: skip
    found = Counter(violation.kind for result in results for violation in result.violations)
    for kind, text in KINDS.items():
        yield Row(text, found[kind], "", most=0)
    windows: dict[Fault, list[Window]] = defaultdict(list)
    for result in results:
        for window in result.windows:
            windows[window.fault].append(window)
    for fault in (fault for fault in FAULTS if fault in windows):
        took = [window.took for window in windows[fault]]
        note = f"the longest of {len(took)}; median {median(took):.1f} s"
        yield Row(f"{fault.name}: all well after", max(took), "s", most=fault.well, note=note)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what stands still goes on, or it would stay
    sys.exit(main(sys.argv[1:]))
