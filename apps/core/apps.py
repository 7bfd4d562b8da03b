from django.apps import AppConfig
from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import reset_queries


class CoreConfig(AppConfig):
    name = "apps.core"

    def ready(self) -> None:
        # What does nothing here, and would do it twice in each request: a tenth of what a cached read costs.
        request_finished.disconnect(close_caches)  # ours keep their connections
        if not settings.DEBUG:
            request_started.disconnect(reset_queries)  # which nobody notes
        if settings.SENTRY_DSN:
            from apps.core import tracker

            tracker.start()
