"""What Django answers when no view does: a problem for programs, a page (templates/404.html …) for people."""

import random
import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults

from apps.core.problems import problem_response

RETRY = 1, 3  # seconds
NO_DATABASE = gettext_lazy(
    "The server cannot reach its database. Try again in a moment: what may be said twice counts once."
)


def for_program(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api")


def bad_request(request: HttpRequest, exception: Any) -> HttpResponseBase:
    if for_program(request):
        return problem_response(request, 400, "bad_request", _("This request cannot be read. Check its form."))
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Any) -> HttpResponseBase:
    if for_program(request):
        return problem_response(request, 403, "not_allowed", _("You may not do this."))
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Any) -> HttpResponseBase:
    if for_program(request):
        return problem_response(request, 404, "not_found", _("There is nothing here. Check the address."))
    return defaults.page_not_found(request, exception)


def too_many(request: HttpRequest) -> HttpResponse:
    """What allauth says of mails that are asked for too often."""
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = "60"
    return response


def failure(request: HttpRequest) -> HttpResponseBase:
    if isinstance(sys.exception(), InterfaceError | OperationalError):  # in a middleware
        return unavailable(request)
    if for_program(request):
        detail = _("That did not work, and it is our fault. Try again; if it stays, tell us the request id.")
        return problem_response(request, 500, "failure", detail)
    # Not Django's own: it looks for a form's token once more, and whatever failed may fail there again.
    return HttpResponseServerError(render_to_string("500.html"))


def unavailable(request: HttpRequest, detail: Any = NO_DATABASE) -> HttpResponse:
    """Come back soon, but not all at once."""
    response: HttpResponse
    if for_program(request):
        response = problem_response(request, 503, "unavailable", detail)
    else:
        response = HttpResponse(render_to_string("503.html"), status=503)
    response.headers["Retry-After"] = str(random.randint(*RETRY))  # noqa: S311
    return response
