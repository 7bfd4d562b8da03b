from django.apps import AppConfig


class JamsConfig(AppConfig):
    name = "apps.jams"

    def ready(self) -> None:
        from apps.jams import receivers  # noqa: F401 — connects them
