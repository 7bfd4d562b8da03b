import json
import statistics
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

HITS = ("HIT", "HIT-STALE")  # fastly_info.state, which may go on: HIT-CLUSTER
ROW = "{:<12}{:>10}{:>9}{:>9}{:>14}{:>11}{:>12}"


class Line(NamedTuple):
    """What the edge wrote of a request: deploy/cdn/main.vcl."""

    kind: str
    pop: str
    hit: bool
    passed: bool
    bytes: int
    seconds: float


class Command(BaseCommand):
    help = "What the CDN answered by itself, by kind of answer and point of presence, from its log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("log", nargs="?", default="-", metavar="FILE", help="- or nothing: standard input")

    def handle(self, *, log: str, **options: Any) -> None:
        try:
            with nullcontext(sys.stdin) if log == "-" else open(log, encoding="utf-8", errors="replace") as lines:
                found, unread = read(lines)
        except OSError as error:
            raise CommandError(f"{log}: {error.strerror}") from error
        if not found:
            raise CommandError(_("No line of the CDN is in it. It is written as deploy/cdn/main.vcl says."))
        for name in ("kind", "pop"):
            self.stdout.write(ROW.format(name, "requests", "passed", "hits", "bytes", "hit, p95", "origin, p95"))
            for value in sorted({getattr(line, name) for line in found}):
                self.stdout.write(told(value, [line for line in found if getattr(line, name) == value]))
            self.stdout.write(told("all", found) + "\n")
        if unread:
            self.stderr.write(_("Lines that could not be read: %(n)d.") % {"n": unread})


def read(lines: Iterable[str]) -> tuple[list[Line], int]:
    """And how many were no such line. What syslog writes before the brace is passed over."""
    found, unread = [], 0
    for text in filter(str.strip, lines):
        try:
            said = json.loads(text[text.index("{") :])
            state = str(said["state"])
            found.append(
                Line(
                    said["kind"] or "other", said["pop"], state.startswith(HITS), state.startswith("PASS"),
                    int(said["bytes"]), float(said["seconds"]),
                )
            )  # fmt: skip
        except (ValueError, KeyError, TypeError):
            unread += 1
    return found, unread


def told(name: str, lines: list[Line]) -> str:
    """Hits are a share of what may be kept: what belongs to one person is passed on, as it must be."""
    shared = [line for line in lines if not line.passed]
    hits = [line.seconds for line in shared if line.hit]
    origin = [line.seconds for line in lines if not line.hit]
    ratio = f"{len(hits) / len(shared):.1%}" if shared else "–"
    size = sum(line.bytes for line in lines)
    return ROW.format(name, len(lines), len(lines) - len(shared), ratio, size, p95(hits), p95(origin))


def p95(seconds: list[float]) -> str:
    if not seconds:
        return "–"
    return f"{1000 * (statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]):.0f} ms"
