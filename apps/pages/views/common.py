"""What views share: finding a jam, telling what an operation said no to, paging."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.views.decorators.http import require_http_methods

from apps.accounts.models import User
from apps.accounts.roles import Right
from apps.core.errors import DomainError
from apps.jams.models import Jam
from apps.jams.queries import visible_jam

page_with_form = require_http_methods(["GET", "HEAD", "POST"])


class HostRequest(HttpRequest):
    """Behind `login_required`: somebody with an account."""

    user: User


class SeeOther(HttpResponseRedirect):
    """After a form: look there now (303), so that a reload sends nothing again."""

    status_code = 303


def see_other(to: Any, *args: Any, fragment: str = "", **kwargs: Any) -> SeeOther:
    return SeeOther(resolve_url(to, *args, **kwargs) + (f"#{fragment}" if fragment else ""))


def beside(jam: Jam, side: str) -> SeeOther:
    """Back to this side of the console."""
    return SeeOther(f"{resolve_url('pages:console', jam.slug)}?side={side}#side")


def sheet(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """A small page of the console; without its surroundings where the console's script asks for its dialog."""
    part = f"pages/console/{name}.html"
    bare = "part" in request.GET
    return render(request, part if bare else "pages/console/sheet.html", context | {"part": part, "bare": bare})


def number_in(request: HttpRequest, name: str) -> int:
    """An id that the form sends; 0, which nothing has, for what is none."""
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def find_jam(request: HttpRequest, slug: str) -> Jam:
    """A jam that this visitor may see, with its venue; 404 for drafts of others."""
    return visible_jam(request.user, slug)


def find_hosted_jam(request: HttpRequest, slug: str, right: Right = Right.RUN) -> Jam:
    """The jam, for those who may do that with it."""
    jam = find_jam(request, slug)
    if not jam.lets(request.user, right):
        raise PermissionDenied
    return jam


@contextmanager
def telling(request: HttpRequest, *, about: str = "") -> Iterator[None]:
    """A domain error becomes a message; `about` is the part of the page that shows it."""
    try:
        yield
    except DomainError as error:
        messages.error(request, sentence(error), extra_tags=about)


def sentence(error: DomainError) -> str:
    """The first error of a field says more than that there is one."""
    texts = [str(text) for field in error.fields.values() for text in field]
    return " ".join(texts) or str(error.message)


def add_errors(form: BaseForm, error: DomainError) -> None:
    """Puts a domain error where the form shows it."""
    for name, texts in error.fields.items():
        form.add_error(name if name in form.fields else None, [str(text) for text in texts])
    if not error.fields:
        form.add_error(None, str(error.message))


def page_of(request: HttpRequest, rows: QuerySet[Any], size: int = 20) -> Page[Any]:
    """The page asked for; a wrong number means the nearest one that exists."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
