"""A page of somebody's own that their browser may keep, and asks about."""

import functools
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from apps.core.answers import digest_of

# What differs each time and says nothing new: the token of the forms, and how far the song is, which scripts know.
EACH_TIME = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")[^"]*|(?<=data-done>)[^<]*|(?<= value=")\d+(?=" aria)')


def kept(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view says so: with `response.own = True`. An answer that says the same as before is a 304 (RFC 9110, 13)."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if not getattr(response, "own", False) or response.cookies:
            return response
        secret = str(request.META.get("CSRF_COOKIE", ""))  # what an older token is good for
        etag = f'W/"{digest_of(EACH_TIME.sub(b"", response.content) + secret.encode())}"'
        for name, value in {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}.items():
            response.headers[name] = value
        return get_conditional_response(request, etag=etag, response=response) or response

    return answer
