from typing import Any

from django.template.backends import django

from apps.core.spent import rendering


class MeasuredTemplate(django.Template):
    def render(self, context: Any = None, request: Any = None) -> Any:
        with rendering():
            return super().render(context, request)


class DjangoTemplates(django.DjangoTemplates):
    def from_string(self, template_code: str) -> MeasuredTemplate:
        return MeasuredTemplate(super().from_string(template_code).template, self)

    def get_template(self, template_name: str) -> MeasuredTemplate:
        return MeasuredTemplate(super().get_template(template_name).template, self)
