import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.insight.prometheus.dashboards import dashboards


class Command(BaseCommand):
    help = "Write the dashboards of Grafana, a file each, made of apps/insight/prometheus/dashboards.toml."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        options["folder"].mkdir(parents=True, exist_ok=True)
        for name, made in dashboards().items():
            (options["folder"] / f"{name}.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")
