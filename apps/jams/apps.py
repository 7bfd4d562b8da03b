from django.apps import AppConfig


class JamsConfig(AppConfig):
    name = "apps.jams"
