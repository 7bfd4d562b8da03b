import asyncio
import importlib
import logging
import sys
from contextlib import suppress
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.voting.crowd.evening import Plan, hold
from apps.voting.crowd.figures import Figures


class Command(BaseCommand):
    help = (
        "Simulated attendees join a jam of a server on this machine over HTTP, hold sockets and vote like people do. "
        "At the end their votes are compared with what the server knows; exits with 1 on any error."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="such as http://127.0.0.1:8000")
        parser.add_argument("--attendees", type=int, default=300, metavar="N")
        parser.add_argument("--seconds", type=float, default=0, help="how long they vote; 0 means until Ctrl-C")
        parser.add_argument("--rate", type=float, default=0, help="votes a second of all; by default a sixth of N")
        parser.add_argument("--jam", default="", metavar="SLUG", help="by default the one that is live, or the next")
        parser.add_argument("--socket-url", default="", metavar="URL", help="where sockets are served elsewhere")
        parser.add_argument("--json", action="store_true", help="the summary as JSON, and nothing else")

    def handle(self, *, json: bool, **options: Any) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it notes every request
        if options["attendees"] < 1 or min(options["seconds"], options["rate"]) < 0:
            raise CommandError(_("--attendees takes a number from 1 on, --seconds and --rate one from 0 on."))
        plan = Plan(**{name: options[name] for name in Plan.__dataclass_fields__})
        quiet = json or not options["verbosity"]
        live = self.stdout.isatty()
        open_more_files()
        try:
            with asyncio.Runner(loop_factory=fastest_loop()) as runner:
                evening = hold(plan, tell=(lambda figures: None) if quiet else self.tell, every=0.5 if live else 10)
                figures = runner.run(evening)
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        self.conclude(figures, json=json)

    def tell(self, figures: Figures) -> None:
        """On a terminal the line changes in place."""
        if self.stdout.isatty():
            self.stdout.write(f"\r\033[K{figures.line()}", ending="")
            self.stdout.flush()
        else:
            self.stdout.write(figures.line())

    def conclude(self, figures: Figures, *, json: bool) -> None:
        summary = figures.summary()
        if json:
            self.stdout.write(orjson.dumps(summary, option=orjson.OPT_INDENT_2).decode())
        else:
            if self.stdout.isatty():
                self.stdout.write("")
            for name, value in summary.items():
                self.stdout.write(f"  {name.replace('_', ' '):<17}{value}")
            if figures.checked < figures.joined:
                self.stdout.write(_("Not checked: the server has gone before everybody could be asked."))
        if figures.errors:
            sys.exit(1)


def open_more_files() -> None:
    """Each attendee needs two sockets; many systems allow a process 1,024 files unless it asks for more."""
    with suppress(ImportError, OSError, ValueError):
        resource = importlib.import_module("resource")
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def fastest_loop() -> Any:
    """uvloop, which is not made for every system; None means Python's own."""
    try:
        return importlib.import_module("uvloop").new_event_loop
    except ImportError:
        return None
