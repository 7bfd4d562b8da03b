from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JamsConfig(AppConfig):
    name = "apps.jams"
    verbose_name = _("Jams")

    def ready(self) -> None:
        from apps.jams import receivers  # noqa: F401 — connects them
