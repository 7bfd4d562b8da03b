from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.jams.models import JamSong
from apps.reports.archiving import archive_nights, check_late_enough, due
from apps.voting.archive import restore


class Command(BaseCommand):
    help = (
        "Puts the votes of nights that began before a day into files, and takes them out of the database; counts and "
        "reports stay. Stopped anywhere, the next run does what is left. --restore puts them back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--before", type=date.fromisoformat, help="nights that began before this day (2026-01-01)")
        what.add_argument(
            "--restore", nargs="+", metavar="FILE", help="files of archived votes, as this command names them"
        )
        parser.add_argument("--batch", type=int, default=50, help="so many nights a file (50)")
        parser.add_argument("--streams", type=int, default=1, help="so many files beside each other (1)")
        parser.add_argument("--dry-run", action="store_true", help="only say how many nights and votes it would be")

    def handle(self, *, before: date | None, restore: list[str] | None, **how: Any) -> None:
        if how["batch"] < 1 or how["streams"] < 1:
            raise CommandError(_("--batch and --streams are at least 1."))
        try:
            if before:
                self.archive(before, batch=how["batch"], streams=how["streams"], dry_run=how["dry_run"])
            for name in restore or ():
                self.restore(name)
        except DomainError as error:
            raise CommandError(str(error)) from error

    def archive(self, before: date, *, batch: int, streams: int, dry_run: bool) -> None:
        if dry_run:
            check_late_enough(before)
            songs = JamSong.objects.filter(jam__in=due(before)).values_list("votes", flat=True)
            text = _("It would be %(nights)d nights with %(votes)d votes. Nothing was changed.")
            self.stdout.write(text % {"nights": due(before).count(), "votes": sum(songs)})
            return
        told = self.stdout.write
        done = archive_nights(
            before=before, batch=batch, streams=streams, told=lambda done, of: told(f"{done:,} / {of:,}")
        )
        for name in done.files:
            told(name)
        text = _("Nights archived: %(nights)d, with %(votes)d votes. Partitions dropped: %(dropped)s. Deleted: %(n)d.")
        dropped = ", ".join(done.dropped) or "–"
        told(text % {"nights": done.nights, "votes": done.votes, "dropped": dropped, "n": done.deleted})

    def restore(self, name: str) -> None:
        put = restore(name)
        text = _(
            "%(name)s: %(votes)d votes of %(nights)d nights are back; %(lost)d are of what is deleted or not archived."
        )
        self.stdout.write(text % {"name": name, **put._asdict()})
