"""For admins of models without operations: what staff save and delete is written down."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from apps.accounts.audit import record

SECRET = {"password"}


class AuditedAdmin:
    """A mixin before ModelAdmin."""

    model: type[Model]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """After the row and its relations, in their transaction."""
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        names = [field.name for field in self.model._meta.get_fields() if field.name not in SECRET]
        changed = [name for name in names if name in form.changed_data]
        if changed or not change:
            record(
                actor=request.user,  # type: ignore[arg-type] # nobody else enters the admin
                verb="change" if change else "add",
                about=form.instance,
                before={name: form.initial.get(name) for name in changed} if change else {},
                after={name: form.cleaned_data[name] for name in changed},
            )

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        record(actor=request.user, verb="delete", about=obj, before={"name": str(obj)})  # type: ignore[arg-type]
        super().delete_model(request, obj)  # type: ignore[misc]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            record(actor=request.user, verb="delete", about=row, before={"name": str(row)})  # type: ignore[arg-type]
        super().delete_queryset(request, queryset)  # type: ignore[misc]
