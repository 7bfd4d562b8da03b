from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from apps.accounts.models import User
from apps.jams.demo import DEMO_EMAIL, DEMO_PASSWORD, STAFF_EMAIL
from apps.jams.models import Jam


class Command(BaseCommand):
    help = "Prints where to look: pages of the running jam, API, admin, and the demo's login where there is one."

    def handle(self, **options: Any) -> None:
        jam = Jam.objects.running().first()
        pages = {"Home": reverse("pages:home")}
        if jam:
            pages |= {
                "Join": reverse("pages:join", args=[jam.code]),
                "Phone": reverse("pages:jam", args=[jam.slug]),
                "Big screen": reverse("pages:screen", args=[jam.slug]),
                "Host": reverse("pages:console", args=[jam.slug]),
            }
        pages |= {"API": "/api/docs", "Admin": reverse("admin:index")}
        for name, path in pages.items():
            self.stdout.write(f"  {name:<12}{settings.PUBLIC_URL}{path}")
        if User.objects.filter(email=DEMO_EMAIL).exists():
            self.stdout.write(f"  {'Log in as':<12}{DEMO_EMAIL} or {STAFF_EMAIL} (admin), password {DEMO_PASSWORD}")
        if jam and urlsplit(settings.PUBLIC_URL).hostname not in ("localhost", "127.0.0.1"):
            picture = StringIO()
            segno.make(jam.join_url, error="m", micro=False).terminal(picture, border=2, compact=True)
            self.stdout.write(picture.getvalue())
