from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.core.database import SMALL, IndexReport, index_report
from apps.core.errors import DomainError
from apps.core.tables import as_json, lines_of, size


class Command(BaseCommand):
    help = "Which indexes are used, which are not, and which large tables are read whole (PostgreSQL)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--min-use", type=float, default=0, metavar="PERCENT",
                            help="exit with 1 when a smaller share of reads goes by an index")  # fmt: skip
        parser.add_argument("--json", action="store_true")

    def handle(self, *, min_use: float, json: bool, **options: Any) -> None:
        try:
            report = index_report()
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        if json:
            facts = {"use": report.use, "tables": report.tables, "indexes": report.indexes}
            facts["unused"] = [row["index"] for row in report.unused]
            facts["whole"] = [row["table"] for row in report.whole]
            self.stdout.write(as_json(facts))
        else:
            self.say(report)
        if report.use is not None and report.use < min_use:
            raise CommandError(
                _("%(use).1f %% of reads went by an index; %(least)g %% are wanted.")
                % {"use": report.use, "least": min_use}
            )

    def say(self, report: IndexReport) -> None:
        self.show(_("Tables"), [(r["table"], r["rows"], size(r["bytes"]), r["index_scans"], r["seq_scans"])
                                for r in report.tables], ("table", "rows", "size", "by index", "whole"))  # fmt: skip
        self.show(_("Indexes"), [(r["table"], r["index"], size(r["bytes"]), r["scans"]) for r in report.indexes],
                  ("table", "index", "size", "scans"))  # fmt: skip
        self.show(_("Not used, and no rule rests on them"),
                  [(r["table"], r["index"], size(r["bytes"])) for r in report.unused],
                  ("table", "index", "size"))  # fmt: skip
        self.show(_("Read whole with %(n)d rows or more") % {"n": SMALL},
                  [(r["table"], r["rows"], r["seq_scans"], r["seq_rows"]) for r in report.whole],
                  ("table", "rows", "times", "rows read"))  # fmt: skip
        if report.use is None:
            self.stdout.write(_("Nothing has been read yet."))
        else:
            self.stdout.write(_("%(use).1f %% of reads of large tables went by an index.") % {"use": report.use})

    def show(self, title: str, rows: list[tuple[Any, ...]], names: tuple[str, ...]) -> None:
        self.stdout.write(title)
        for line in lines_of(rows, names):
            self.stdout.write(f"  {line}")
        self.stdout.write("")
