"""`./dev bench NAME [--short] [--json FILE]`: prints the table of a benchmark, exits with 1 when a target is missed."""

import argparse
import importlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ABOUT = """
http     public reads beside the smallest possible view: 4 minutes
queries  hot queries, and what 10 million votes cost them: 3 minutes
vote     votes beside a request that only finds out who asks: 2 minutes
live     rooms of 300 to 10,000 sockets beside a bare socket server: 4 minutes
crowd    300 simulated attendees, with cached reads and without: 3 minutes
soak     memory and descriptors while people come and go: 75 minutes
pages    pages in a browser on slow lines beside a bare one: 5 minutes
search   search as one types among a million songs, and imports: 5 minutes
tasks    many tasks at once, reports, set lists, events, and a worker whose processes are killed: 4 minutes
reports  reports of a season of 200 nights and 2 million votes: 5 minutes
webhooks events that come in, done by a worker that is killed twice: 3 minutes
overhead CPU a request with Insight on and off: 5 minutes
backup   what is lost, and how long it takes, when a database of a million votes is: 6 minutes
releases whether a slower release is told from the same one: 4 minutes
capacity whether what is reckoned from quiet times is where a growing room is full: 4 minutes
insight  twelve faults and six changes that harm nobody: what Insight names first: 20 minutes
garbage  what the garbage collector costs a request: 5 minutes
setlist  what the balanced set list gains over the ranking, and takes: 2 minutes
"""
NAMES = tuple(line.split()[0] for line in ABOUT.strip().splitlines())
COLUMNS = ("case", "value", "unit", "floor", "ratio", "target", "met")


@dataclass(frozen=True)
class Row:
    """A figure. With a floor its ratio to that is judged, else the value; without a limit nothing is."""

    case: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None  # the median of those of the rounds
    most: float | None = None
    least: float | None = None
    of: str = "F"  # what the floor is
    note: str = ""  # printed only

    @property
    def target(self) -> str | None:
        limit = self.least if self.most is None else self.most
        if limit is None:
            return None
        return f"{'≥' if self.most is None else '≤'} {limit:g} {self.unit if self.ratio is None else self.of}"

    @property
    def met(self) -> bool | None:
        judged = self.value if self.ratio is None else self.ratio
        if self.most is not None:
            return judged <= self.most
        return None if self.least is None else judged >= self.least

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in COLUMNS}


def main(args: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__, epilog=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--short", action="store_true", help="ends within 50 s on two cores")
    parser.add_argument("--seconds", type=float, help="how long the soak, or a page that is open, lasts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the table there too")
    parser.add_argument("--sockets", type=sizes, metavar="N,N,…", help="live: the rooms, by their sockets")
    parser.add_argument("--same", action="store_true", help="overhead: of servers that are the same, which is scatter")
    parser.add_argument(
        "--cases", type=lambda text: tuple(text.split(",")), metavar="NAME,…", help="insight: only these"
    )
    options = parser.parse_args(args)
    if options.sockets and options.name != "live":
        parser.error("--sockets is for live")
    if options.same and options.name != "overhead":
        parser.error("--same is for overhead")
    if options.cases and options.name != "insight":
        parser.error("--cases is for insight")
    if options.seconds and options.name not in {"soak", "pages"}:
        parser.error("--seconds is for soak and pages")
    chosen = {name: value for name in ("sockets", "seconds", "cases", "same") if (value := getattr(options, name))}
    begun = time.monotonic()
    rows = importlib.import_module(f"loadtests.bench_{options.name}").run(short=options.short, **chosen)
    print("\n".join(table(rows)))
    if options.json:
        options.json.write_text(json.dumps([row.as_dict() for row in rows], indent=1))
    judged = [row for row in rows if row.met is not None]
    missed = [row for row in judged if not row.met]
    print(f"\n{len(missed)} of {len(judged)} targets missed, {time.monotonic() - begun:.0f} s")
    return bool(missed)


def sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


def table(rows: list[Row]) -> Iterator[str]:
    """In Markdown, so that it can stand in docs/performance.md as it is."""
    lines = [(*COLUMNS, "")]
    for row in rows:
        met = {True: "yes", False: "MISSED", None: ""}[row.met]
        numbers = (number(row.value), row.unit, number(row.floor), number(row.ratio))
        lines.append((row.case, *numbers, row.target or "", met, row.note))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for place, line in enumerate(lines):
        cells = (cell.rjust(width) if n in (1, 3, 4) else cell.ljust(width)
                 for n, (cell, width) in enumerate(zip(line, widths, strict=True)))  # fmt: skip
        yield f"| {' | '.join(cells)} |"
        if not place:
            yield f"|{'|'.join('-' * (width + 2) for width in widths)}|"


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
