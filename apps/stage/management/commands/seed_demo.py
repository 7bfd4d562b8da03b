from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.catalog.models import Song, Venue
from apps.jams.demo import DEMO_EMAIL, DEMO_PASSWORD, STAFF_EMAIL
from apps.jams.models import Jam
from apps.stage.demo import seed
from apps.voting.demo import is_empty


def moment(text: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(_("not a time like 2026-11-20T21:00+00:00: %(text)s") % {"text": text}) from error
    return parsed if timezone.is_aware(parsed) else timezone.make_aware(parsed)


class Command(BaseCommand):
    help = "Fills an empty database with a demo: venues, songs, a live jam tonight, one to come, some that have ended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there is a venue or a jam")
        parser.add_argument("--now", type=moment, metavar="TIME", help="ISO 8601: when tonight is; by default now")
        parser.add_argument("--force", action="store_true", help="also where PUBLIC_URL is https, as in production")

    def handle(self, *, if_empty: bool, now: datetime | None, force: bool, **options: Any) -> None:
        if not is_empty():
            if if_empty:
                return
            raise CommandError(
                _("There are venues, jams or demo accounts already. A demo needs an empty database: set another one.")
            )
        if settings.HTTPS and not force:
            raise CommandError(
                _("PUBLIC_URL is https, so this may be production: the demo has accounts whose password everybody "
                  "knows. Use --force if that is what you want.")
            )  # fmt: skip
        jams = seed(now=now or timezone.now())
        if options["verbosity"]:
            self.tell(jams["live"])

    def tell(self, live: Jam) -> None:
        counts = {"venues": Venue.objects.count(), "songs": Song.objects.count(), "jams": Jam.objects.count()}
        self.stdout.write(_("Demo: %(venues)d venues, %(songs)d songs, %(jams)d jams.") % counts)
        self.stdout.write(_("Live now: %(name)s, %(url)s") % {"name": live, "url": live.join_url})
        who = {"host": DEMO_EMAIL, "staff": STAFF_EMAIL, "password": DEMO_PASSWORD}
        self.stdout.write(_("Log in as %(host)s (host) or %(staff)s (admin), password %(password)s.") % who)
