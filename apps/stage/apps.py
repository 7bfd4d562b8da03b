from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StageConfig(AppConfig):
    name = "apps.stage"
    verbose_name = _("Stage")

    def ready(self) -> None:
        from apps.stage import receivers  # noqa: F401 — connects them
