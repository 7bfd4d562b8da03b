"""N, the floor of a vote: the product's settings and middleware, and a view that finds out who asks, and no more."""

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from jamvote.wsgi import application

__all__ = ["application"]

# They need the settings.
from apps.core.compiled import GIVEN, Compiled
from apps.jams.identity import secret_shown
from apps.jams.models import Attendee
from apps.jams.queries import hashed

WHO = Compiled(lambda: Attendee.objects.filter(secret_hash=GIVEN).values("id", "state", "jam__slug"))


@csrf_exempt
def noop(request: HttpRequest) -> HttpResponse:
    return answer({"id": None})


@csrf_exempt
def identified(request: HttpRequest) -> HttpResponse:
    [attendee] = WHO(hashed(secret_shown(request.headers["Authorization"]) or ""), limit=1)
    return answer(attendee)


def answer(said: dict[str, object]) -> HttpResponse:
    body = orjson.dumps(said)
    return HttpResponse(body, content_type="application/json", headers={"Content-Length": str(len(body))})


urlpatterns = [path("noop", noop), path("identified", identified)]
settings.ROOT_URLCONF = __name__
