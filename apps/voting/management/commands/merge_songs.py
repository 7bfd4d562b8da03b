from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.catalog.models import Song
from apps.core.errors import DomainError
from apps.voting.merging import merge_songs, what_moves


class Command(BaseCommand):
    help = "Merges songs of the library into one: jams, votes, history and what venues say of them. It is not undone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("into", type=int, metavar="INTO", help="the id of the song that stays")
        parser.add_argument("songs", type=int, nargs="+", metavar="FROM", help="the ids of those that are the same")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="whose doing it is, for the audit log: staff")
        parser.add_argument("--dry-run", action="store_true", help="only say what would move")

    def handle(self, *, into: int, songs: list[int], by: str, dry_run: bool, **options: Any) -> None:
        staff = User.objects.filter(email__iexact=by).first()
        if staff is None:
            raise CommandError(_("There is no account with the address %(email)s.") % {"email": by})
        found = Song.objects.in_bulk([into, *songs])
        if missing := [pk for pk in (into, *songs) if pk not in found]:
            raise CommandError(_("There is no song %(ids)s.") % {"ids": ", ".join(map(str, missing))})
        others = [found[pk] for pk in dict.fromkeys(songs)]
        for song in others:
            self.stdout.write(f"{song.pk} {song} → {into} {found[into]}")
        for name, count in what_moves(others):
            self.stdout.write(f"  {name}: {count}")
        if dry_run:
            return
        try:
            merge_songs(songs=others, into=found[into], by=staff)
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        done = ngettext("%(n)d song was merged.", "%(n)d songs were merged.", len(others))
        self.stdout.write(done % {"n": len(others)})
