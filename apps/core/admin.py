"""What the admins of all apps share: they call the operations, and say in words what an operation refuses."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from unfold import paginator
from unfold.admin import ModelAdmin

from apps.core.errors import DomainError

MOST_ROWS = 10_000  # of a long list


class InfinitePaginator(paginator.InfinitePaginator):
    """The first pages of a long list, which nobody counts: what is further down is found by searching and narrowing.

    So no page costs more than reading so many rows along the index that orders them. Unfold's templates know it by this
    name, and name no number of results.
    """

    count = MOST_ROWS


class OperationsAdmin(ModelAdmin):
    show_full_result_count = False

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """What an operation refuses is said above the form; nothing of it was saved."""
        try:
            return super().changeform_view(request, *args, **options)
        except DomainError as error:
            self.message_user(request, words(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def each(self, request: HttpRequest, rows: Iterable[Any], operation: Callable[[Any], object]) -> None:
        """Runs an action row by row: one that cannot be done does not keep the others from it."""
        done = 0
        for row in rows:
            try:
                operation(row)
                done += 1
            except DomainError as error:
                self.message_user(request, f"{row}: {words(error)}", messages.WARNING)
        if done:
            self.message_user(request, _("Done: %(n)d.") % {"n": done}, messages.SUCCESS)


def step(label: Any, operation: Callable[..., object], row: str, **fields: Any) -> Callable[..., None]:
    """An operation as an action of a list, done to each `row` on behalf of whoever clicks."""

    @admin.action(description=label)
    def act(model_admin: OperationsAdmin, request: HttpRequest, rows: Iterable[Any]) -> None:
        model_admin.each(request, rows, lambda one: operation(**{row: one}, host=staff(request), **fields))

    act.__name__ = "_".join([operation.__name__, *map(str, fields.values())]).lower()
    return act


class ReadOnlyAdmin(ModelAdmin):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class GoesWithUser(ReadOnlyAdmin):
    """Deleted only together with its user."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        match = request.resolver_match
        return match is not None and (match.url_name or "").startswith("accounts_user_")


def staff(request: HttpRequest) -> Any:
    """Whoever clicks; nobody else enters the admin."""
    return request.user


def words(error: DomainError) -> str:
    fields = [f"{name}: {text}" for name, texts in error.fields.items() for text in texts]
    return " ".join([str(error.message), *fields])
