from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.catalog.exports import SPREADSHEET, export_songs
from apps.catalog.models import Song


class Command(BaseCommand):
    help = (
        "Write all songs as CSV, by title. import_songs takes it back unchanged. "
        "Cells that a spreadsheet would run begin with an apostrophe, which import_songs takes off again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="where to; without it, standard output")

    def handle(self, *args: Any, file: str | None, **options: Any) -> None:
        songs = Song.objects.in_order()
        if file is None:
            export_songs(songs, self.stdout)
            return
        try:
            with open(file, "w", encoding=SPREADSHEET, newline="") as target:
                written = export_songs(songs, target)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        self.stderr.write(_("%(count)d songs written to %(file)s") % {"count": written, "file": file})
