"""The switch at the foot of pages: a form, which works without scripts."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.core.languages import CODES, COOKIE, PARAMETER
from apps.pages.views.common import SeeOther


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remembered by this browser, for all pages; back to the page that asked."""
    response = SeeOther(way_back(request.POST.get("next", "")))
    if (wish := request.POST.get("language")) in CODES:
        response.set_cookie(
            COOKIE, str(wish), settings.LANGUAGE_COOKIE_AGE, secure=settings.HTTPS, httponly=True, samesite="Lax"
        )
    return response


def way_back(address: str) -> str:
    """A page of ours, and no longer in the language that its address said."""
    if not (address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)):
        return reverse("pages:home")
    parts = urlsplit(address)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != PARAMETER]
    return parts._replace(query=urlencode(query), fragment="").geturl()
