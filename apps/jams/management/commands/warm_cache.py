from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext

from apps.jams.warming import NotWarm, warm


class Command(BaseCommand):
    help = "Computes what will be asked for first: the lists, and tonight's jams."

    def handle(self, **options: Any) -> None:
        try:
            n = warm()
        except NotWarm as error:
            raise CommandError(str(error)) from error
        self.stdout.write(ngettext("Warm: %(n)d answer.", "Warm: %(n)d answers.", n) % {"n": n})
