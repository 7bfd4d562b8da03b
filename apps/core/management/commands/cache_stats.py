from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from apps.core.store import Away, LocalStore, patient_store

ROW = "{:<10}{:>12}{:>12}{:>12}{:>12}{:>9}{:>15}{:>9}"


class Command(BaseCommand):
    help = "How often each kind of cached read was answered, by all processes, since Redis was emptied."

    def handle(self, **options: Any) -> None:
        store = patient_store()
        if isinstance(store, LocalStore):
            raise CommandError(_("Without REDIS_URL the cache lives in the server: nothing to see from here."))
        try:
            counts, groups, memory = store.counts(), store.groups(), store.memory()
        except Away as error:
            raise CommandError(_("Redis does not answer. Is REDIS_URL right?")) from error
        self.stdout.write(ROW.format("kind", "in process", "Redis", "computed", "not kept", "hits", "bytes", "groups"))
        for kind, (name, *_rest) in settings.CACHED.items():
            local, kept, missed, refused, size = (
                counts.get(f"{kind} {what}", 0) for what in ("local", "store", "miss", "refused", "bytes")
            )
            asked = local + kept + missed + refused
            ratio = f"{(local + kept) / asked:.1%}" if asked else "–"
            held = sum(group.startswith(name.partition("{")[0]) for group in groups)
            self.stdout.write(ROW.format(kind, local, kept, missed, refused, ratio, size, held))
        self.stdout.write("  ".join(f"{name} {value}" for name, value in memory.items()))
