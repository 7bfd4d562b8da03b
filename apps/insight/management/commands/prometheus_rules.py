from typing import Any

import yaml
from django.core.management.base import BaseCommand

from apps.insight.prometheus.rules import rules

HEAD = "# Made by `manage.py prometheus_rules` from apps/insight/slo.toml and prometheus/rules.py: change those.\n"


class Command(BaseCommand):
    help = "Print the rules file of Prometheus: what is promised, as recording rules and alerts."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(HEAD + yaml.safe_dump(rules(), sort_keys=False, width=1000, allow_unicode=True), ending="")
