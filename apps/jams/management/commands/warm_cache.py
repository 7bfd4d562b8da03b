from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management.base import BaseCommand, CommandError
from django.test import RequestFactory
from django.utils.translation import ngettext

from apps.jams.models import Jam

LISTS = ["/api/v1/jams", "/api/v1/jams?when=now", "/api/v1/jams?when=upcoming", "/api/v1/songs", "/api/v1/venues"]


class Command(BaseCommand):
    help = "Computes what will be asked for first: the lists, and tonight's jams."

    def handle(self, **options: Any) -> None:
        slugs = Jam.objects.running().values_list("slug", flat=True)[:200]
        of_jams = [f"/api/v1/jams/{name}" for slug in slugs for name in (f"by-slug/{slug}", f"{slug}/snapshot")]
        handler, site = WSGIHandler(), urlsplit(settings.PUBLIC_URL)
        # As visitors ask: the address of the site is a part of the key.
        factory = RequestFactory(headers={"Host": site.netloc, "X-Forwarded-Proto": site.scheme})
        for path in [*LISTS, *of_jams]:
            response = handler.get_response(factory.get(path, secure=site.scheme == "https"))
            if response.status_code != 200:
                raise CommandError(f"{path}: HTTP {response.status_code}")
        n = len(LISTS) + len(of_jams)
        self.stdout.write(ngettext("Warm: %(n)d answer.", "Warm: %(n)d answers.", n) % {"n": n})
