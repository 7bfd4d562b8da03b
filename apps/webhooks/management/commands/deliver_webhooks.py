from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from apps.webhooks.deliveries import sweep


class Command(BaseCommand):
    help = "Finds events of webhooks that wait and whose task is lost, and has them sent."

    def handle(self, **options: Any) -> None:
        self.stdout.write(_("Queues that are sent now: %(n)d.") % {"n": sweep()})
