"""Hot reads without the framework: what the views of api.py answer to a request without parameters, to the byte."""

from django.http import HttpRequest

from apps.core.cached import Output
from apps.core.compiled import GIVEN, Compiled, with_total
from apps.core.formats import LONGEST, first_page
from apps.jams.board import snapshot
from apps.jams.errors import JamGone
from apps.jams.models import Jam, first_closing
from apps.jams.serializers import JAM_COLUMNS, jam_output

LATEST = Compiled(lambda: with_total(Jam.objects.public()).order_by("-starts_at", "-pk").values(*JAM_COLUMNS, "total"))
BY_SLUG = Compiled(lambda: Jam.objects.public().filter(slug=GIVEN).values(*JAM_COLUMNS))


def jams(request: HttpRequest) -> Output:
    page, rows = first_page(request, LATEST)
    page["results"] = [jam_output(row, longest=LONGEST) for row in rows]
    return Output(page, first_closing(*(row["voting_closes_at"] for row in rows)))


def jam(request: HttpRequest, slug: str) -> Output | None:
    for row in BY_SLUG(slug, limit=1):
        return Output(jam_output(row), first_closing(row["voting_closes_at"]))
    return None


def board(request: HttpRequest, slug: str) -> Output | None:
    found = Jam.from_db("default", ["slug"], [slug])
    try:
        state = snapshot(found, request.place)  # type: ignore[attr-defined]
    except JamGone:
        return None
    if found.status == Jam.Status.DRAFT:
        return None
    return Output(state, first_closing(found.voting_closes_at), place=state["revision"])
