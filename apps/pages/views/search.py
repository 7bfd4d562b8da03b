"""One search for all that the public may see."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.catalog.search import MOST_TYPED
from apps.catalog.statistics import count_search
from apps.jams.search import search as look_for

HITS = 10  # of each kind


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    wanted = request.GET.get("q", "").strip()[:MOST_TYPED]
    found = look_for(wanted, limit=HITS) if wanted else {}
    if wanted and request.method == "GET":
        count_search(wanted, len(found["songs"]))
    return render(request, "pages/search.html", {"wanted": wanted, "found": found, "anything": any(found.values())})
