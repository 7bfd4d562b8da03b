"""A venue's song list, for its managers: where it stands, what it changes, and the button that applies it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.catalog.list_models import ListDifference, SongList
from apps.catalog.list_serializers import changes_of
from apps.catalog.models import Venue
from apps.catalog.rows import Outcome
from apps.catalog.song_lists import apply_song_list, decide, fetch_song_list, running, set_song_list
from apps.core.errors import DomainError
from apps.pages.song_list_forms import NAMES, ListColumnsForm, SongListForm, columns_form
from apps.pages.views.common import HostRequest, add_errors, number_in, page_of, page_with_form, see_other, telling
from apps.pages.views.imports import OUTCOMES
from apps.pages.views.venue_library import managed

CHANGES = 30  # on a page
QUESTIONS = 20


@login_required
@page_with_form
def song_list(request: HostRequest, slug: str) -> HttpResponse:
    """POST says by `do` what: save, columns, fetch, apply, new, known."""
    venue = managed(request, slug)
    row = SongList.objects.filter(venue=venue).first() or SongList(venue=venue)
    row.venue = venue
    do = request.POST.get("do", "save") if request.method == "POST" else ""
    form = SongListForm(row, request.user, request.POST if do == "save" else None)
    columns = columns_form(row, request.POST if do == "columns" else None)
    if do and done(request, venue, row, do, form, columns):
        return see_other("pages:venue_song_list", venue.slug)
    context = {"venue": venue, "row": row, "form": form, "columns": columns, **(shown(request, row) if row.pk else {})}
    wrong = form.errors or (columns and columns.errors)
    return render(request, "pages/venue_song_list.html", context, status=400 if wrong else 200)


def done(
    request: HostRequest, venue: Venue, row: SongList, do: str, form: SongListForm, columns: ListColumnsForm | None
) -> bool:
    """Whether it is; otherwise the forms say what is wrong."""
    of: dict[str, Any] = {"venue": venue, "by": request.user}
    if do == "save":
        return saved(request, of, form)
    if do == "columns":
        return columns is not None and columns.is_valid() and mapped(request, of, row, columns)
    with telling(request):
        if do == "fetch":
            fetch_song_list(**of)
        elif do == "apply":
            apply_song_list(**of, digest=request.POST.get("digest", ""))
        elif do in {"new", "known"}:
            number = decide(**of, answer=do, difference=number_in(request, "difference") or None)
            messages.success(request, ngettext("%(n)d row decided.", "%(n)d rows decided.", number) % {"n": number})
        else:
            raise Http404
    return True


def saved(request: HostRequest, of: dict[str, Any], form: SongListForm) -> bool:
    if not form.is_valid():
        return False
    try:
        row = set_song_list(**of, **form.values())
        if row and row.state == SongList.State.NONE:
            fetch_song_list(**of)
    except DomainError as error:
        add_errors(form, error)
        return False
    messages.success(request, _("Saved."))
    return True


def mapped(request: HostRequest, of: dict[str, Any], row: SongList, columns: ListColumnsForm) -> bool:
    kept = {name: getattr(row, name) for name in ("url", "schedule", "by_itself", "near", "update")}
    with telling(request):
        set_song_list(**of, **kept, mapping=columns.mapping())
        fetch_song_list(**of)
    return True


def shown(request: HostRequest, row: SongList) -> dict[str, Any]:
    """Changes with their words, and what is to be decided."""
    kinds = row.differences.order_by().values("kind").annotate(n=Count("pk")).values_list("kind", "n")
    numbers = dict(kinds)
    asked = row.differences.asked().in_order()
    page = page_of(request, row.differences.decided().order_by("place"), size=CHANGES)
    return {
        "task": running(row),
        "counts": [(kind.value, kind.label, numbers.get(kind.value, 0)) for kind in ListDifference.Kind],
        "same": row.counts.get("same", 0),
        "page": page,
        "changes": [(one, words_of(one)) for one in page],
        "questions": asked[:QUESTIONS],
        "problems": [(line, OUTCOMES[Outcome(of)], *rest) for line, of, *rest in row.problems if of != Outcome.ASK],
    }


def words_of(one: ListDifference) -> list[tuple[Any, str, str]]:
    return [(NAMES[change["name"]], change["before"], change["after"]) for change in changes_of(one)]
