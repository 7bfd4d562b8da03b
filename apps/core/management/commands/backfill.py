from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _

from apps.core.backfills import BACKFILLS, backfill
from apps.core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Changes rows that a release wants otherwise, while people go on. Run again, it goes on where it was stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        autodiscover_modules("backfills")
        parser.add_argument("name", choices=sorted(BACKFILLS))
        parser.add_argument("--batch", type=int, default=20, help="so many at a time (20)")
        parser.add_argument("--streams", type=int, default=1, help="so many beside each other (1)")
        parser.add_argument("--pause", type=float, default=0, help="seconds that a stream rests after a batch (0)")
        parser.add_argument("--rollback", action="store_true", help="the way back")

    def handle(self, *, name: str, batch: int, streams: int, pause: float, rollback: bool, **options: Any) -> None:
        if batch < 1 or streams < 1 or pause < 0:
            raise CommandError(_("--batch and --streams are at least 1, --pause is not negative."))
        how: dict[str, Any] = {"batch": batch, "streams": streams, "pause": pause, "rollback": rollback}
        try:
            done = backfill(BACKFILLS[name], told=self.tell, **how)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("Done: %(n)d.") % {"n": done})

    def tell(self, done: int, of: int) -> None:
        self.stdout.write(f"{done:,} / {of:,}")
