"""In which language somebody is answered: what the address says (`?lang=ar`), else what they chose, else what their
browser asks for."""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

CODES = frozenset(code for code, _name in settings.LANGUAGES)
PARAMETER, COOKIE = "lang", settings.LANGUAGE_COOKIE_NAME
AS_IT_IS = nullcontext()
# All of a Cookie header that says no more than Accept-Language does, and nothing of who somebody is.
ONLY_A_LANGUAGE = {f"{COOKIE}={code}": code for code in CODES}


class Language:
    """Behind CachedReads, whose answers know their language by their key. Nothing of it stays with the thread."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with spoken_to(request):
            return self.get_response(request)


def spoken_to(request: HttpRequest) -> AbstractContextManager[object]:
    """`with spoken_to(request):` texts are in their language. A thread has the first of ours by itself."""
    language = language_of(request)
    return AS_IT_IS if language == settings.LANGUAGE_CODE else translation.override(language, deactivate=True)


def language_of(request: HttpRequest) -> str:
    given = request.META.get
    if f"{PARAMETER}=" in given("QUERY_STRING", "") and (asked := request.GET.get(PARAMETER)) in CODES:
        return str(asked)
    if COOKIE in given("HTTP_COOKIE", "") and (chosen := request.COOKIES.get(COOKIE)) in CODES:
        return str(chosen)
    return preferred_language(given("HTTP_ACCEPT_LANGUAGE", ""))


@functools.lru_cache(maxsize=1024)
def preferred_language(accept: str) -> str:
    """The first of `accept` (RFC 9110, 12.5.4) that we have, whatever its region."""
    asked = (tag.partition("-")[0] for tag, quality in parse_accept_lang_header(accept) if quality)
    return next((code for code in asked if code in CODES), settings.LANGUAGE_CODE)
