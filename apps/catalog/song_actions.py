"""What staff do with the songs that they have chosen in the admin's list: see bulk.py.

What needs a word more asks for it on a page in between, which is the same action said again with `confirmed`.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.catalog import bulk
from apps.catalog.errors import TooManySongs
from apps.catalog.models import Song
from apps.catalog.music import MAX_TAG, MAX_TAGS
from apps.core.admin import staff, words
from apps.core.errors import DomainError

SHOWN = 20  # of the chosen songs, by name
STYLE = Song._meta.get_field("style").max_length

Done = Callable[..., int]


class TagsForm(forms.Form):
    tags = forms.CharField(
        label=gettext_lazy("tags"),
        max_length=(MAX_TAG + 2) * MAX_TAGS,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("One, or several: soul; 70s"),
    )


class StyleForm(forms.Form):
    style = forms.CharField(
        label=gettext_lazy("style"),
        max_length=STYLE,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Leave it empty to take the style away."),
    )


def asking(label: Any, name: str, form: type[forms.Form], operation: Done) -> Any:
    """An action that asks for what `form` has, and gives it to the operation."""

    @admin.action(description=label)
    def act(model_admin: Any, request: HttpRequest, songs: QuerySet[Song]) -> HttpResponse | None:
        asked = form(request.POST if "confirmed" in request.POST else None)
        if asked.is_valid():
            try:
                run(model_admin, request, songs, partial(operation, **asked.cleaned_data))
            except DomainError as error:
                asked.add_error(None, words(error))
            else:
                return None
        return page(model_admin, request, songs, action=name, title=label, form=asked)

    act.__name__ = name
    return act


def telling(label: Any, name: str, operation: Done) -> Any:
    """An action that needs no word more."""

    @admin.action(description=label)
    def act(model_admin: Any, request: HttpRequest, songs: QuerySet[Song]) -> None:
        try:
            run(model_admin, request, songs, operation)
        except DomainError as error:
            model_admin.message_user(request, words(error), messages.ERROR)

    act.__name__ = name
    return act


def run(model_admin: Any, request: HttpRequest, songs: QuerySet[Song], operation: Done) -> None:
    changed = operation(songs=chosen(songs), by=staff(request))
    text = ngettext("%(n)d song was changed.", "%(n)d songs were changed.", changed) % {"n": changed}
    model_admin.message_user(request, text, messages.SUCCESS)


def chosen(songs: QuerySet[Song]) -> list[int]:
    """Their ids. Raises TooManySongs: whoever chose “all” may have a whole library."""
    pks = list(songs.order_by().values_list("pk", flat=True)[: bulk.MOST_SONGS + 1])
    if len(pks) > bulk.MOST_SONGS:
        raise TooManySongs(bulk.MOST_SONGS)
    return pks


def page(
    model_admin: Any, request: HttpRequest, songs: QuerySet[Song], *, action: str, title: Any, **more: Any
) -> HttpResponse | None:
    """What is asked before it is done. None: too many songs; that is said, and the list is shown again."""
    try:
        pks = chosen(songs)
    except TooManySongs as error:
        model_admin.message_user(request, words(error), messages.ERROR)
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": title,
        "action": action,
        "checkbox": ACTION_CHECKBOX_NAME,
        "pks": pks,
        "rows": named(pks),
        "more": max(0, len(pks) - SHOWN),
        **more,
    }
    return TemplateResponse(request, "admin/songs_action.html", context)


def named(pks: Iterable[int]) -> list[str]:
    return [f"\u2068{song}\u2069" for song in Song.objects.filter(pk__in=[*pks][:SHOWN]).in_order()]


ACTIONS = (
    asking(gettext_lazy("Add tags"), "add_tags", TagsForm, bulk.add_tags),
    asking(gettext_lazy("Remove tags"), "remove_tags", TagsForm, bulk.remove_tags),
    asking(gettext_lazy("Set the style"), "set_style", StyleForm, bulk.set_style),
    telling(gettext_lazy("Put into the library"), "list_songs", partial(bulk.set_listed, listed=True)),
    telling(gettext_lazy("Take out of the library"), "unlist_songs", partial(bulk.set_listed, listed=False)),
)
