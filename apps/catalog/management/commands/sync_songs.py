from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.catalog.list_models import SongList
from apps.catalog.list_sync import begin, finish, finish_and_look
from apps.core.errors import DomainError

SHOWN = 20


class Command(BaseCommand):
    help = "Fetches the song list of a venue and says what it changes; --apply does it, on behalf of who set it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--venue", required=True, help="the venue's address on this site, like the-copper-room")
        parser.add_argument("--apply", action="store_true", help="apply what is decided")

    def handle(self, *args: Any, venue: str, apply: bool, **options: Any) -> None:
        found = SongList.objects.select_related("venue", "changed_by").filter(venue__slug=venue).first()
        if found is None:
            raise CommandError(_("There is no venue %(venue)s that has a song list.") % {"venue": venue})
        try:
            found = finish_and_look(song_list=found, told=self.told)
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        self.tell(found)
        if apply:
            begin(song_list=found, by=found.changed_by)
            finish(song_list=found, told=self.told)
            found.refresh_from_db()
            self.stdout.write(_("Applied: %(counts)s.") % {"counts": counted(found.applied)})

    def told(self, done: int, of: int) -> None:
        self.stderr.write(f"{done}/{of}")

    def tell(self, found: SongList) -> None:
        for one in found.differences.in_order()[:SHOWN]:
            fields = ", ".join(f"{name} {before!r} → {after!r}" for name, (before, after) in one.fields.items())
            self.stdout.write(f"{one.kind}: {one.title}, {one.artist} {fields}".strip())
        self.stdout.write(f"{found.get_state_display()}: {counted(found.counts)}.")


def counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items() if number) or "0"
