"""Background work for staff: what waits, runs, is done and has failed, and once more."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.core.admin import InfinitePaginator, OperationsAdmin, ReadOnlyAdmin, staff
from apps.tasks.declared import TASKS
from apps.tasks.models import Task
from apps.tasks.operations import run_again


class Name(admin.SimpleListFilter):
    title, parameter_name = _("task"), "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, name) for name in sorted(TASKS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin, OperationsAdmin):
    """The search takes what it is about ("jam:12"), and who asked for it."""

    list_display = ("created_at", "name", "about", "by", "state", "progress", "attempts", "why")
    list_filter = ("state", "queue", Name)
    list_select_related = ("by",)
    search_fields = ("=about", "by__email")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = (
        "name", "arguments", "about", "by", "state", "error", "progress", "attempts", "result", "queue", "created_at",
        "due_at", "started_at", "ended_at",
    )  # fmt: skip
    readonly_fields = ("progress",)
    actions = ("run_again",)
    actions_detail = ("run_this_again",)

    @admin.display(description=_("progress"))
    def progress(self, task: Task) -> str:
        return f"{task.done} / {task.of}" if task.of else ""

    @admin.display(description=_("error"))
    def why(self, task: Task) -> str:
        return Truncator(task.error).chars(100)

    @admin.action(description=_("Run again"))
    def run_again(self, request: HttpRequest, tasks: QuerySet[Task]) -> None:
        self.each(request, tasks, lambda task: run_again(task=task, by=staff(request)))

    @action(
        description=_("Run again"),
        url_path="run-again",
        permissions=["run_this_again"],
        dialog={
            "title": _("Run it again?"),
            "description": _("It is tried as often as at first."),
            "form_submit_text": _("Run again"),
        },
    )
    def run_this_again(self, request: HttpRequest, form: Any, object_id: int) -> HttpResponse:
        self.run_again(request, Task.objects.filter(pk=object_id))
        address = reverse("admin:tasks_task_change", args=[object_id])
        if "HX-Request" in request.headers:  # the dialog, which would look for itself in what a redirect leads to
            return HttpResponse(headers={"HX-Redirect": address})
        return HttpResponseRedirect(address)

    def has_run_this_again_permission(self, request: HttpRequest, object_id: int | str | None = None) -> bool:
        """The button stands on the page of a task that has failed."""
        if not staff(request).is_staff or object_id is None:
            return bool(staff(request).is_staff)
        return Task.objects.filter(pk=object_id, state=Task.State.FAILED).exists()
