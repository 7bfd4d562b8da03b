from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.catalog.models import Venue
from apps.jams.models import Jam
from apps.reports.models import Report
from apps.reports.operations import written
from apps.reports.periods import Period
from apps.reports.subjects import OfHost, OfJam, OfVenue, Subject


class Command(BaseCommand):
    help = (
        "Write the report of a night, a venue or a host as CSV or JSON: make_report venue:the-anchor --from 2026-09-01"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("about", help="jam:SLUG, venue:SLUG or host:E-MAIL")
        parser.add_argument(
            "--from", "--since", dest="since", type=date.fromisoformat, help="the first day, 2026-09-01"
        )
        parser.add_argument("--until", type=date.fromisoformat, help="the last day; it counts")
        parser.add_argument("--format", choices=Report.Format.values, default=Report.Format.CSV)
        parser.add_argument("--names", action="store_true", help="name performers, while their names are kept")
        parser.add_argument("--output", type=Path, help="where to; without it, standard output")

    def handle(self, *args: Any, about: str, output: Path | None, **options: Any) -> None:
        if options["since"] and options["until"] and options["since"] > options["until"]:
            raise CommandError(_("This is before the first day."))
        period = Period(options["since"], options["until"])
        content = written(named(about), period, options["format"], None, names=options["names"])
        if output is None:
            self.stdout.write(content.decode("utf-8-sig"), ending="")
            return
        try:
            output.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}") from error


def named(about: str) -> Subject:
    kind, _colon, name = about.partition(":")
    if kind == "jam" and (jam := Jam.objects.select_related("venue").filter(slug=name).first()):
        return OfJam(jam)
    if kind == "venue" and (venue := Venue.objects.filter(slug=name).first()):
        return OfVenue(venue)
    if kind == "host" and (host := User.objects.filter(email__iexact=name).first()):
        return OfHost(host)
    raise CommandError(
        _("There is nothing called %(about)s. Say jam:SLUG, venue:SLUG or host:E-MAIL.") % {"about": about}
    )
