from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.jams.models import JamSong
from apps.voting.corrections import differences, recount


class Command(BaseCommand):
    help = "Compares the count of every jam song with its votes; exits with 1 where they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="count those again, and tell the rooms")

    def handle(self, *, fix: bool, **options: Any) -> None:
        found = differences()
        for difference in found:
            self.stdout.write(str(difference))
            if fix:
                recount(jam_song=difference.jam_song)
        left = len(differences()) if fix else len(found)
        if found and not left:
            fixed = ngettext("%(n)d count was wrong and is right now.", "%(n)d counts were wrong and are right now.",
                             len(found))  # fmt: skip
            self.stdout.write(fixed % {"n": len(found)})
        elif left:
            wrong = ngettext("%(n)d count differs from its votes.", "%(n)d counts differ from their votes.", left)
            raise CommandError(wrong % {"n": left} + ("" if fix else " " + _("--fix counts again.")))
        else:
            songs = JamSong.objects.count()
            right = ngettext("The count of %(n)d song is right.", "The counts of %(n)d songs are right.", songs)
            self.stdout.write(right % {"n": songs})
