from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightConfig(AppConfig):
    name = "apps.insight"
    verbose_name = _("Insight")

    def ready(self) -> None:
        from apps.insight import receivers  # noqa: F401 — connects them
