from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.stage.plays import recount_plays, wrong_plays


class Command(BaseCommand):
    help = "Compares how often songs were played, and when last, with the performances; exits with 1 where they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="count those again")

    def handle(self, *, fix: bool, **options: Any) -> None:
        found = wrong_plays()
        for wrong in found:
            self.stdout.write(str(wrong))
            if fix:
                recount_plays(wrong)
        left = len(wrong_plays()) if fix else len(found)
        if left:
            text = ngettext(
                "%(n)d count differs from its performances.", "%(n)d counts differ from their performances.", left
            )
            raise CommandError(text % {"n": left} + ("" if fix else " " + _("--fix counts again.")))
        if found:
            text = ngettext("%(n)d count was wrong and is right now.", "%(n)d counts were wrong and are right now.",
                            len(found))  # fmt: skip
            self.stdout.write(text % {"n": len(found)})
        else:
            self.stdout.write(_("All plays are counted right."))
