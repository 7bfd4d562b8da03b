"""Songs from a file: upload, columns, progress, report, questions. Each step works without a script."""

import csv
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from apps.catalog.answers import MOST_ANSWERS, answer_questions
from apps.catalog.exports import SPREADSHEET, safe
from apps.catalog.import_runs import problems_of
from apps.catalog.rows import REPORT_COLUMNS, Outcome
from apps.catalog.run_models import ImportRun
from apps.catalog.uploads import begin_import, resume_import, start_import
from apps.core.errors import DomainError
from apps.pages.import_forms import ColumnsForm, SongFileForm
from apps.pages.views.common import HostRequest, add_errors, page_of, page_with_form, see_other, telling

SHOWN = 20  # problems on the page; the report has all
QUESTIONS = 20  # on a page
COUNTS = {
    "added": gettext_lazy("new"),
    "updated": gettext_lazy("changed"),
    "known": gettext_lazy("known already"),
    "repeated": gettext_lazy("repeated in the file"),
    "asked": gettext_lazy("to be decided"),
    "rejected": gettext_lazy("rejected"),
}
OUTCOMES = {
    Outcome.REJECTED: gettext_lazy("rejected"),
    Outcome.REPEATED: gettext_lazy("repeated"),
    Outcome.WARNING: gettext_lazy("look at it"),
    Outcome.SAME: gettext_lazy("the same song"),
    Outcome.ASK: gettext_lazy("to be decided"),
}


class Echo:
    """A file that hands back what is written."""

    def write(self, text: str) -> str:
        return text


@login_required
@page_with_form
def imports(request: HostRequest) -> HttpResponse:
    form = SongFileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        try:
            run = start_import(by=request.user, file=form.cleaned_data["file"])
        except DomainError as error:
            add_errors(form, error)
        else:
            return see_other(run)
    runs = ImportRun.objects.visible_to(request.user).order_by("-pk")
    context = {"form": form, "page": page_of(request, runs)}
    return render(request, "pages/imports.html", context, status=400 if form.errors else 200)


@login_required
@page_with_form
def import_run(request: HostRequest, run: int) -> HttpResponse:
    """POST says by `do` what: begin (dry or for good), resume, answer, discard."""
    found = get_object_or_404(ImportRun.objects.visible_to(request.user).select_related("task"), pk=run)
    form = ColumnsForm(found, request.user, request.POST or None) if takes_columns(found) else None
    if request.method == "POST":
        answer = deed(request, found, form)
        if answer:
            return answer
    return render(
        request, "pages/import.html", shown(request, found, form), status=400 if form and form.errors else 200
    )


def takes_columns(run: ImportRun) -> bool:
    """A run of a command has no file here."""
    over = run.state == ImportRun.State.DONE and run.dry_run
    return bool(run.file) and (run.state == ImportRun.State.NEW or over)


def deed(request: HostRequest, run: ImportRun, form: ColumnsForm | None) -> HttpResponse | None:
    """Does what is asked for; None where the form is to be shown with what is wrong in it."""
    do = request.POST.get("do", "")
    if do == "discard":
        run.delete()
        messages.success(request, _("Discarded. Songs that have come in stay."))
        return see_other("pages:imports")
    if form and do in {"try", "begin"}:
        return begun(request, run, form, dry_run=do == "try")
    with telling(request):
        if do == "resume" and run.file:
            resume_import(run=run, by=request.user)
        elif do in {"new", "known"}:
            answered(request, run, do)
    return see_other(run, fragment="questions" if do in {"new", "known"} else "")


def begun(request: HostRequest, run: ImportRun, form: ColumnsForm, *, dry_run: bool) -> HttpResponse | None:
    if not form.is_valid():
        return None
    try:
        begin_import(run=run, by=request.user, dry_run=dry_run, **form.values())
    except DomainError as error:
        add_errors(form, error)
        return None
    return see_other(run)


def answered(request: HostRequest, run: ImportRun, answer: str) -> None:
    """Of one row, or without `line` of all that are left, as many as one request takes."""
    line = request.POST.get("line", "")
    lines = [int(line)] if line.isdecimal() and len(line) < 19 else None
    number = answer_questions(run=run, by=request.user, answer=answer, lines=lines)
    said = ngettext("%(n)d row taken.", "%(n)d rows taken.", number) % {"n": number}
    if lines is None and number == MOST_ANSWERS:
        said += " " + _("There are more.")
    messages.success(request, said)


def shown(request: HostRequest, run: ImportRun, form: ColumnsForm | None) -> dict[str, Any]:
    context: dict[str, Any] = {"run": run, "form": form}
    context["counts"] = [(name, text, run.counts.get(name, 0)) for name, text in COUNTS.items()]
    if run.state == ImportRun.State.DONE:
        first = islice(problems_of(run), SHOWN)
        context["problems"] = [(OUTCOMES[Outcome(problem.outcome)], problem) for problem in first]
        asked = run.questions.filter(answer="").select_related("song").order_by("line")
        context["questions"] = page_of(request, asked, size=QUESTIONS)
    return context


@login_required
@require_safe
def import_report(request: HostRequest, run: int) -> StreamingHttpResponse:
    """All that was said of its rows, as CSV that no spreadsheet runs."""
    found = get_object_or_404(ImportRun.objects.visible_to(request.user), pk=run)
    headers = {"Content-Disposition": f'attachment; filename="import-{found.pk}.csv"'}
    return StreamingHttpResponse(report(found), content_type="text/csv; charset=utf-8", headers=headers)


def report(run: ImportRun) -> Iterator[bytes]:
    writer = csv.writer(Echo())
    yield writer.writerow(REPORT_COLUMNS).encode(SPREADSHEET)
    for problem in problems_of(run):
        cells = [problem.line, problem.outcome, problem.column, safe(problem.value), safe(problem.reason)]
        yield writer.writerow(cells).encode()
