"""Error pages that Django asks for by name. The others are templates/404.html and its neighbours."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: mostly a page that lay open too long, or a browser without cookies."""
    return render(request, "403_csrf.html", status=403)
