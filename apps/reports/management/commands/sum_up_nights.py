from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from apps.jams.models import Jam
from apps.reports.nights import AT_ONCE, summed_up


class Command(BaseCommand):
    help = (
        "Sums up all nights that are over and have not been, or not as they are now: their reports come at once then."
    )

    def handle(self, **options: Any) -> None:
        made: list[int] = []
        last = 0
        nights = Jam.objects.filter(status=Jam.Status.ENDED).select_related("venue").order_by("pk")
        while some := list(nights.filter(pk__gt=last)[:AT_ONCE]):
            summed_up(some, told=lambda done, of: made.append(done))
            last = some[-1].pk
        self.stdout.write(_("Nights summed up: %(n)d.") % {"n": sum(made)})
