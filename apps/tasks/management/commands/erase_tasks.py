from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from apps.tasks.operations import erase_tasks


class Command(BaseCommand):
    help = (
        "Erases tasks that were done TASK_DAYS ago (CLOCK_TASK_DAYS, those of the clock), and those that failed "
        "FAILED_TASK_DAYS ago. Run it every day."
    )

    def handle(self, **options: Any) -> None:
        erased = erase_tasks()
        self.stdout.write(ngettext("%(n)d task erased.", "%(n)d tasks erased.", erased) % {"n": erased})
