"""Error pages that Django asks for by name. The others are templates/404.html and its neighbours."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.handlers import for_program
from apps.core.problems import problem_response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: mostly a page that lay open too long, or a browser without cookies."""
    if for_program(request):
        return problem_response(request, 403, "csrf_failed", _("Send the X-CSRFToken of the page, or a token."))
    return render(request, "403_csrf.html", status=403)
