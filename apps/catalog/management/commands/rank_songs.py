from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from apps.catalog.upkeep import rank_songs


class Command(BaseCommand):
    help = "Put the best-known songs where search looks first. An import does so, too. Run it every day."

    def handle(self, *args: Any, **options: Any) -> None:
        moved = rank_songs()
        text = ngettext("%(count)d song has another place.", "%(count)d songs have another place.", moved)
        self.stdout.write(text % {"count": moved})
