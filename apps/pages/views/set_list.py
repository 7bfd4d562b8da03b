"""Filling and arranging the set list, without a script. Scripts send the same to the API."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.pages.views.common import HostRequest, SeeOther, find_hosted_jam, telling
from apps.pages.words import set_list_words
from apps.stage.planning.algorithms import ALGORITHMS
from apps.stage.setlist import DEFAULT, MOST_QUEUED, arrange, is_long, queue_planned
from apps.stage.tasks import arrange_set_list, plan_set_list, put_off


@login_required
@require_POST
def set_list(request: HostRequest, slug: str) -> HttpResponse:
    """Fills it up to the end of the jam, or arranges what is queued; the choices are kept in the address."""
    jam, do = find_hosted_jam(request, slug), request.POST.get("do")
    algorithm, playable_only = request.POST.get("algorithm", DEFAULT), request.POST.get("playable") == "1"
    if do not in {"plan", "arrange"} or algorithm not in ALGORITHMS:
        raise Http404
    wanted: dict[str, Any] = {"jam": jam, "host": request.user, "algorithm": algorithm}
    if do == "plan":
        wanted |= {"count": MOST_QUEUED, "playable_only": playable_only}
    with telling(request):
        if is_long(jam):
            put_off(plan_set_list if do == "plan" else arrange_set_list, **wanted)
            messages.info(request, str(set_list_words()["put_off"]))
        elif not (queue_planned if do == "plan" else arrange)(**wanted):
            messages.info(request, str(set_list_words()[f"none_{do}"]))
    kept = {"algorithm": algorithm} | ({"playable": "1"} if playable_only else {})
    return SeeOther(f"{reverse('pages:console', args=[jam.slug])}?{urlencode(kept)}#queue")
