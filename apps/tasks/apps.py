from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "apps.tasks"
    verbose_name = _("Background work")

    def ready(self) -> None:
        autodiscover_modules("tasks")  # of every app: whatever runs, looks at or repeats a task knows them all
