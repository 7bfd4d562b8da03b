from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.edge import edge
from apps.core.store import Away, LocalStore, patient_store


class Command(BaseCommand):
    help = "Forgets cached reads in Redis and at the edge; a process may show its own copy for a second more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("group", nargs="?", default="", metavar="GROUP", choices=["", *settings.CACHED],
                            help=f"one kind only: {', '.join(settings.CACHED)}")  # fmt: skip

    def handle(self, *, group: str, **options: Any) -> None:
        store = patient_store()
        if isinstance(store, LocalStore):
            raise CommandError(_("Without REDIS_URL the cache lives in the server's process: restart that."))
        names = [settings.CACHED[group][0]] if group else [name for name, *_rest in settings.CACHED.values()]
        try:
            held = store.groups()
            # Those without a parameter are retired in any case: an answer may be on its way.
            found = {name for name in names if "{" not in name}
            found |= {one for one in held if any(one.startswith(name.partition("{")[0]) for name in names)}
            if found:
                store.retire(*found)
                edge.forget(*found)
        except Away as error:
            raise CommandError(_("Redis does not answer. Is REDIS_URL right?")) from error
        done = ngettext("Forgotten: %(n)d group.", "Forgotten: %(n)d groups.", len(found))
        self.stdout.write(done % {"n": len(found)})
