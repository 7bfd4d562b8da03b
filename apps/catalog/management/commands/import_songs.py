import csv
import os
import sys
from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from contextlib import ExitStack
from typing import Any, BinaryIO, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from apps.catalog.cells import HEADINGS
from apps.catalog.command_runs import report_of, run_of
from apps.catalog.exports import SPREADSHEET, safe
from apps.catalog.import_runs import go_on, problems_of
from apps.catalog.imports import Report, import_songs
from apps.catalog.rows import REPORT_COLUMNS, Problem
from apps.core.errors import DomainError

SHOWN = 100  # problems on the terminal; --report has them all

HELP = """\
Add songs from a CSV file. Songs that are known are left alone.

The file is UTF-8, separated by comma, semicolon, tab or bar; its first line names the columns:
  title, artist     needed; a song is known by both, without regard to capitals, accents and punctuation
  year              1972
  key               E♭m, Ebm, "E flat minor"
  tempo, bpm        beats a minute, 20 to 400
  duration, length  3:42 or seconds, up to two hours
  style, genre
  tags              soul;70s
  parts             vocals;guitar:2;trumpet?     :2 for two of them, ? or * for one that may be missing
  chord_sheet_url   http(s)
  popularity        a whole number, higher is better known
Other columns are named and ignored; --column "Weeks=popularity" says what one is. A row is taken as a whole, or
rejected with its line, value and reason. --fuzzy also looks for songs of the library that are spelled otherwise:
"Smooth, Santana feat. Rob Thomas" is "Smooth, Santana & Rob Thomas". What only a person can say is left out and told.
A file's import that was stopped goes on with --resume.
"""


class Command(BaseCommand):
    help = HELP

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the CSV file; - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="report, but write nothing to the database")
        parser.add_argument("--update", action="store_true", help="write what the file says into songs that are known")
        parser.add_argument("--report", metavar="FILE", help="write every problem to this file, as CSV")
        parser.add_argument(
            "--column", metavar="HEADING=COLUMN", action="append", default=[], dest="mapping", type=mapped,
            help="what a column of the file is; HEADING= leaves it out. May be given several times",
        )  # fmt: skip
        parser.add_argument(
            "--fuzzy", nargs="?", const="ask", default="", choices=["ask", "new", "known"],
            help="look for songs under other names; those that only may be the same: leave out and tell (ask), or take "
            "as new, or for the known ones",
        )  # fmt: skip
        parser.add_argument("--resume", action="store_true", help="go on where an import of this file was stopped")
        parser.add_argument("--strict", action="store_true", help="exit with 1 if a row was rejected")

    def handle(self, *args: Any, file: str, report: str | None, **options: Any) -> None:
        try:
            with ExitStack() as stack:
                source = stack.enter_context(open_source(file))
                problems = Problems(stack.enter_context(open_report(report)) if report else None)
                done = self.run_import(source, problems, options)
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror or error}") from error
        except DomainError as error:
            raise CommandError(f"{file}: {error.message}") from error
        except KeyboardInterrupt as error:
            text = _("Stopped. What was read so far is stored; run it again with --resume for the rest.")
            raise CommandError(text) from error
        self.tell(done, problems, report, dry_run=options["dry_run"])
        if options["strict"] and done.rejected:
            sys.exit(1)

    def run_import(self, source: BinaryIO, problems: "Problems", options: dict[str, Any]) -> Report:
        size = os.fstat(source.fileno()).st_size if source.seekable() else None
        how = {"update": options["update"], "near": options["fuzzy"]}
        # disable=None: no bar where nobody watches
        with tqdm(total=size, unit="B", unit_scale=True, file=sys.stderr, disable=None) as bar:
            hooks: dict[str, Any] = {
                "on_problem": problems.note,
                "on_batch": lambda: bar.update(source.tell() - bar.n) if size else None,
            }
            if options["dry_run"] or not size:
                if options["resume"]:
                    raise CommandError(_("Only a file can be gone on with, and no dry run."))
                mapping = dict(options["mapping"])
                return import_songs(source, mapping=mapping, dry_run=options["dry_run"], **how, **hooks)
            run = run_of(source, resume=options["resume"], mapping=dict(options["mapping"]), **how)
            for problem in problems_of(run):
                problems.note(problem)
            return report_of(go_on(run, source, **hooks), source)

    def tell(self, done: Report, problems: "Problems", report: str | None, *, dry_run: bool) -> None:
        for problem in problems.first:
            self.stdout.write(str(problem))
        if problems.number > len(problems.first):
            left = {"count": problems.number - len(problems.first)}
            if report:
                self.stdout.write(_("… and %(count)d more, all in %(file)s.") % {**left, "file": report})
            else:
                self.stdout.write(_("… and %(count)d more; --report FILE writes them all.") % left)
        if done.ignored:
            self.stdout.write(_("Columns not used: %(names)s.") % {"names": ", ".join(done.ignored)})
        if dry_run:
            self.stdout.write(_("Dry run: nothing was written."))
        self.stdout.write(summary(done))
        if done.asked:
            text = ngettext(
                "%(n)d row may be a song of the library under another name, and was left out. Import it again with "
                "--fuzzy=new or --fuzzy=known to take it.",
                "%(n)d rows may be songs of the library under other names, and were left out. Import it again with "
                "--fuzzy=new or --fuzzy=known to take them.",
                done.asked,
            )
            self.stdout.write(text % {"n": done.asked})


class Problems:
    """Keeps the first for the terminal and writes all to the report."""

    def __init__(self, report: TextIO | None) -> None:
        self.first: list[Problem] = []
        self.number = 0
        self.writer = csv.writer(report) if report else None
        if self.writer:
            self.writer.writerow(REPORT_COLUMNS)

    def note(self, problem: Problem) -> None:
        self.number += 1
        if len(self.first) < SHOWN:
            self.first.append(problem)
        if self.writer:
            self.writer.writerow(
                [problem.line, problem.outcome, problem.column, safe(problem.value), safe(problem.reason)]
            )


def mapped(text: str) -> tuple[str, str]:
    """'Weeks=popularity' → ('Weeks', 'popularity')."""
    heading, equals, column = text.rpartition("=")
    if not equals or (column and column not in HEADINGS):
        raise ArgumentTypeError(f"{text}: write HEADING=COLUMN, with one of {', '.join(HEADINGS)}")
    return heading, column


def open_source(name: str) -> BinaryIO:
    return sys.stdin.buffer if name == "-" else open(name, "rb")


def open_report(name: str) -> TextIO:
    return open(name, "w", encoding=SPREADSHEET, newline="")


def summary(done: Report) -> str:
    return ngettext(
        "%(rows)d row: %(added)d added, %(updated)d updated, %(known)d known, %(repeated)d repeated in the file, "
        "%(rejected)d rejected; %(cleaned)d cleaned, %(warned)d with a warning.",
        "%(rows)d rows: %(added)d added, %(updated)d updated, %(known)d known, %(repeated)d repeated in the file, "
        "%(rejected)d rejected; %(cleaned)d cleaned, %(warned)d with a warning.",
        done.rows,
    ) % {
        name: getattr(done, name)
        for name in ("rows", "added", "updated", "known", "repeated", "rejected", "cleaned", "warned")
    }
