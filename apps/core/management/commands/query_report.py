from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.core import database
from apps.core.errors import DomainError
from apps.core.tables import as_json, lines_of

WIDTH = 110


class Command(BaseCommand):
    help = "What costs the database its time, who waits for a lock, which transactions stay open (PostgreSQL)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=20, help="statements to show")
        parser.add_argument("--json", action="store_true")

    def handle(self, *, limit: int, json: bool, **options: Any) -> None:
        try:
            facts = {
                "cache_hits": database.cache_hits(),
                "lock_waits": database.lock_waits(),
                "long_transactions": database.long_transactions(),
                "statements": database.statements(limit),
            }
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(as_json(facts)) if json else self.say(facts)

    def say(self, facts: dict[str, Any]) -> None:
        self.show(_("Statements, times in ms"),
                  [(r["share"], r["calls"], r["mean_ms"], r["max_ms"], r["rows"], r["cache_hits"], r["query"][:WIDTH])
                   for r in facts["statements"]],
                  ("share %", "calls", "mean", "max", "rows", "hits %", "statement"))  # fmt: skip
        self.show(_("Waiting for a lock now"),
                  [(r["pid"], r["blocked_by"], r["seconds"], r["query"][:WIDTH]) for r in facts["lock_waits"]],
                  ("process", "behind", "seconds", "statement"))  # fmt: skip
        self.show(_("Transactions open for more than %(n)d s") % {"n": database.LONG_SECONDS},
                  [(r["pid"], r["state"], r["seconds"], r["query"][:WIDTH]) for r in facts["long_transactions"]],
                  ("process", "state", "seconds", "statement"))  # fmt: skip
        if facts["cache_hits"] is not None:
            hits = {"hits": facts["cache_hits"]}
            self.stdout.write(_("%(hits).1f %% of blocks were in PostgreSQL's memory.") % hits)

    def show(self, title: str, rows: list[tuple[Any, ...]], names: tuple[str, ...]) -> None:
        self.stdout.write(title)
        for line in lines_of(rows, names):
            self.stdout.write(f"  {line}")
        self.stdout.write("")
